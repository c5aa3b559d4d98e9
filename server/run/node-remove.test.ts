/** A dead node given up by those that survive it, on running servers: nothing of it stays there, and nothing of a living one goes. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Plan, Run } from '#core/model/plan.ts';
import { ConsoleChildren, end as gone, isRunning, runUntil } from '#server/testing/console-child.ts';
import { ended, openConsole } from '#server/testing/test-console.ts';
import { codes, knownOf, startWatchedMesh, stepOf, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
beforeEach(async () => {
  mesh = await startWatchedMesh(3);
  await mesh.table('t', 'id int PRIMARY KEY, v text');
}, 120_000);
afterEach(() => mesh?.stop());

const remove = { kind: 'node-remove', node: 'n3' } as const;

/** All that a node may have of another: subscriptions, slots, origins, rows of spock's catalogs. */
const of = (
  other: string,
) => `SELECT (SELECT count(*) FROM spock.subscription s JOIN spock.node n ON n.node_id = s.sub_origin WHERE n.node_name = '${other}')::int AS subscriptions,
  (SELECT count(*) FROM spock.node WHERE node_name = '${other}')::int AS nodes,
  (SELECT count(*) FROM spock.node_interface i LEFT JOIN spock.node n ON n.node_id = i.if_nodeid WHERE n.node_name = '${other}' OR n.node_id IS NULL)::int AS interfaces,
  (SELECT count(*) FROM pg_replication_slots WHERE slot_name ~ 'sub_${other}')::int AS slots,
  (SELECT count(*) FROM pg_replication_origin WHERE roname ~ '_${other}_sub_')::int AS origins`;
const NOTHING = { subscriptions: 0, nodes: 0, interfaces: 0, slots: 0, origins: 0 };

async function nothingOf(other: string, ...nodes: string[]): Promise<void> {
  for (const name of nodes) expect((await mesh.sql(name, of(other)))[0], `on ${name}`).toEqual(NOTHING);
}

/** Until the plan has what is wanted: servers notice some seconds late that a reader is gone. */
async function planned(wanted: (plan: Plan) => boolean): Promise<Plan> {
  let plan = await mesh.plan(remove);
  await expect
    .poll(
      async () => {
        plan = await mesh.plan(remove);
        return wanted(plan);
      },
      { timeout: 90_000, interval: 500 },
    )
    .toBe(true);
  return plan;
}
const isFree = (plan: Plan) => plan.problems.length === 0;
const watchedNodes = () => mesh.console.registry.get('shop')?.nodes.map(({ name }) => name);
const factsOf = (run: Run, id: string) => stepOf(run, id).facts;
const start = async (plan: Plan) => ended(mesh.console, (await mesh.console.runner.start(plan.id)).id);

