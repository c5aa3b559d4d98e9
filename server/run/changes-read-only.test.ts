/** A node kept from writes and given back to them, on running servers with Spock; the stand-in cannot do it, and says so. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codes, knownOf, startWatchedMesh, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
beforeAll(async () => {
  mesh = await startWatchedMesh(2);
  await mesh.table('t', 'id int PRIMARY KEY');
  await mesh.sql('n2', `CREATE ROLE app LOGIN; GRANT ALL ON t TO app`);
});
afterAll(() => mesh?.stop());

const request = (readOnly: boolean) => ({ kind: 'node-read-only', node: 'n2', readOnly }) as const;
const ALTERED = `SELECT count(*)::int FROM pg_file_settings WHERE name = 'spock.readonly' AND sourcefile LIKE '%postgresql.auto.conf'`;
const write = (id: number) => mesh.sql('n2', `SET ROLE app; INSERT INTO t VALUES (${id}); RESET ROLE`);

test('the stand-in says that it cannot', async () => {
  expect(codes(await mesh.plan(request(true)))).toEqual(mesh.real ? [] : ['version']);
});

test('applications are refused, what others write comes, and both are as before afterwards', async () => {
  if (!mesh.real) return;
  const before = mesh.spock?.startsWith('5.') ? 'user' : 'local';
  expect(knownOf(await mesh.plan(request(true)))).toContain(
    before === 'user' ? 'of superusers too' : 'except',
  );
  await mesh.succeed(request(true));
  expect(await mesh.one('n2', 'SHOW spock.readonly')).toBe(before);
  await expect(write(1)).rejects.toThrow(/read-only/);
  await mesh.sql('n1', 'INSERT INTO t VALUES (2)');
  await mesh.becomes(1, 'n2', 'SELECT count(*)::int FROM t');
  await mesh.succeed(request(false));
  expect(await mesh.one('n2', ALTERED)).toBe(0);
  await write(3);
  await mesh.becomes(2, 'n1', 'SELECT count(*)::int FROM t');
});

test('a value that stands before that of ALTER SYSTEM fails it, and a rollback leaves nothing of it', {
  timeout: 120_000,
}, async () => {
  if (!mesh.real) return;
  // In force for this database, so that the server's value does not count in its sessions.
  await mesh.sql('n2', `ALTER DATABASE orders SET spock.readonly = 'off'`);
  const run = await mesh.run(request(true));
  expect(run.state).toBe('failed');
  expect((await mesh.rollback(run)).state).toBe('rolled-back');
  expect(await mesh.one('n2', ALTERED)).toBe(0);
  await mesh.sql('n2', `ALTER DATABASE orders RESET spock.readonly`);
});
