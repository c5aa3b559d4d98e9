/** Sets taken and left by subscriptions, on running servers: what is written comes or stays away, and a set that is not there is refused. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codes, startWatchedMesh, stepOf, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
beforeAll(async () => {
  mesh = await startWatchedMesh(3);
  await mesh.everywhere('CREATE TABLE audit (id int PRIMARY KEY)');
});
afterAll(() => mesh?.stop());

const sub = { receiver: 'n2', subscription: 'sub_n2n1' } as const;
const SETS = (name: string) =>
  `SELECT (SELECT string_agg(x, ',' ORDER BY x) FROM unnest(sub_replication_sets) x) FROM spock.subscription WHERE sub_name = '${name}'`;
const OWN = 'ddl_sql,default,default_insert_only';

test('a set that the provider lacks is refused before anything is done', async () => {
  const planned = await mesh.plan({ kind: 'subscription-sets', ...sub, add: ['audit'], remove: [] });
  expect(codes(planned)).toEqual(['no-set']);
  expect(await mesh.one('n2', SETS('sub_n2n1'))).toBe(OWN);
});

test('what is written to a set comes from when it is taken, on several subscriptions at once', async () => {
  await mesh.sql('n1', `SELECT spock.repset_create('audit')`);
  await mesh.sql('n1', `SELECT spock.repset_add_table('audit', 'audit')`);
  await mesh.sql('n1', 'INSERT INTO audit VALUES (1)');
  const subscriptions = [{ receiver: 'n3', subscription: 'sub_n3n1' }];
  await mesh.succeed({
    kind: 'subscription-sets',
    ...sub,
    subscriptions,
    add: ['audit'],
    remove: [],
  });
  // The wait ends when the worker works that knows of it: what is written from here on comes.
  await mesh.sql('n1', 'INSERT INTO audit VALUES (2)');
  for (const node of ['n2', 'n3'])
    await mesh.becomes('2', node, `SELECT string_agg(id::text, ',') FROM audit`);
  expect(await mesh.one('n2', SETS('sub_n2n1'))).toBe(`audit,${OWN}`);
});

test('one that fails on the second node is taken back on the first', async () => {
  const held = await mesh.hold('n3', 'SELECT FROM spock.subscription FOR UPDATE');
  const run = await mesh.run({
    kind: 'subscription-sets',
    ...sub,
    subscriptions: [{ receiver: 'n3', subscription: 'sub_n3n1' }],
    add: [],
    remove: ['audit', 'ddl_sql'],
  });
  await held.release();
  expect(stepOf(run, 'sets:n2').state).toBe('done');
  expect(stepOf(run, 'sets:n3').state).toBe('failed');
  expect(await mesh.one('n2', SETS('sub_n2n1'))).toBe('default,default_insert_only');
  expect((await mesh.rollback(run)).state).toBe('rolled-back');
  for (const [node, name] of [
    ['n2', 'sub_n2n1'],
    ['n3', 'sub_n3n1'],
  ] as const)
    expect(await mesh.one(node, SETS(name))).toBe(`audit,${OWN}`);
  await mesh.replicating();
});

test('what is written to a set that was left stays away, other sets come', async () => {
  await mesh.table('t', 'id int PRIMARY KEY');
  await mesh.succeed({ kind: 'subscription-sets', ...sub, add: [], remove: ['audit'] });
  await mesh.sql('n1', 'INSERT INTO audit VALUES (3)');
  await mesh.sql('n1', 'INSERT INTO t VALUES (1)');
  await mesh.becomes(1, 'n2', 'SELECT count(*)::int FROM t');
  expect(await mesh.one('n2', 'SELECT count(*)::int FROM audit WHERE id = 3')).toBe(0);
});

test('a link that is down for a set that is gone comes back when the set is left', {
  timeout: 120_000,
}, async () => {
  if (!mesh.real) return;
  await mesh.sql('n3', `SELECT spock.sub_add_repset('sub_n3n2', 'nowhere')`);
  await mesh.becomes('down', 'n3', `SELECT status FROM spock.sub_show_status('sub_n3n2')`);
  const run = await mesh.succeed({
    kind: 'subscription-sets',
    receiver: 'n3',
    subscription: 'sub_n3n2',
    add: [],
    remove: ['nowhere'],
  });
  expect(stepOf(run, 'wait:n3').state).toBe('done');
  await mesh.sql('n2', 'INSERT INTO t VALUES (77)');
  await mesh.becomes(1, 'n3', 'SELECT count(*)::int FROM t WHERE id = 77');
});

test('another session that holds the catalog fails it, and nothing of it stands', async () => {
  const held = await mesh.hold('n2', 'SELECT FROM spock.subscription FOR UPDATE');
  const run = await mesh.run({ kind: 'subscription-sets', ...sub, add: [], remove: ['ddl_sql'] });
  await held.release();
  expect(run.state).toBe('failed');
  expect(await mesh.one('n2', SETS('sub_n2n1'))).toBe(OWN);
  expect((await mesh.resume(run)).state).toBe('succeeded');
  expect(await mesh.one('n2', SETS('sub_n2n1'))).toBe('default,default_insert_only');
});
