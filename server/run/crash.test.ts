import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { processesIn } from '#server/sandbox/processes.ts';
import {
  ConsoleChildren,
  end as gone,
  isRunning as running,
  runUntil as until,
} from '#server/testing/console-child.ts';
import { ask, deleteDataDir, newDataDir, openConsole } from '#server/testing/test-console.ts';

const consoles = new ConsoleChildren();
let dataDir: string;

beforeAll(() => consoles.build());

afterAll(() => consoles.close());

beforeEach(() => {
  dataDir = newDataDir();
});

afterEach(async () => {
  consoles.killAll();
  await deleteDataDir(dataDir);
});

const start = (what: 'deploy' | 'resume' | 'rollback') => consoles.start(dataDir, what);

test('a deploy goes on after its console was killed, wherever that was', { timeout: 180_000 }, async () => {
  let child = await start('deploy');
  expect(child.found).toBeNull();
  for (const step of ['initdb', 'server:n2', 'tables:n1', 'subscribe:sub_n3n1', 'links', 'register']) {
    const run = await until(child, running(step));
    // A quick machine may be past it; what is killed then is a later moment.
    if (run.state !== 'running') break;
    await gone(child, 'SIGKILL');
    child = await start('resume');
    expect(child.found, `after a kill in ${step}`).toBe('interrupted');
  }
  const run = await until(child, () => false);
  expect(run.steps.filter((step) => step.error !== null)).toEqual([]);
  expect(run.state).toBe('succeeded');
  await gone(child, 'SIGTERM');
  expect(await processesIn(dataDir)).toEqual([]);

  const tricorder = openConsole(dataDir);
  await tricorder.sandboxes.startAll();
  expect(tricorder.registry.get('demo')?.nodes).toHaveLength(3);
  for (const node of ['n1', 'n2', 'n3']) {
    expect(await ask(tricorder, 'demo', node, 'SELECT count(*)::int FROM pgbench_accounts')).toBe(30_000);
    expect(await ask(tricorder, 'demo', node, 'SELECT count(*)::int FROM spock.subscription')).toBe(2);
    expect(await ask(tricorder, 'demo', node, 'SELECT count(*)::int FROM pg_replication_slots')).toBe(2);
  }
  await tricorder.stop();
});

test('a console that starts after a kill finds its servers, and leaves none behind', async () => {
  const child = await start('deploy');
  await until(child, running('links'));
  await gone(child, 'SIGKILL');
  const orphans = await processesIn(dataDir);
  expect(orphans.length).toBeGreaterThan(3);

  const tricorder = openConsole(dataDir);
  const [run] = tricorder.runner.list();
  expect(run?.state).toBe('interrupted');
  await tricorder.sandboxes.startAll();
  const servers = tricorder.sandboxes.info('demo')?.servers ?? [];
  expect(servers.map((server) => server.state)).toEqual(['running', 'running', 'running']);
  // Taken over, not started anew.
  for (const server of servers) expect(orphans.map((orphan) => orphan.pid)).toContain(server.pid);
  // One that was taken over is kept running as well.
  process.kill(servers[0]?.pid ?? 0, 'SIGKILL');
  await expect
    .poll(() => tricorder.sandboxes.info('demo')?.servers[0]?.restarts, { timeout: 20_000 })
    .toBe(1);
  await expect
    .poll(() => tricorder.sandboxes.info('demo')?.servers[0]?.state, { timeout: 20_000 })
    .toBe('running');
  await tricorder.stop();
  expect(await processesIn(dataDir)).toEqual([]);
});

test('an interrupted deploy is rolled back: nothing of it is left', async () => {
  let child = await start('deploy');
  await until(child, running('tables:n2'));
  await gone(child, 'SIGKILL');
  child = await start('rollback');
  const run = await until(child, () => false);
  expect(run.state).toBe('rolled-back');
  expect(run.steps.find((step) => step.id === 'allocate')?.state).toBe('undone');
  expect(run.steps.find((step) => step.id === 'register')?.state).toBe('waiting');
  expect(await processesIn(dataDir)).toEqual([]);
  expect(existsSync(join(dataDir, 'sandboxes')) && readdirSync(join(dataDir, 'sandboxes'))).toEqual([]);
  await gone(child, 'SIGTERM');
});
