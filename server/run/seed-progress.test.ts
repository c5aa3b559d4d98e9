import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { request } from '#server/testing/deploy-orders.ts';
import { deleteDataDir, newDataDir, openConsole, type TestConsole } from '#server/testing/test-console.ts';

const dataDir = newDataDir();
let servers: BareServers;
let tricorder: TestConsole;

beforeAll(async () => {
  servers = await startBareServers(2, { prepared: true });
  tricorder = openConsole(dataDir);
  const big = 'CREATE TABLE big (id int PRIMARY KEY, text text)';
  await servers.sql(
    1,
    `${big}; INSERT INTO big SELECT i, repeat('x', 200) FROM generate_series(1, 150000) i; ANALYZE`,
  );
  if (servers.engine.spockVersion === null) await servers.sql(2, big);
}, 120_000);

afterAll(async () => {
  await tricorder?.stop();
  await servers?.stop();
  await deleteDataDir(dataDir);
});

test('a copy tells how far it is, and never backwards', { timeout: 120_000 }, async () => {
  const plan = await tricorder.runner.plan(request(servers, { dataFrom: 'n1' }));
  const { id } = await tricorder.runner.start(plan.id);
  const notes = new Set<string>();
  const done: number[] = [];
  let total = 0;
  let state = '';
  for await (const run of tricorder.runner.events(id, AbortSignal.timeout(100_000))) {
    state = run.state;
    const step = run.steps.find((each) => each.id === 'seed:n2');
    if (step?.state !== 'running') continue;
    if (step.note !== null) notes.add(step.note);
    if (step.progress === null) continue;
    done.push(step.progress.doneBytes);
    total = step.progress.totalBytes;
  }
  expect(state).toBe('succeeded');
  expect(total).toBeGreaterThan(30_000_000);
  expect(done).toEqual([...done].sort((a, b) => a - b));
  expect(done.at(-1)).toBeLessThanOrEqual(total);
  expect(new Set(done).size).toBeGreaterThan(2);
  expect([...notes].filter((note) => /[\d.]+ (kB|MB) of [\d.]+ MB/.test(note)).length).toBeGreaterThan(1);
  if (servers.engine.spockVersion === null) return;
  expect([...notes].some((note) => /^copying rows: .* rows of (public\.)?big/.test(note))).toBe(true);
});
