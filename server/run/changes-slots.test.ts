/** Slots dropped by a plan, on running servers: only those that nobody can need. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { codes, knownOf, startWatchedMesh, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
beforeAll(async () => {
  mesh = await startWatchedMesh(3);
});
afterAll(() => mesh?.stop());

const drop = (slot: string) => ({ kind: 'slot-drop', node: 'n1', slot }) as const;
const plugin = () => (mesh.real ? 'spock_output' : 'pgoutput');
const make = (name: string) =>
  mesh.sql('n1', `SELECT pg_create_logical_replication_slot('${name}', '${plugin()}')`);
const there = (name: string) =>
  mesh.one('n1', `SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '${name}')`);
const slotOf = async (node: string, sub: string) =>
  String(
    await mesh.one(node, `SELECT sub_slot_name::text FROM spock.subscription WHERE sub_name = '${sub}'`),
  );

test('one that nobody needs is dropped', async () => {
  await make('nobodys');
  expect(knownOf(await mesh.plan(drop('nobodys')))).toMatch(/it holds .+ of WAL/);
  await mesh.succeed(drop('nobodys'));
  expect(await there('nobodys')).toBe(false);
});

test('one that a subscription names is not, in use or not, nor that of a copy of its table', async () => {
  const slot = await slotOf('n2', 'sub_n2n1');
  expect(codes(await mesh.plan(drop(slot)))).toEqual(['slot-active', 'slot-needed']);
  await mesh.succeed({ kind: 'subscription-disable', receiver: 'n2', subscription: 'sub_n2n1' });
  await expect
    .poll(async () => codes(await mesh.plan(drop(slot))), { timeout: 20_000 })
    .toEqual(['slot-needed']);
  await make(`${slot}_1a2b3c4d`);
  expect(codes(await mesh.plan(drop(`${slot}_1a2b3c4d`)))).toEqual(['slot-needed']);
  await mesh.sql('n1', `SELECT pg_drop_replication_slot('${slot}_1a2b3c4d')`);
  await mesh.succeed({ kind: 'subscription-enable', receiver: 'n2', subscription: 'sub_n2n1' });
});

test('one of another database, of a standby, of the group of nodes', async () => {
  await mesh.sql('n1', `SELECT pg_create_physical_replication_slot('standby')`);
  expect(codes(await mesh.plan(drop('standby')))).toEqual(['other-database']);
  await mesh.sql('n1', `SELECT pg_drop_replication_slot('standby')`);
  await mesh.servers
    .sql(1, `SELECT pg_create_logical_replication_slot('elsewhere', 'test_decoding')`, 'postgres')
    .catch(() =>
      mesh.servers.sql(1, `SELECT pg_create_logical_replication_slot('elsewhere', 'pgoutput')`, 'postgres'),
    );
  expect(codes(await mesh.plan(drop('elsewhere')))).toEqual(['other-database']);
  await mesh.servers.sql(1, `SELECT pg_drop_replication_slot('elsewhere')`, 'postgres');
  await make('spkgrp_orders_n1');
  expect(codes(await mesh.plan(drop('spkgrp_orders_n1')))).toEqual(['group-slot']);
  await mesh.sql('n1', `SELECT pg_drop_replication_slot('spkgrp_orders_n1')`);
});

test('none while a node joins: its slots have no reader, and no subscription yet', async () => {
  await make('of_a_join');
  // The session of a copy that has begun elsewhere, by the name that Spock gives it.
  const named = `${mesh.servers.dsn(2)} application_name=sub_n4n2_snap`;
  const held = await openConnection(connectionTargets(mesh.servers.dsn(2)), 5000, 5000);
  if (!held.ok) throw new Error(`${named}: ${held.error.message}`);
  await held.value.run(`SET application_name = 'sub_n4n2_snap'`, 5000);
  expect(codes(await mesh.plan(drop('of_a_join')))).toEqual(['copying']);
  held.value.close();
  await expect.poll(async () => codes(await mesh.plan(drop('of_a_join'))), { timeout: 20_000 }).toEqual([]);
  // A slot that waits for an open transaction has no position yet.
  const writer = await openConnection(connectionTargets(mesh.servers.dsn(1)), 5000, 5000);
  const maker = await openConnection(connectionTargets(mesh.servers.dsn(1)), 5000, 5000);
  if (!writer.ok || !maker.ok) throw new Error('no connection');
  await writer.value.run('BEGIN; SELECT pg_current_xact_id()', 5000);
  const making = maker.value.run(
    `SELECT pg_create_logical_replication_slot('being_made', '${plugin()}')`,
    60_000,
  );
  await mesh.becomes(
    true,
    'n1',
    `SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'being_made' AND confirmed_flush_lsn IS NULL)`,
  );
  expect(codes(await mesh.plan(drop('of_a_join')))).toEqual(['copying']);
  expect(codes(await mesh.plan(drop('being_made')))).toContain('copying');
  await writer.value.run('COMMIT', 5000);
  await making;
  writer.value.close();
  maker.value.close();
  await mesh.succeed(drop('of_a_join'));
  await mesh.sql('n1', `SELECT pg_drop_replication_slot('being_made')`);
});

test('while a node cannot be asked, and which subscriptions have to go first', async () => {
  await make('left');
  await mesh.servers.crash(3);
  const planned = await mesh.plan(drop('left'));
  expect(codes(planned)).toEqual(['nodes-unread']);
  expect(planned.problems[0]?.remedy).toContain('drop the subscriptions to it');
  // Taken off the console, it is still in the catalogs of the others.
  const record = mesh.console.registry.get('shop');
  if (record === undefined) throw new Error('not watched');
  const without = { ...record, nodes: record.nodes.filter(({ name }) => name !== 'n3') };
  mesh.console.registry.replace('shop', without);
  const still = await mesh.plan(drop('left'));
  expect(codes(still)).toEqual(['nodes-unread']);
  expect(still.problems[0]?.remedy).toContain('drop sub_n1n3 on n1 and sub_n2n3 on n2 first');
  await mesh.succeed({ kind: 'subscription-drop', receiver: 'n1', subscription: 'sub_n1n3' });
  await mesh.succeed({ kind: 'subscription-drop', receiver: 'n2', subscription: 'sub_n2n3' });
  await mesh.succeed(drop('left'));
  expect(await there('left')).toBe(false);

  // Back, it reads on; no node knows it any more, so any slot may be its own.
  await make('stranger');
  await mesh.servers.start(3);
  await mesh.becomes(
    true,
    'n1',
    `SELECT active FROM pg_replication_slots WHERE slot_name ~ 'sub_n3n1$' AND slot_name ~ '^spk_'`,
  );
  const unknown = await mesh.plan(drop('stranger'));
  expect(codes(unknown)).toEqual(['unknown-reader']);
  expect(knownOf(unknown)).toContain('nobody has read from stranger');
  expect(await there('stranger')).toBe(true);
});
