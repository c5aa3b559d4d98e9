/** The operator ends a proof: the step is skipped, the run goes on, and the receipt says what is not proved. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Run } from '#core/model/plan.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { request } from '#server/testing/deploy-orders.ts';
import { deleteDataDir, newDataDir, openConsole, type TestConsole } from '#server/testing/test-console.ts';

const ROWS = `CREATE TABLE wide (id int PRIMARY KEY, v text);
INSERT INTO wide SELECT g, repeat(md5(g::text), 8) FROM generate_series(1, 400000) g;`;

const dataDir = newDataDir();
let servers: BareServers;
let tricorder: TestConsole;

beforeAll(async () => {
  servers = await startBareServers(2, { prepared: true });
  await Promise.all([1, 2].map((n) => servers.sql(n, ROWS)));
  tricorder = openConsole(dataDir);
});
afterAll(async () => {
  await tricorder?.stop();
  await servers?.stop();
  await deleteDataDir(dataDir);
});

test('a proof that is ended is no success of the proof, and no failure of the run', {
  timeout: 180_000,
}, async () => {
  const plan = await tricorder.runner.plan(request(servers, { dataFrom: null }));
  expect(plan.problems).toEqual([]);
  const { id } = await tricorder.runner.start(plan.id);
  expect(() => tricorder.runner.endProof(id, 'compare')).toThrow('not comparing anything now');
  let last: Run | null = null;
  let told = false;
  for await (const run of tricorder.runner.events(id, AbortSignal.timeout(150_000))) {
    last = run;
    const proving = run.steps.find((step) => step.id === 'compare')?.proving === true;
    expect(run.allowed.endProof).toBe(run.steps.some((step) => step.proving));
    if (!proving || told) continue;
    told = true;
    tricorder.runner.endProof(id, 'compare');
  }
  expect(last?.steps.flatMap(({ error }) => (error === null ? [] : [error]))).toEqual([]);
  expect(told).toBe(true);
  expect(last).toMatchObject({ state: 'succeeded', allowed: { endProof: false } });
  expect(last?.steps.find((step) => step.id === 'compare')).toMatchObject({
    state: 'skipped',
    proving: false,
    know: expect.stringContaining('not proved'),
  });
});
