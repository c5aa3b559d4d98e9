/** Interfaces of a node added and dropped, and where it is, in the catalogs of running servers. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codes, startWatchedMesh, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
beforeAll(async () => {
  mesh = await startWatchedMesh(3);
});
afterAll(() => mesh?.stop());

const add = (dsn: string, on?: string[]) =>
  ({ kind: 'node-interface', node: 'n1', interface: 'private', dsn, ...(on && { on }) }) as const;
const drop = { kind: 'node-interface', node: 'n1', interface: 'private', dsn: null } as const;
const OF_N1 = `SELECT coalesce(json_agg(concat(i.if_name, ' ', i.if_dsn) ORDER BY i.if_name), '[]') FROM spock.node_interface i JOIN spock.node n ON n.node_id = i.if_nodeid WHERE n.node_name = 'n1'`;
const interfaces = async () => {
  const all: unknown[] = [];
  for (const name of mesh.names) all.push(await mesh.one(name, OF_N1));
  return all;
};

test('nobody there, or another server: refused, and nothing is written', async () => {
  const before = await interfaces();
  const dead = await mesh.plan(add('host=127.0.0.9 port=1 dbname=orders'));
  const wrong = await mesh.plan(add(mesh.servers.dsn(2), ['n3']));
  // Where the contrib extension is missing it cannot be tried, and is said.
  if (codes(dead).length > 0) {
    expect(new Set(codes(dead))).toEqual(new Set(['peer-unreached']));
    expect(codes(wrong)).toEqual(['other-server']);
  } else {
    expect(dead.checks.map(({ value }) => value).join()).toContain('not tried');
  }
  expect(await interfaces()).toEqual(before);
});

test('added with its password, which stands nowhere but there; switched to, in use, and dropped', {
  timeout: 120_000,
}, async () => {
  const before = await interfaces();
  const dsn = mesh.servers.dsn(1);
  const { password } = mesh.servers;
  const run = await mesh.succeed(add(dsn));
  const added = await interfaces();
  for (const each of added) expect(JSON.stringify(each)).toContain(password);
  const kept = mesh.console.runner.getPlan(run.plan);
  expect(JSON.stringify(kept)).not.toContain(password);
  expect(kept.steps[0]?.sql[0]).toContain('••••');
  expect(codes(await mesh.plan(add(dsn)))).toEqual(['name-exists', 'name-exists', 'name-exists']);

  await mesh.succeed({
    kind: 'subscription-interface',
    receiver: 'n2',
    subscription: 'sub_n2n1',
    interface: 'private',
  });
  expect(codes(await mesh.plan(drop))).toEqual(['in-use']);
  await mesh.succeed({
    kind: 'subscription-interface',
    receiver: 'n2',
    subscription: 'sub_n2n1',
    interface: 'n1',
  });

  // Somebody who holds the catalog on n3 stops it there; what was dropped elsewhere comes back with its address.
  const held = await mesh.hold('n3', 'LOCK TABLE spock.node_interface IN SHARE MODE');
  const failed = await mesh.run(drop);
  await held.release();
  expect(failed.state).toBe('failed');
  expect(await mesh.one('n2', OF_N1)).toHaveLength(1);
  expect((await mesh.rollback(failed)).state).toBe('rolled-back');
  expect(await interfaces()).toEqual(added);
  await mesh.succeed(drop);
  expect(await interfaces()).toEqual(before);
});

const PLACE = `SELECT concat_ws(' / ', location, country) FROM spock.node WHERE node_name = 'n2'`;
const place = (location: string | null) =>
  ({ kind: 'node-location', node: 'n2', location, country: 'PL' }) as const;

test('a location is written on all nodes; stopped in its midst it is as before', async () => {
  await mesh.succeed(place('Łódź'));
  for (const name of mesh.names) expect(await mesh.one(name, PLACE)).toBe('Łódź / PL');
  const held = await mesh.hold('n3', `SELECT FROM spock.node WHERE node_name = 'n2' FOR UPDATE`);
  const failed = await mesh.run(place('Kraków'));
  await held.release();
  expect(failed.state).toBe('failed');
  expect(await mesh.one('n1', PLACE)).toBe('Kraków / PL');
  expect((await mesh.rollback(failed)).state).toBe('rolled-back');
  for (const name of mesh.names) expect(await mesh.one(name, PLACE)).toBe('Łódź / PL');
});
