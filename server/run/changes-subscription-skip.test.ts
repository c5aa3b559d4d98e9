/** The transaction that has disabled a subscription skipped, on running servers with Spock; the stand-in records none, and is told so. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codes, knownOf, startWatchedMesh, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
beforeAll(async () => {
  mesh = await startWatchedMesh(2);
  await mesh.table('t', 'id int PRIMARY KEY, v int');
});
afterAll(() => mesh?.stop());

const request = (lsn: string) =>
  ({ kind: 'subscription-skip', receiver: 'n2', subscription: 'sub_n2n1', lsn }) as const;
const SUB = `SELECT concat_ws(' ', sub_enabled, sub_skip_lsn) FROM spock.subscription WHERE sub_name = 'sub_n2n1'`;
const RECORDED = `SELECT substring(error_message FROM 'skip_lsn = ([0-9A-F/]+)') FROM spock.exception_log WHERE operation = 'SUB_DISABLE' ORDER BY retry_errored_at DESC LIMIT 1`;

test('nothing is skipped where no transaction has disabled it', async () => {
  expect(codes(await mesh.plan(request('0/1')))).toEqual(['enabled', 'no-transaction']);
});

test('only that transaction is lost, and it is listed before', { timeout: 240_000 }, async () => {
  if (!mesh.real) return;
  await mesh.sql('n2', `ALTER SYSTEM SET spock.exception_behaviour = 'sub_disable'`);
  await mesh.sql('n2', 'SELECT pg_reload_conf()');
  await mesh.locally('n2', 'ALTER TABLE t ADD CHECK (v < 10)');
  await mesh.sql('n1', 'BEGIN; INSERT INTO t VALUES (1, 1), (2, 100); COMMIT');
  await mesh.sql('n1', 'INSERT INTO t VALUES (3, 3)');
  await mesh.becomes(false, 'n2', `SELECT sub_enabled FROM spock.subscription WHERE sub_name = 'sub_n2n1'`);
  const lsn = String(await mesh.one('n2', RECORDED));

  expect(codes(await mesh.plan(request('0/1')))).toEqual(['other-transaction']);
  expect(knownOf(await mesh.plan(request(lsn)))).toMatch(
    /missing on n2 for good, of a transaction of n1.+: 2 INSERTs of t/,
  );

  const held = await mesh.hold('n2', `SELECT FROM spock.subscription WHERE sub_name = 'sub_n2n1' FOR UPDATE`);
  const failed = await mesh.run(request(lsn));
  await held.release();
  expect(failed.state).toBe('failed');
  expect(await mesh.one('n2', SUB)).toMatch(/^f\w* 0\/0$/);

  expect((await mesh.resume(failed)).state).toBe('succeeded');
  await mesh.becomes('3', 'n2', `SELECT string_agg(id::text, ',' ORDER BY id) FROM t`);
  await mesh.sql('n1', 'INSERT INTO t VALUES (4, 4)');
  await mesh.becomes('3,4', 'n2', `SELECT string_agg(id::text, ',' ORDER BY id) FROM t`);
});
