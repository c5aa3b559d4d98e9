/** Every missing link of a mesh made by one plan, on running servers. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWatchedMesh, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
beforeAll(async () => {
  mesh = await startWatchedMesh(3, { subscribed: false });
  await mesh.table('t', 'id int PRIMARY KEY');
});
afterAll(() => mesh?.stop());

const request = { kind: 'mesh-complete' } as const;
const SUBS = `SELECT coalesce(string_agg(sub_name, ',' ORDER BY sub_name), '') FROM spock.subscription`;
const LEFT = `SELECT (SELECT count(*) FROM spock.subscription) + (SELECT count(*) FROM pg_replication_slots) + (SELECT count(*) FROM pg_replication_origin WHERE roname LIKE 'spk%')`;

test('one that fails half way is taken back whole', { timeout: 180_000 }, async () => {
  const planned = await mesh.plan(request);
  expect(planned.problems).toEqual([]);
  // A transaction that holds n3's own node keeps it from making a subscription (get_local_node locks it).
  const held = await mesh.hold('n3', 'LOCK TABLE spock.subscription IN SHARE MODE');
  const run = await mesh.run(request);
  await held.release();
  expect(run.state).toBe('failed');
  expect((await mesh.rollback(run)).state).toBe('rolled-back');
  for (const node of mesh.names) expect(String(await mesh.one(node, LEFT))).toBe('0');
});

test('all links of three nodes: what each writes reaches the others', { timeout: 180_000 }, async () => {
  await mesh.succeed(request);
  expect(await mesh.one('n2', SUBS)).toBe('sub_n2n1,sub_n2n3');
  for (const [index, name] of mesh.names.entries()) await mesh.sql(name, `INSERT INTO t VALUES (${index})`);
  for (const name of mesh.names) await mesh.becomes(3, name, 'SELECT count(*)::int FROM t');
  expect((await mesh.plan(request)).steps).toEqual([]);
});
