/** Subscriptions switched to another interface of their provider, on running servers; tried from the receiver before. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codes, startWatchedMesh, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
beforeAll(async () => {
  mesh = await startWatchedMesh(3);
  await mesh.table('t', 'id int PRIMARY KEY');
});
afterAll(() => mesh?.stop());

const to = (name: string) =>
  ({
    kind: 'subscription-interface',
    receiver: 'n2',
    subscription: 'sub_n2n1',
    interface: name,
  }) as const;
const USED = `SELECT i.if_name::text FROM spock.subscription s JOIN spock.node_interface i ON i.if_id = s.sub_origin_if WHERE s.sub_name = 'sub_n2n1'`;
const add = (name: string, dsn: string) =>
  mesh.sql('n2', `SELECT spock.node_add_interface('n1', '${name}', '${dsn}')`);

test('one that is not there, one at which nobody is, one of another server: refused, and nothing done', async () => {
  expect(codes(await mesh.plan(to('private')))).toEqual(['no-interface']);
  await add('dead', 'host=127.0.0.9 port=1 dbname=orders');
  const dead = await mesh.plan(to('dead'));
  expect(codes(dead)).toEqual(['peer-unreached']);
  await add('wrong', mesh.servers.dsn(3));
  expect(codes(await mesh.plan(to('wrong')))).toEqual(['other-server']);
  expect(await mesh.one('n2', USED)).toBe('n1');
});

test('one that leads there: rows come by it, and it is switched back', async () => {
  await add('private', `${mesh.servers.dsn(1)} application_name=private`);
  await mesh.succeed(to('private'));
  expect(await mesh.one('n2', USED)).toBe('private');
  await mesh.sql('n1', 'INSERT INTO t VALUES (1)');
  await mesh.becomes(1, 'n2', 'SELECT count(*)::int FROM t');
  await mesh.succeed(to('n1'));
  expect(await mesh.one('n2', USED)).toBe('n1');
  await mesh.sql('n1', 'INSERT INTO t VALUES (2)');
  await mesh.becomes(2, 'n2', 'SELECT count(*)::int FROM t');
});

test('another session that holds the row fails it, and a resume does it', { timeout: 120_000 }, async () => {
  const held = await mesh.hold('n2', `SELECT FROM spock.subscription WHERE sub_name = 'sub_n2n1' FOR UPDATE`);
  const run = await mesh.run(to('private'));
  await held.release();
  expect(run.state).toBe('failed');
  expect(await mesh.one('n2', USED)).toBe('n1');
  expect((await mesh.resume(run)).state).toBe('succeeded');
  expect(await mesh.one('n2', USED)).toBe('private');
});
