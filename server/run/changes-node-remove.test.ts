/** A living node removed, on running servers: drained first, then nothing of it stays on the others, nor of them on it. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Run } from '#core/model/plan.ts';
import { ended } from '#server/testing/test-console.ts';
import { codes, knownOf, startWatchedMesh, stepOf, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
beforeAll(async () => {
  mesh = await startWatchedMesh(3);
  await mesh.table('t', 'id int PRIMARY KEY, v text');
}, 120_000);
afterAll(() => mesh?.stop());

const remove = { kind: 'node-remove', node: 'n3' } as const;
const ALTERED = `SELECT count(*)::int FROM pg_file_settings WHERE name = 'spock.readonly' AND sourcefile LIKE '%postgresql.auto.conf'`;

/** All that a node has of others and of itself: what a rollback must leave as it was. */
const CATALOGS = `SELECT json_build_object(
  'nodes', (SELECT json_agg(node_name ORDER BY node_name) FROM spock.node),
  'interfaces', (SELECT json_agg(if_name ORDER BY if_name) FROM spock.node_interface),
  'subscriptions', (SELECT json_agg(concat(sub_name, ' ', sub_enabled, ' ', sub_slot_name) ORDER BY sub_name) FROM spock.subscription),
  'sets', (SELECT json_agg(set_name ORDER BY set_name) FROM spock.replication_set),
  'slots', (SELECT json_agg(slot_name ORDER BY slot_name) FROM pg_replication_slots WHERE slot_name ~ 'sub_n'),
  'origins', (SELECT json_agg(roname ORDER BY roname) FROM pg_replication_origin WHERE starts_with(roname, 'spk_'))) AS of`;
const catalogs = async () => {
  const all: unknown[] = [];
  for (const name of mesh.names) all.push(await mesh.one(name, CATALOGS));
  return all;
};
const start = async () => {
  const plan = await mesh.plan(remove);
  expect(plan.problems).toEqual([]);
  return mesh.console.runner.start(plan.id);
};
const reaches = async (run: Run, step: string) => {
  await expect
    .poll(() => stepOf(mesh.console.runner.get(run.id), step).state, { timeout: 30_000 })
    .toBe('running');
};

test('not while another node does not get what it writes', async () => {
  const before = await catalogs();
  await mesh.succeed({ kind: 'subscription-disable', receiver: 'n2', subscription: 'sub_n2n3' });
  const plan = await mesh.plan(remove);
  expect(codes(plan)).toEqual(['not-draining']);
  expect(plan.problems[0]?.message).toContain('it is disabled');
  await mesh.succeed({ kind: 'subscription-enable', receiver: 'n2', subscription: 'sub_n2n3' });
  expect(await catalogs()).toEqual(before);
});

test('an open transaction that has written is waited for; cancelled there, all is as before', {
  timeout: 120_000,
}, async () => {
  await mesh.replicating();
  const before = await catalogs();
  const held = await mesh.hold('n3', `INSERT INTO t VALUES (1, 'not yet')`);
  const run = await start();
  await reaches(run, 'writers');
  await expect
    .poll(() => stepOf(mesh.console.runner.get(run.id), 'writers').note, { timeout: 20_000 })
    .toContain('has had a transaction open since');
  await mesh.console.runner.cancel(run.id);
  const cancelled = await ended(mesh.console, run.id);
  expect(cancelled.state).toBe('cancelled');
  const undone = await mesh.rollback(cancelled);
  expect(undone.state).toBe('rolled-back');
  expect(undone.leftToDo).toEqual([]);
  await held.release();
  expect(await catalogs()).toEqual(before);
  if (mesh.real) expect(await mesh.one('n3', ALTERED)).toBe(0);
});

test('drained, then removed; stopped in its midst it goes on', { timeout: 180_000 }, async () => {
  await mesh.sql('n3', `INSERT INTO t SELECT g, repeat('x', 500) FROM generate_series(10, 2000) g`);
  expect(knownOf(await mesh.plan(remove))).toContain('must be copied again');
  // Whoever holds its row on n2 holds up the run there.
  const held = await mesh.hold('n2', `SELECT FROM spock.subscription WHERE sub_name = 'sub_n2n3' FOR UPDATE`);
  const failed = await ended(mesh.console, (await start()).id);
  await held.release();
  expect(failed.state).toBe('failed');
  expect(stepOf(failed, 'drain').state).toBe('done');
  expect(stepOf(failed, 'drop:n2:sub_n2n3').state).toBe('failed');
  for (const name of ['n1', 'n2']) expect(await mesh.rows(name, 't')).toBe(1991);
  expect(
    await mesh.one('n2', `SELECT count(*)::int FROM spock.subscription WHERE sub_name = 'sub_n2n3'`),
  ).toBe(1);
  // Nothing of its own goes before the others have let it go.
  expect(await mesh.one('n3', 'SELECT count(*)::int FROM spock.subscription')).toBe(2);

  const run = await mesh.resume(failed);
  expect(run.steps.filter(({ error }) => error !== null)).toEqual([]);
  expect(run.state).toBe('succeeded');
  for (const name of ['n1', 'n2']) {
    const other = name === 'n1' ? 'n2' : 'n1';
    const of = await mesh.one(name, CATALOGS);
    expect(of).toMatchObject({
      nodes: ['n1', 'n2'],
      interfaces: ['n1', 'n2'],
      subscriptions: [expect.stringContaining(`sub_${name}${other} t`)],
      slots: [expect.stringContaining(`sub_${other}${name}`)],
    });
    expect(JSON.stringify(of)).not.toContain('n3');
  }
  expect(await mesh.one('n3', CATALOGS)).toEqual({
    nodes: null,
    interfaces: null,
    subscriptions: null,
    sets: null,
    slots: null,
    origins: null,
  });
  expect(await mesh.rows('n3', 't')).toBe(1991);
  expect(mesh.console.registry.get('shop')?.nodes.map(({ name }) => name)).toEqual(['n1', 'n2']);
  if (mesh.real) expect(await mesh.one('n3', ALTERED)).toBe(1);
  await mesh.sql('n1', `INSERT INTO t VALUES (5000, 'goes on')`);
  await mesh.becomes(1, 'n2', 'SELECT count(*)::int FROM t WHERE id = 5000');
});
