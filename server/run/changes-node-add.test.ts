/**
 * A node added to three that are written to, on running servers. It takes the real Spock (TRICORDER_PG_BIN): the stand-in copies no
 * structure, and pauses nothing.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Photo, photograph } from '#server/testing/photo.ts';
import { contextOn } from '#server/testing/step-context.ts';
import { ended } from '#server/testing/test-console.ts';
import { codes, startWatchedMesh, stepOf, type WatchedMesh } from '#server/testing/watched-mesh.ts';
import {
  COUNTERS,
  COUNTERS_NOW,
  NOTHING_WRONG,
  ROWS_OF_WRITERS,
  startWriter,
  tally,
  WRITERS_SCHEMA,
  type Writer,
} from '#server/testing/writers.ts';
import { joinSuspects } from './join-suspects-step.ts';

const real = process.env.TRICORDER_PG_BIN !== undefined;
const SPARE = 4;

let mesh: WatchedMesh;
let writers: Writer[] = [];
beforeAll(async () => {
  mesh = await startWatchedMesh(3, { spare: 1 });
  await mesh.everywhere(`BEGIN; SELECT spock.repair_mode(true); ${WRITERS_SCHEMA} ${COUNTERS} COMMIT`);
  if (real) {
    await mesh.everywhere(
      'ALTER TABLE counter ALTER COLUMN n SET (log_old_value = true, delta_apply_function = spock.delta_apply)',
    );
    await mesh.everywhere("SELECT spock.repset_create('extra')");
    await mesh.everywhere('CREATE TABLE noted (id int PRIMARY KEY, v text)');
    await mesh.everywhere("SELECT spock.repset_add_table('extra', 'noted', false, NULL, 'id > 0')");
  }
  for (const table of ['written', 'counter'])
    await mesh.everywhere(`SELECT spock.repset_add_table('default', '${table}')`);
}, 240_000);
afterAll(() => mesh?.stop());

const request = () => ({
  kind: 'node-add' as const,
  node: { name: 'n4', dsn: mesh.servers.dsn(SPARE), peerDsn: null },
  source: 'n1',
});

async function startWriters(): Promise<void> {
  writers = [1, 2, 3].map((node) =>
    startWriter({ node, dsn: mesh.servers.dsn(node), counters: true, pauseMs: 10 }),
  );
  await Promise.all(writers.map((writer) => writer.writes(30)));
}

test.skipIf(real)('the stand-in cannot: blocked, with what it lacks', { timeout: 60_000 }, async () => {
  const plan = await mesh.plan(request());
  expect(codes(plan)).toContain('version');
  expect(JSON.stringify(plan)).not.toContain(mesh.servers.password);
  expect(plan.steps).toEqual([]);
});

test('a name that is taken, an unknown source, a server that is a node: each is said', {
  timeout: 60_000,
}, async () => {
  const taken = await mesh.plan({ ...request(), node: { ...request().node, name: 'n2' } });
  expect(codes(taken)).toContain('name-taken');
  expect(codes(await mesh.plan({ ...request(), source: 'n9' }))).toContain('no-node');
  const used = await mesh.plan({ ...request(), node: { ...request().node, dsn: mesh.servers.dsn(2) } });
  expect(codes(used)).toContain('same-server');
  expect(codes(used)).toContain('other-node');
});

describe.runIf(real)('on Spock itself', () => {
  /** All that a rollback has to leave as it was; rows apart, which go on. */
  const photo = async (): Promise<(Omit<Photo, 'rows'> & { progress: unknown[] })[]> =>
    Promise.all(
      [1, 2, 3].map(async (n) => {
        const { rows, ...rest } = await photograph((text) => mesh.servers.sql(n, text));
        // A table in 5.0; 6.0 keeps it in memory until a restart.
        const progress = mesh.spock?.startsWith('5.')
          ? await mesh.servers.sql(n, 'SELECT remote_node_id::text FROM spock.progress ORDER BY 1')
          : [];
        return { ...rest, progress };
      }),
    );

  test('a server that is not empty, or lacks a role, is blocked', { timeout: 60_000 }, async () => {
    await mesh.servers.sql(SPARE, 'CREATE TABLE there (id int)');
    expect(codes(await mesh.plan(request()))).toContain('not-empty');
    await mesh.servers.sql(SPARE, 'DROP TABLE there');
    await mesh.sql('n1', 'CREATE ROLE keeper; ALTER TABLE noted OWNER TO keeper');
    const plan = await mesh.plan(request());
    expect(plan.problems.map(({ code, node }) => `${node} ${code}`)).toEqual(['n4 no-role']);
    expect(plan.problems[0]?.message).toContain('keeper');
    await mesh.servers.sql(SPARE, 'CREATE ROLE keeper');
    const ready = await mesh.plan(request());
    expect(ready.problems).toEqual([]);
    expect(JSON.stringify(ready)).not.toContain(mesh.servers.password);
  });

  test('cancelled while it copies and taken back, the others are as before', {
    timeout: 180_000,
  }, async () => {
    await startWriters();
    const before = await photo();
    const { runner } = mesh.console;
    const plan = await mesh.plan(request());
    // What the copy's restore waits for.
    const run = await runner.start(plan.id);
    for await (const now of runner.events(run.id, AbortSignal.timeout(60_000))) {
      if (stepOf(now, 'copy').state === 'running' && stepOf(now, 'copy').progress !== null) break;
    }
    await runner.cancel(run.id);
    expect((await ended(mesh.console, run.id)).state).toBe('cancelled');
    const back = await mesh.rollback(await ended(mesh.console, run.id));
    expect(back.leftToDo).toEqual([]);
    expect(back.state).toBe('rolled-back');
    expect(await photo()).toEqual(before);
  });

  test('joins under writes: each node has every row once', { timeout: 240_000 }, async () => {
    const run = await mesh.run(request());
    expect(run.steps.flatMap(({ id, error }) => (error === null ? [] : [id, error.message]))).toEqual([]);
    expect(run.state).toBe('succeeded');
    await Promise.all(writers.map((writer) => writer.writes(10)));
    await Promise.all(writers.map((writer) => writer.stop()));
    expect(mesh.console.registry.get('shop')?.nodes.map(({ name }) => name)).toEqual([
      'n1',
      'n2',
      'n3',
      'n4',
    ]);
    for (const n of [1, 2, 3, SPARE]) {
      const told = async () =>
        tally(
          writers,
          (await mesh.servers.sql(n, ROWS_OF_WRITERS)) as never,
          (await mesh.servers.sql(n, COUNTERS_NOW)) as never,
        );
      await expect.poll(told, { timeout: 20_000 }).toEqual(NOTHING_WRONG);
    }
    const sets = await mesh.servers.sql(
      SPARE,
      `SELECT r.set_name::text AS set, m.set_reloid::text AS t, pg_get_expr(m.set_row_filter, m.set_reloid) AS f FROM spock.replication_set_table m JOIN spock.replication_set r USING (set_id) JOIN spock.local_node l ON l.node_id = r.set_nodeid ORDER BY 2`,
    );
    expect(sets).toEqual([
      { set: 'default', t: 'counter', f: null },
      { set: 'extra', t: 'noted', f: '(id > 0)' },
      { set: 'default', t: 'written', f: null },
    ]);
    expect(stepOf(run, 'compare').state).toBe('done');
    expect(codes(await mesh.plan(request()))).toContain('name-taken');
  });

  test('a row that an older change has replaced on the new node alone gets the version of the source, with its time', {
    timeout: 60_000,
  }, async () => {
    await mesh.sql('n2', 'INSERT INTO written VALUES (9, 1, 1), (9, 2, 1)');
    const version = (seq: number) => `SELECT v FROM written WHERE node = 9 AND seq = ${seq}`;
    for (const n of [1, 3, SPARE]) {
      const there = async () => (await mesh.servers.sql(n, version(2)))[0]?.v;
      await expect.poll(there, { timeout: 20_000 }).toBe(1);
    }
    // As the copy would have brought it: newer, and not known to be so.
    for (const node of ['n1', 'n2', 'n3']) {
      await mesh.locally(node, 'UPDATE written SET v = 2 WHERE node = 9 AND seq = 1');
    }
    const [clock] = await mesh.sql('n1', 'SELECT clock_timestamp()::text AS at');
    await mesh.sql('n1', 'UPDATE written SET v = 3 WHERE node = 9 AND seq = 2');
    const at = contextOn(mesh.servers);
    try {
      at.context.remember('point', { positions: {}, at: String(clock?.at), proved: true });
      const action: Parameters<typeof joinSuspects.run>[0] = {
        type: 'join-suspects',
        node: 'n4',
        source: 'n1',
        peers: ['n2', 'n3'],
        copy: 'copy',
        tables: [{ schema: 'public', table: 'written', columns: ['node', 'seq', 'v'] }],
      };
      await joinSuspects.run(action, at.context);
      expect(at.written.facts).toEqual({ 'public.written': '1 row taken from n1' });
      const row = `SELECT v, pg_xact_commit_timestamp(xmin)::text AS at FROM written WHERE node = 9 AND seq = 1`;
      expect(await mesh.servers.sql(SPARE, row)).toEqual(await mesh.sql('n1', row));
      await joinSuspects.run(action, at.context);
      expect(at.written.notes.at(-1)).toContain('none was older');
      const origins = `SELECT count(*)::int AS n FROM pg_replication_origin WHERE roname LIKE 'tricorder%'`;
      expect(await mesh.servers.sql(SPARE, origins)).toEqual([{ n: 0 }]);
    } finally {
      at.close();
    }
  });
});
