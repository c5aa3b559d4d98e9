/** Subscriptions made, disabled, enabled and dropped, on running servers: never another's slot, and nothing that waits in vain. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { codes, knownOf, startWatchedMesh, stepOf, type WatchedMesh } from '#server/testing/watched-mesh.ts';

const SLOTS = `SELECT coalesce(string_agg(slot_name, ',' ORDER BY slot_name), '') FROM pg_replication_slots`;
const create = (provider: string, receiver: string) =>
  ({ kind: 'subscription-create', provider, receiver }) as const;

describe('two receivers whose names Spock folds to one', () => {
  let mesh: WatchedMesh;
  const names = ['us-east', 'us_east', 'eu'];
  beforeAll(async () => {
    mesh = await startWatchedMesh(3, { names, subscribed: false });
  });
  afterAll(() => mesh?.stop());

  test('get a name and a slot each, and one that goes leaves the other its slot', async () => {
    await mesh.succeed(create('eu', 'us-east'));
    const slot = String(await mesh.one('us-east', 'SELECT sub_slot_name::text FROM spock.subscription'));
    await mesh.succeed(create('eu', 'us_east'));
    const [second] = await mesh.sql(
      'us_east',
      'SELECT sub_name::text AS name, sub_slot_name::text AS slot FROM spock.subscription',
    );
    expect(second?.slot).not.toBe(slot);
    await mesh.servers.crash(1);
    await mesh.succeed({
      kind: 'subscription-drop',
      receiver: 'us_east',
      subscription: String(second?.name),
    });
    // With the first silent, a slot of which it is not known whose it is may be kept; the first's own always is.
    expect(String(await mesh.one('eu', SLOTS)).split(',')).toContain(slot);
    await mesh.servers.start(1);
    await mesh.becomes('replicating', 'us-east', 'SELECT status FROM spock.sub_show_status()');
    await mesh.table('t', 'id int PRIMARY KEY');
    await mesh.sql('eu', 'INSERT INTO t VALUES (1)');
    await mesh.becomes(1, 'us-east', 'SELECT count(*)::int FROM t');
  });

  test('a slot that somebody has left under the name is not taken', async () => {
    await mesh.sql(
      'eu',
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active`,
    );
    const wanted = String(
      await mesh.one(
        'us_east',
        `SELECT spock.spock_gen_slot_name(current_database()::name, 'eu'::name, 'sub_us_easteu_2'::name)`,
      ),
    );
    await mesh.sql('eu', `SELECT pg_create_physical_replication_slot('${wanted}')`);
    const planned = await mesh.plan(create('eu', 'us_east'));
    expect(codes(planned)).toEqual([]);
    expect(planned.checks.find(({ name }) => name === 'Name')?.value).toMatch(/^sub_us_easteu_3, /);
    await mesh.sql('eu', `SELECT pg_drop_replication_slot('${wanted}')`);
  });
});

test('names of 63 characters that differ at their end get a slot each', { timeout: 180_000 }, async () => {
  const long = (end: string) => 'n'.repeat(62) + end;
  const mesh = await startWatchedMesh(3, { names: [long('a'), long('b'), 'eu'], subscribed: false });
  try {
    await mesh.succeed(create('eu', long('a')));
    await mesh.succeed(create('eu', long('b')));
    expect(String(await mesh.one('eu', SLOTS)).split(',')).toHaveLength(2);
  } finally {
    await mesh.stop();
  }
});

describe('a provider without a slot left', () => {
  let mesh: WatchedMesh;
  beforeAll(async () => {
    mesh = await startWatchedMesh(2, { subscribed: false, settings: 'max_replication_slots = 2' });
  });
  afterAll(() => mesh?.stop());

  test('is said before anything is made', async () => {
    for (const name of ['a', 'b'])
      await mesh.sql('n1', `SELECT pg_create_physical_replication_slot('${name}')`);
    const planned = await mesh.plan(create('n1', 'n2'));
    expect(codes(planned)).toEqual(['no-room']);
    expect(planned.problems[0]?.message).toContain('max_replication_slots');
    await mesh.sql('n1', `SELECT pg_drop_replication_slot('a'), pg_drop_replication_slot('b')`);
    expect(codes(await mesh.plan(create('n1', 'n2')))).toEqual([]);
  });
});

describe('a mesh of three', () => {
  let mesh: WatchedMesh;
  const sub = { receiver: 'n2', subscription: 'sub_n2n1' } as const;
  beforeAll(async () => {
    mesh = await startWatchedMesh(3);
    await mesh.table('t', 'id int PRIMARY KEY, v text');
  });
  afterAll(() => mesh?.stop());

  test('disabled: the WAL that is kept is told; enabled: what was written meanwhile comes', async () => {
    const planned = await mesh.plan({ kind: 'subscription-disable', ...sub });
    expect(knownOf(planned)).toMatch(/n1 keeps WAL for n2 from now on \(.+ now\).+(without limit|at most)/);
    await mesh.succeed({ kind: 'subscription-disable', ...sub });
    await mesh.sql('n1', `INSERT INTO t SELECT g, 'x' FROM generate_series(1, 100) g`);
    const enable = await mesh.plan({ kind: 'subscription-enable', ...sub });
    expect(enable.checks.find(({ name }) => name === 'Slot')?.value).toMatch(/kB|MB|bytes/);
    await mesh.succeed({ kind: 'subscription-enable', ...sub });
    await mesh.becomes(100, 'n2', 'SELECT count(*)::int FROM t');
  });

  test('several at once: disabled and enabled by one plan each', async () => {
    const subscriptions = [
      { receiver: 'n3', subscription: 'sub_n3n1' },
      { receiver: 'n2', subscription: 'sub_n2n3' },
    ];
    const enabled = (node: string) =>
      mesh.one(node, 'SELECT count(*)::int FROM spock.subscription WHERE sub_enabled');
    await mesh.succeed({ kind: 'subscription-disable', ...sub, subscriptions });
    expect([await enabled('n1'), await enabled('n2'), await enabled('n3')]).toEqual([2, 0, 1]);
    await mesh.succeed({ kind: 'subscription-enable', ...sub, subscriptions });
    expect([await enabled('n1'), await enabled('n2'), await enabled('n3')]).toEqual([2, 2, 2]);
    await mesh.replicating();
  });

  test('a row that is dropped with it is told in bytes, and the slot goes with it', async () => {
    await mesh.succeed({ kind: 'subscription-disable', ...sub });
    await mesh.sql('n1', `INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(101, 2000) g`);
    const slot = String(
      await mesh.one('n2', `SELECT sub_slot_name::text FROM spock.subscription WHERE sub_name = 'sub_n2n1'`),
    );
    const planned = await mesh.plan({ kind: 'subscription-drop', ...sub });
    expect(knownOf(planned)).toMatch(/not applied yet: .+ MB of WAL/);
    expect(knownOf(planned)).toContain('Spock forgets n1 on n2');
    expect(planned.steps[0]).toMatchObject({ risk: 'data' });
    await mesh.succeed({ kind: 'subscription-drop', ...sub });
    await mesh.becomes(
      false,
      'n1',
      `SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '${slot}')`,
    );
    expect(await mesh.one('n2', `SELECT count(*)::int FROM spock.node WHERE node_name = 'n1'`)).toBe(0);
  });

  test('made anew: that no rows are copied is told', async () => {
    expect(knownOf(await mesh.plan(create('n1', 'n2')))).toContain('existing rows are not copied');
    await mesh.succeed(create('n1', 'n2'));
    await mesh.sql('n1', `INSERT INTO t VALUES (5000, 'anew')`);
    await mesh.becomes(1, 'n2', 'SELECT count(*)::int FROM t WHERE id = 5000');
    expect(codes(await mesh.plan(create('n1', 'n2')))).toEqual(['subscribed']);
  });

  test('a slot that is gone: it is not enabled', async () => {
    await mesh.succeed({ kind: 'subscription-disable', receiver: 'n3', subscription: 'sub_n3n1' });
    const slot = String(
      await mesh.one('n3', `SELECT sub_slot_name::text FROM spock.subscription WHERE sub_name = 'sub_n3n1'`),
    );
    await mesh.becomes(false, 'n1', `SELECT active FROM pg_replication_slots WHERE slot_name = '${slot}'`);
    await mesh.sql('n1', `SELECT pg_drop_replication_slot('${slot}')`);
    const enable = { kind: 'subscription-enable', receiver: 'n3', subscription: 'sub_n3n1' } as const;
    expect(codes(await mesh.plan(enable))).toEqual(['slot-gone']);
    await mesh.succeed({ kind: 'subscription-drop', receiver: 'n3', subscription: 'sub_n3n1' });
    await mesh.succeed(create('n1', 'n3'));
  });

  test('a server that lets nobody in is not called unreachable', async () => {
    const role = `CREATE ROLE few LOGIN PASSWORD 'few' CONNECTION LIMIT 1; GRANT USAGE ON SCHEMA spock TO few; GRANT SELECT ON ALL TABLES IN SCHEMA spock TO few`;
    await mesh.sql('n3', role);
    const dsn = `host=127.0.0.1 port=${mesh.servers.port(3)} dbname=orders user=few password=few`;
    const held = await openConnection(connectionTargets(dsn), 5000, 5000);
    if (!held.ok) throw new Error(held.error.message);
    const record = mesh.console.registry.get('shop');
    if (record === undefined) throw new Error('not watched');
    const nodes = record.nodes.map((node) => (node.name === 'n3' ? { ...node, dsn } : node));
    mesh.console.registry.replace('shop', { ...record, nodes });
    const planned = await mesh.plan({
      kind: 'subscription-disable',
      receiver: 'n3',
      subscription: 'sub_n3n2',
    });
    expect(codes(planned)).toEqual(['unread']);
    expect(planned.problems[0]?.message).toContain('too many connections');
    held.value.close();
    mesh.console.registry.replace('shop', record);
  });

  test('a node that is gone is dropped from the others, and no slot of theirs goes with it', async () => {
    await mesh.servers.crash(3);
    const run = await mesh.succeed({ kind: 'subscription-drop', receiver: 'n2', subscription: 'sub_n2n3' });
    expect(stepOf(run, 'drop').know).toContain('n3 could not be asked');
    expect(
      await mesh.one('n2', `SELECT count(*)::int FROM spock.subscription WHERE sub_name = 'sub_n2n3'`),
    ).toBe(0);
    expect(String(await mesh.one('n2', SLOTS))).toContain('sub_n1n2');
    await mesh.servers.start(3);
  });
});

test('a standby behind the DSN of its primary: nothing is planned there', { timeout: 180_000 }, async () => {
  const mesh = await startWatchedMesh(2);
  const { servers } = mesh;
  const folder = servers.dataFolder(1);
  try {
    await mesh.sql('n1', 'SELECT pg_switch_wal()');
    // A standby is a server in recovery: as it is after a switchover, with nobody to stream from.
    await servers.crash(1);
    execFileSync('touch', [`${folder}/standby.signal`]);
    await servers.start(1);
    const planned = await mesh.plan({
      kind: 'subscription-disable',
      receiver: 'n1',
      subscription: 'sub_n1n2',
    });
    expect(codes(planned)).toEqual(['standby']);
    expect(planned.problems[0]?.message).toContain(
      `n1 at 127.0.0.1:${servers.port(1)} is a standby (in recovery)`,
    );
    expect(planned.problems[0]?.remedy).toContain('target_session_attrs=read-write');
    // What another node asks of it is not known: its slots are not those of its primary.
    const resync = { receiver: 'n2', subscription: 'sub_n2n1', schema: 'public', table: 'x' };
    expect(codes(await mesh.plan({ kind: 'table-resync', ...resync }))).toContain('standby');
    expect(codes(await mesh.plan({ kind: 'slot-drop', node: 'n2', slot: 'any' }))).toContain('no-slot');
  } finally {
    await mesh.stop();
  }
});
