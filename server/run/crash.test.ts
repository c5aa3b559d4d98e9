import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Run } from '#core/model/plan.ts';
import { processesIn } from '#server/sandbox/processes.ts';
import { ask, deleteDataDir, newDataDir, openConsole } from './test-console.ts';

/** Inside the project, so that packages are found. */
const built = join(process.cwd(), 'build', `crash-test-${process.pid}`);
let dataDir: string;
const children = new Set<ChildProcess>();

beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: { ssr: 'server/run/crash-console.ts', outDir: built, target: 'node20', emptyOutDir: true },
  });
});

afterAll(() => rmSync(built, { recursive: true, force: true }));

beforeEach(() => {
  dataDir = newDataDir();
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  await deleteDataDir(dataDir);
});

interface Child {
  process: ChildProcess;
  /** State of the last run when it started. */
  found: string | null;
  lines: AsyncIterator<string>;
}

async function start(what: 'deploy' | 'resume' | 'rollback'): Promise<Child> {
  const file = readdirSync(built).find((name) => /^crash-console\.m?js$/.test(name)) ?? '';
  const child = spawn(process.execPath, [join(built, file), dataDir, what], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.add(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await lines.next();
  return { process: child, found: JSON.parse(first.value ?? '{}').found, lines };
}

/** Reads on until the run is as wanted, or has ended. */
async function until(child: Child, wanted: (run: Run) => boolean): Promise<Run> {
  for (;;) {
    const line = await child.lines.next();
    if (line.done) throw new Error('the console ended before');
    const run = JSON.parse(line.value) as Run;
    if (run.state !== 'running' || wanted(run)) return run;
  }
}

async function gone(child: Child, signal: NodeJS.Signals): Promise<void> {
  const end = new Promise((resolve) => child.process.once('exit', resolve));
  child.process.kill(signal);
  await end;
}

const running = (id: string) => (run: Run) =>
  run.steps.some((step) => step.id === id && step.state === 'running');

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