describe('a node that was killed', () => {
  test('is given up: nothing of it stays, the others go on, and what each had of it stands in the receipt', {
    timeout: 180_000,
  }, async () => {
    await mesh.sql('n3', `INSERT INTO t SELECT g, 'of n3' FROM generate_series(1, 50) g`);
    for (const name of ['n1', 'n2']) await mesh.becomes(50, name, 'SELECT count(*)::int FROM t');
    await mesh.servers.crash(3);
    const plan = await planned(isFree);
    expect(knownOf(plan)).toContain('must be copied again');
    const run = await start(plan);
    expect(run.steps.filter(({ error }) => error !== null)).toEqual([]);
    expect(run.state).toBe('succeeded');
    await nothingOf('n3', 'n1', 'n2');
    expect(watchedNodes()).toEqual(['n1', 'n2']);
    for (const name of ['n1', 'n2']) {
      const [fact] = factsOf(run, `applied:${name}`);
      expect(fact?.name).toBe(`${name} has applied of n3 by sub_${name}n3`);
      const time = mesh.real ? String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d.*` : '.+';
      expect(fact?.value).toMatch(new RegExp(`^up to [0-9A-F]+/[0-9A-F]+, last commit ${time}$`));
    }
    await mesh.sql('n1', `INSERT INTO t VALUES (1000, 'goes on')`);
    await mesh.becomes(1, 'n2', 'SELECT count(*)::int FROM t WHERE id = 1000');
    await mesh.sql('n2', `INSERT INTO t VALUES (1001, 'goes on')`);
    await mesh.becomes(1, 'n1', 'SELECT count(*)::int FROM t WHERE id = 1001');
    // It comes back as it was: nobody reads from it, it reads from nobody, and the others are as they are.
    await mesh.servers.start(3);
    await mesh.sql('n3', `INSERT INTO t VALUES (2000, 'reaches nobody')`);
    await mesh.sql('n1', `INSERT INTO t VALUES (1002, 'goes on')`);
    await mesh.becomes(1, 'n2', 'SELECT count(*)::int FROM t WHERE id = 1002');
    expect(await mesh.one('n1', 'SELECT count(*)::int FROM t WHERE id = 2000')).toBe(0);
    await nothingOf('n3', 'n1', 'n2');
  });

  test('who has less of it is told before, in bytes, and stands in the receipt', {
    timeout: 180_000,
  }, async () => {
    await mesh.sql('n3', `INSERT INTO t VALUES (9000, 'both have it')`);
    for (const name of ['n1', 'n2']) await mesh.becomes(1, name, 'SELECT count(*)::int FROM t');
    await mesh.succeed({ kind: 'subscription-disable', receiver: 'n2', subscription: 'sub_n2n3' });
    await mesh.sql('n3', `INSERT INTO t SELECT g, repeat('x', 500) FROM generate_series(1, 500) g`);
    await mesh.becomes(501, 'n1', 'SELECT count(*)::int FROM t');
    await mesh.servers.crash(3);
    const plan = await planned(isFree);
    expect(knownOf(plan)).toMatch(
      /Applied of n3: .+ (kB|MB) of its WAL behind the node that has most; sub_n2n3 is disabled/,
    );
    expect(knownOf(plan)).toContain('Compare the tables of n1 and n2');
    // The stand-in does not date rows by their origin.
    if (mesh.real)
      expect(knownOf(plan)).toMatch(
        /Rows of n3: up to 50[01] rows that n2 lacks, inserted or updated there: public\.t 50[01]\./,
      );
    const run = await start(plan);
    expect(run.state).toBe('succeeded');
    const lsn = (name: string) => /up to (\S+),/.exec(factsOf(run, `applied:${name}`)[0]?.value ?? '')?.[1];
    expect(await mesh.one('n1', `SELECT '${lsn('n1')}'::pg_lsn > '${lsn('n2')}'::pg_lsn`)).toBe(true);
    await nothingOf('n3', 'n1', 'n2');
  });

  test('is known by its slots after a restart of the console, which never saw it alive', {
    timeout: 180_000,
  }, async () => {
    await mesh.servers.crash(3);
    await planned(isFree);
    await mesh.console.stop();
    const again = openConsole(mesh.dataDir);
    try {
      const plan = await again.runner.plan({ cluster: 'shop', ...remove });
      expect(plan.problems).toEqual([]);
      expect(plan.steps.filter(({ id }) => id.startsWith('slots:')).map(({ node }) => node)).toEqual([
        'n1',
        'n2',
      ]);
      const run = await ended(again, (await again.runner.start(plan.id)).id);
      expect(run.state).toBe('succeeded');
      await nothingOf('n3', 'n1', 'n2');
    } finally {
      await again.stop();
    }
  });
});

test('a node that hangs is given up within a minute and a half, connections that it left included', {
  timeout: 300_000,
}, async () => {
  // A server that is told to notice late: its walsenders stand as long as it does.
  for (const name of ['n1', 'n2']) await mesh.sql(name, `ALTER SYSTEM SET wal_sender_timeout = 0`);
  for (const name of ['n1', 'n2']) await mesh.sql(name, 'SELECT pg_reload_conf()');
  await mesh.replicating();
  await mesh.servers.freeze(3);
  const first = await mesh.plan(remove);
  expect(codes(first)).toContain('still-reads');
  const plan = await planned(isFree);
  const began = performance.now();
  const run = await start(plan);
  expect(run.steps.filter(({ error }) => error !== null)).toEqual([]);
  expect(run.state).toBe('succeeded');
  expect(performance.now() - began).toBeLessThan(90_000);
  await nothingOf('n3', 'n1', 'n2');
  await mesh.servers.thaw(3);
  await nothingOf('n3', 'n1', 'n2');
});

describe('a node that lives is not given up', () => {
  test('one that answers is drained first, and one that the cluster has not is none', async () => {
    const alive = await mesh.plan(remove);
    expect(alive.title).toBe('Remove n3');
    expect(alive.steps.map(({ id }) => id)).toContain('drain');
    const none = await mesh.plan({ kind: 'node-remove', node: 'n9' });
    expect(codes(none)).toEqual(['no-node']);
    await expect(mesh.console.runner.start(none.id)).rejects.toMatchObject({
      code: 'UNPROCESSABLE_CONTENT',
    });
  });

  test('one that comes back after the plan was made: nothing is dropped', { timeout: 180_000 }, async () => {
    await mesh.servers.crash(3);
    const plan = await planned(isFree);
    await mesh.servers.start(3);
    // What is so is not what was planned on any more.
    await expect(mesh.console.runner.start(plan.id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await mesh.replicating();
    expect(watchedNodes()).toEqual(['n1', 'n2', 'n3']);
  });
});

test('stopped in its midst it is resumed, unless the node is back; taken back it says what is gone', {
  timeout: 240_000,
}, async () => {
  await mesh.servers.crash(3);
  const plan = await planned(isFree);
  // Whoever holds its row on n2 holds up the run there.
  const row = `SELECT FROM spock.subscription WHERE sub_name = 'sub_n2n3' FOR UPDATE`;
  const held = await mesh.hold('n2', row);
  const run = await start(plan);
  await held.release();
  expect(run.state).toBe('failed');
  expect(run.allowed).toMatchObject({ resume: true, rollback: true });
  expect(stepOf(run, 'drop:n1:sub_n1n3').state).toBe('done');
  expect(
    await mesh.one('n2', `SELECT count(*)::int FROM spock.subscription WHERE sub_name = 'sub_n2n3'`),
  ).toBe(1);

  await mesh.servers.start(3);
  const back = await mesh.resume(run);
  expect(back.state).toBe('failed');
  expect(stepOf(back, 'silent').error).toMatchObject({ code: 'changed' });
  expect(
    await mesh.one('n2', `SELECT count(*)::int FROM spock.subscription WHERE sub_name = 'sub_n2n3'`),
  ).toBe(1);

  const undone = await mesh.rollback(back);
  expect(undone.leftToDo.map(({ node, code, object }) => [node, code, object])).toContainEqual([
    'n1',
    'stays',
    'subscription sub_n1n3',
  ]);
  expect(await mesh.one('n2', `SELECT sub_enabled FROM spock.subscription WHERE sub_name = 'sub_n2n3'`)).toBe(
    true,
  );
  await mesh.becomes('replicating', 'n2', `SELECT status FROM spock.sub_show_status('sub_n2n3')`);
});

test('goes on after its console was killed, wherever that was', { timeout: 300_000 }, async () => {
  await mesh.servers.crash(3);
  await planned(isFree);
  await mesh.console.stop();
  const consoles = new ConsoleChildren();
  await consoles.build();
  try {
    const request = { cluster: 'shop', ...remove };
    let child = await consoles.start(mesh.dataDir, 'deploy', request);
    let run: Run | null = null;
    // Held, so that the kill comes while the subscription is being dropped.
    for (const step of ['applied:n1', 'drop:n2:sub_n2n3', 'slots:n1', 'node:n2']) {
      const row = `SELECT FROM spock.subscription WHERE sub_name = 'sub_n2n3' FOR UPDATE`;
      const held = step.startsWith('drop:n2') ? await mesh.hold('n2', row) : null;
      run = await runUntil(child, isRunning(step));
      // A quick machine may be past it.
      if (run.state !== 'running') break;
      await gone(child, 'SIGKILL');
      await held?.release();
      child = await consoles.start(mesh.dataDir, 'resume');
      expect(child.found, `after a kill in ${step}`).toBe('interrupted');
    }
    if (run?.state === 'running') run = await runUntil(child, () => false);
    expect(run?.steps.filter(({ error }) => error !== null)).toEqual([]);
    expect(run?.state).toBe('succeeded');
    // Noted before the first kill, and kept.
    for (const name of ['n1', 'n2'])
      expect(factsOf(run as Run, `applied:${name}`)[0]?.value).toMatch(/^up to [0-9A-F]+\//);
    await gone(child, 'SIGTERM');
  } finally {
    consoles.close();
  }
  await nothingOf('n3', 'n1', 'n2');
  const again = openConsole(mesh.dataDir);
  expect(again.registry.get('shop')?.nodes.map(({ name }) => name)).toEqual(['n1', 'n2']);
  await again.stop();
});
