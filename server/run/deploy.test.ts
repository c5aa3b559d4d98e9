import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan, Run } from '#core/model/plan.ts';
import { processesIn } from '#server/sandbox/processes.ts';
import {
  ask,
  deleteDataDir,
  ended,
  newDataDir,
  openConsole,
  type TestConsole,
} from '#server/testing/test-console.ts';
import { Refusal } from './refusal.ts';

const DEPLOY = { kind: 'deploy', target: 'sandbox', name: 'demo' } as const;
const REMOVE = { kind: 'remove', target: 'sandbox', name: 'demo' } as const;
const NODES = ['n1', 'n2', 'n3'];

/** Asks until the answer is as wanted: a fact that comes by replication has no event to wait for. */
async function becomes(wanted: unknown, question: () => Promise<unknown>): Promise<void> {
  await expect.poll(question, { timeout: 20_000, interval: 50 }).toEqual(wanted);
}

describe('a sandbox', () => {
  const dataDir = newDataDir();
  let tricorder: TestConsole;
  let plan: Plan;
  let run: Run;
  let folder: string;

  const at = (node: string, text: string) => ask(tricorder, 'demo', node, text);

  beforeAll(async () => {
    tricorder = openConsole(dataDir);
    plan = await tricorder.runner.plan(DEPLOY);
    run = await ended(tricorder, (await tricorder.runner.start(plan.id)).id);
    folder = tricorder.sandboxes.get('demo').manifest.folder;
  });

  afterAll(async () => {
    await tricorder?.stop();
    await deleteDataDir(dataDir);
  });

  test('is planned with every statement, and no password', () => {
    expect(plan.problems).toEqual([]);
    expect(plan.steps.filter((step) => step.title === 'Create the node').map((step) => step.node)).toEqual(
      NODES,
    );
    const subscribe = plan.steps.find((step) => step.id === 'subscribe:sub_n1n2');
    expect(subscribe?.node).toBe('n1');
    expect(subscribe?.sql.join('\n')).toMatch(
      /sub_create.*'host=127\.0\.0\.1 port=\d+ dbname=demo.*password=••••/,
    );
    const everything = JSON.stringify([plan, run, tricorder.activity.page(null, 100)]);
    const dsn = tricorder.sandboxes.get('demo').dsn('n1');
    const password = /password=(\S+)/.exec(dsn)?.[1] ?? 'none';
    expect(password.length).toBeGreaterThan(20);
    expect(everything).not.toContain(password);
    expect(readFileSync(`${dataDir}/tricorder.db`, 'latin1')).not.toContain(password);
  });

  test('is deployed: every step done, in the order that was shown', () => {
    expect(run.state).toBe('succeeded');
    const ends = new Map(run.steps.map((step) => [step.id, step]));
    for (const step of plan.steps) {
      const done = ends.get(step.id);
      expect(['done', 'skipped'], step.id).toContain(done?.state);
      for (const before of step.after) {
        expect(done?.startedAt && ends.get(before)?.endedAt).toBeTruthy();
        expect(Date.parse(done?.startedAt ?? '')).toBeGreaterThanOrEqual(
          Date.parse(ends.get(before)?.endedAt ?? ''),
        );
      }
    }
  });

  test('is registered, with all that replicates', async () => {
    expect(tricorder.registry.get('demo')?.nodes.map((node) => node.name)).toEqual(NODES);
    expect(tricorder.sandboxes.info('demo')?.servers.map((server) => server.state)).toEqual(
      NODES.map(() => 'running'),
    );
    for (const node of NODES) {
      expect(
        await at(node, "SELECT count(*)::int FROM spock.sub_show_status() WHERE status = 'replicating'"),
      ).toBe(2);
      expect(await at(node, 'SELECT count(*)::int FROM pgbench_branches WHERE filler IS NOT NULL')).toBe(3);
      expect(await at(node, 'SELECT count(*)::int FROM pgbench_accounts')).toBe(30_000);
      expect(
        await at(
          node,
          "SELECT string_agg(relname, ',' ORDER BY relname) FROM spock.tables WHERE set_name = 'default'",
        ),
      ).toBe('pgbench_accounts,pgbench_branches,pgbench_tellers');
      expect(
        await at(
          node,
          "SELECT string_agg(set_name, ',') FROM spock.tables WHERE relname = 'pgbench_history' AND set_name IS NOT NULL",
        ),
      ).toBe('default_insert_only');
    }
  });

  test('lets nobody in without its password', async () => {
    const dsn = tricorder.sandboxes.get('demo').dsn('n1');
    const { openConnection } = await import('#server/postgres/connection.ts');
    const { connectionTargets } = await import('#server/postgres/targets.ts');
    const opened = await openConnection(
      connectionTargets(dsn.replace(/password=\S+/, 'password=wrong')),
      5000,
      5000,
    );
    expect(opened).toMatchObject({ ok: false, error: { code: 'auth' } });
  });

  test('listens to this machine alone, by SCRAM, and has nothing of the console’s environment', async () => {
    for (const node of NODES)
      expect(
        await at(
          node,
          `SELECT format('%s|%s|%s', current_setting('listen_addresses'), current_setting('unix_socket_directories'),
             (SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules))`,
        ),
      ).toBe('127.0.0.1||scram-sha-256');
    if (process.platform !== 'linux') return;
    const pids = await processesIn(folder);
    expect(pids.length).toBeGreaterThanOrEqual(NODES.length);
    for (const { pid } of pids) {
      const names = readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .flatMap((line) => line.match(/^\w+(?==)/) ?? []);
      expect([...new Set(names)].filter((name) => !['PATH', 'LC_ALL', 'TZ'].includes(name))).toEqual([]);
    }
  });

  test('is not deployed twice: the plan says why, and running it is refused', async () => {
    const second = await tricorder.runner.plan(DEPLOY);
    expect(second.problems.map((problem) => problem.code)).toEqual(['sandbox-exists']);
    const refused = await tricorder.runner.start(second.id).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({ code: 'UNPROCESSABLE_CONTENT' });
    // The first plan, run again, meets a cluster that has changed: by this very run.
    const stale = await tricorder.runner.start(plan.id).catch((error: unknown) => error);
    expect(stale).toMatchObject({ code: 'CONFLICT', plan: { problems: [{ code: 'sandbox-exists' }] } });
  });

  test('a server that is killed is started again, with its data', async () => {
    const before = tricorder.sandboxes.info('demo')?.servers[1];
    await at('n2', "UPDATE pgbench_branches SET filler = 'before the kill' WHERE bid = 2");
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await becomes(1, async () => tricorder.sandboxes.info('demo')?.servers[1]?.restarts);
    await becomes('running', async () => tricorder.sandboxes.info('demo')?.servers[1]?.state);
    const after = tricorder.sandboxes.info('demo')?.servers[1];
    expect(after?.pid).not.toBe(before?.pid);
    expect(after?.port).toBe(before?.port);
    expect(await at('n2', 'SELECT trim(filler) FROM pgbench_branches WHERE bid = 2')).toBe('before the kill');
    await becomes('before the kill', () =>
      at('n3', 'SELECT trim(filler) FROM pgbench_branches WHERE bid = 2'),
    );
    expect(tricorder.activity.page('demo', 10).items.map((item) => item.text)).toContain(
      'The server of n2 exited by itself and was restarted',
    );
  });

  test('traffic writes on all nodes, at its rate, and meets no conflict', async () => {
    await tricorder.sandboxes.setTraffic('demo', { on: true, transactionsPerSecond: 90 });
    for (const node of NODES) {
      await becomes(true, () => at(node, 'SELECT count(*) > 5 FROM pgbench_history'));
    }
    const committed = tricorder.sandboxes.get('demo').traffic.committed;
    const since = Date.now();
    await becomes(true, async () => Date.now() - since > 1000);
    const perSecond =
      ((tricorder.sandboxes.get('demo').traffic.committed - committed) * 1000) / (Date.now() - since);
    expect(perSecond).toBeLessThan(110);
    expect(perSecond).toBeGreaterThan(20);
    // A node that is down keeps nobody else from writing, and takes part again when it is back.
    const history = 'SELECT count(*)::int FROM pgbench_history';
    await tricorder.sandboxes.get('demo').stopServer('n3', 5000);
    const written = Number(await at('n1', history));
    await becomes(true, async () => Number(await at('n1', history)) > written + 5);
    await tricorder.sandboxes.get('demo').startServer('n3');
    const before = Number(await at('n3', history));
    await becomes(true, async () => Number(await at('n3', history)) > before);
    await tricorder.sandboxes.setTraffic('demo', { on: false });
    expect(tricorder.sandboxes.info('demo')?.traffic).toEqual({ on: false, transactionsPerSecond: 90 });
    for (const sum of [
      'SELECT sum(abalance)::text FROM pgbench_accounts',
      // No key, and the same rows all the same: none was updated, and what is old goes everywhere.
      'SELECT count(*)::text || sum(delta) FROM pgbench_history',
    ]) {
      await becomes(1, async () => new Set(await Promise.all(NODES.map((node) => at(node, sum)))).size);
    }
    for (const node of NODES) {
      const branches =
        'SELECT sum(bbalance) = (SELECT sum(abalance) FROM pgbench_accounts) FROM pgbench_branches';
      expect(await at(node, branches)).toBe(true);
    }
  });

  test('stops with the console within 5 s, and comes back with it', async () => {
    await at('n1', "UPDATE pgbench_branches SET filler = 'kept' WHERE bid = 1");
    const ports = tricorder.sandboxes.info('demo')?.servers.map((server) => server.port);
    const began = Date.now();
    await tricorder.stop();
    expect(Date.now() - began).toBeLessThan(5000);
    expect(await processesIn(folder)).toEqual([]);
    tricorder = openConsole(dataDir);
    await tricorder.sandboxes.startAll();
    expect(tricorder.sandboxes.info('demo')?.servers.map((server) => server.port)).toEqual(ports);
    expect(await at('n1', 'SELECT trim(filler) FROM pgbench_branches WHERE bid = 1')).toBe('kept');
    for (const node of NODES) {
      await becomes(2, () =>
        at(node, "SELECT count(*)::int FROM spock.sub_show_status() WHERE status = 'replicating'"),
      );
    }
  });

  test('follows a new name', async () => {
    const record = tricorder.registry.get('demo');
    if (record === undefined) throw new Error('no record');
    tricorder.registry.replace('demo', { ...record, name: 'other' });
    expect(tricorder.sandboxes.info('other')?.servers).toHaveLength(3);
    expect(tricorder.sandboxes.info('demo')).toBeNull();
    tricorder.registry.replace('other', record);
    expect(tricorder.sandboxes.info('demo')?.servers).toHaveLength(3);
  });

  test('is removed: no process, no folder, no record', async () => {
    const removal = await tricorder.runner.plan(REMOVE);
    expect(removal.problems).toEqual([]);
    expect(removal.steps.find((step) => step.id === 'delete')).toMatchObject({ risk: 'data' });
    const removed = await ended(tricorder, (await tricorder.runner.start(removal.id)).id);
    expect(removed.state).toBe('succeeded');
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(dirname(folder))).toBe(true);
    expect(await processesIn(folder)).toEqual([]);
    expect(tricorder.registry.get('demo')).toBeUndefined();
    expect(tricorder.sandboxes.info('demo')).toBeNull();
    const again = await tricorder.runner.plan(REMOVE);
    expect(again.problems.map((problem) => problem.code)).toEqual(['no-sandbox']);
  });
});
