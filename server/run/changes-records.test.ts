/** Old records removed and the extension updated on running servers, and the catalogs read after. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ended } from '#server/testing/test-console.ts';
import {
  codes,
  knownOf,
  type MeshRequest,
  startWatchedMesh,
  stepOf,
  type WatchedMesh,
} from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
beforeAll(async () => {
  mesh = await startWatchedMesh(2);
});
afterAll(() => mesh?.stop());

const before = '2025-06-01T00:00:00.000Z';
const trim = (records: 'conflicts' | 'exceptions', nodes = ['n1', 'n2']): MeshRequest => ({
  kind: 'records-trim',
  nodes,
  records,
  before,
});
const EXCEPTIONS = 'SELECT count(*)::int FROM spock.exception_log';
const CONFLICTS = 'SELECT count(*)::int FROM spock.resolutions';
const exception = (at: string, counter: number, operation = 'INSERT', origin = '1') =>
  `INSERT INTO spock.exception_log (remote_origin, remote_commit_ts, command_counter, retry_errored_at, remote_xid, operation, error_message)
   VALUES (${origin}, '${at}', ${counter}, '${at}', 7, '${operation}', 'disabled; skip_lsn = 0/19D13C8')`;
const conflict = (at: string) =>
  `INSERT INTO spock.resolutions (node_name, log_time, relname) VALUES ('n1', '${at}', 'public.t')`;

test('what is older goes, the rest stays, and its numbers were said', async () => {
  for (const day of ['2025-01-01', '2025-05-31', '2025-06-02']) {
    await mesh.sql('n1', exception(day, 1));
    await mesh.sql('n1', conflict(day));
  }
  const status = (table: string, columns = '', values = '') =>
    `INSERT INTO spock.${table} (remote_origin, remote_commit_ts, retry_errored_at, remote_xid, status${columns}) VALUES (1, '2025-01-01', '2025-01-01', 7, 'x'${values})`;
  await mesh.sql('n1', status('exception_status'));
  await mesh.sql('n1', status('exception_status_detail', ', command_counter', ', 1'));
  expect(knownOf(await mesh.plan(trim('exceptions')))).toContain('2 rows of 3');
  await mesh.succeed(trim('exceptions'));
  expect(await mesh.one('n1', EXCEPTIONS)).toBe(1);
  expect(await mesh.one('n1', 'SELECT count(*)::int FROM spock.exception_status')).toBe(0);
  expect(await mesh.one('n1', CONFLICTS)).toBe(3);
  await mesh.succeed(trim('conflicts', ['n1']));
  expect(await mesh.one('n1', CONFLICTS)).toBe(1);
});

test('a removal that is cut off removes nothing on that node, and what was removed on the other is said', async () => {
  await mesh.sql('n1', exception('2025-01-01', 2));
  await mesh.sql('n2', exception('2025-01-01', 2));
  const WAITS = `FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'DELETE FROM spock.%'`;
  // The plan only reads it.
  const held = await mesh.hold('n2', 'SELECT FROM spock.exception_log FOR UPDATE');
  const { id } = await mesh.console.runner.start((await mesh.plan(trim('exceptions'))).id);
  await mesh.becomes(1, 'n2', `SELECT count(*)::int ${WAITS}`);
  await mesh.sql('n2', `SELECT pg_cancel_backend(pid) ${WAITS}`);
  const run = await ended(mesh.console, id);
  await held.release();
  expect(run.state).toBe('failed');
  expect(stepOf(run, 'trim:n2').error?.statement).toContain('DELETE FROM spock.exception_log');
  expect(await mesh.one('n2', EXCEPTIONS)).toBe(1);
  expect(await mesh.one('n1', EXCEPTIONS)).toBe(1);
  // What is gone stays gone, and the rollback says so.
  const back = await mesh.rollback(run);
  expect(back.leftToDo).toMatchObject([{ node: 'n1', code: 'stays' }]);
  expect(await mesh.one('n2', EXCEPTIONS)).toBe(1);
  await mesh.succeed(trim('exceptions'));
  expect(await mesh.one('n2', EXCEPTIONS)).toBe(0);
});

test('blocked while the record is needed to skip a transaction', async () => {
  await mesh.sql('n2', `SELECT spock.sub_disable('sub_n2n1', true)`);
  const origin = `(SELECT sub_origin FROM spock.subscription WHERE sub_name = 'sub_n2n1')`;
  await mesh.sql('n2', exception('2025-01-02', 3, 'SUB_DISABLE', origin));
  expect(codes(await mesh.plan(trim('exceptions')))).toEqual(['records-needed']);
  await mesh.sql('n2', `SELECT spock.sub_enable('sub_n2n1', true)`);
  await mesh.replicating();
  await mesh.succeed(trim('exceptions', ['n2']));
});

const VERSION = `SELECT extversion FROM pg_extension WHERE extname = 'spock'`;
const update: MeshRequest = { kind: 'extension-update', nodes: ['n2'] };

test('nothing newer is installed: the plan says so', async () => {
  expect(codes(await mesh.plan(update))).toEqual(['no-update']);
});

test('a newer one is installed: the extension is updated on that node alone', async () => {
  const now = String(await mesh.one('n2', VERSION));
  let to = now;
  if (mesh.real) {
    // 5.0.11 changed nothing in its catalogs since 5.0.10, so that the older one can be played; 6.0.0 has no script that may run twice.
    if (now !== '5.0.11') return;
    await mesh.sql('n2', `UPDATE pg_extension SET extversion = '5.0.10' WHERE extname = 'spock'`);
  } else {
    to = '6.0.1-standin';
    await installed(now, to, 'SELECT 1;');
  }
  await mesh.succeed(update);
  expect(await mesh.one('n2', VERSION)).toBe(to);
  expect(await mesh.one('n1', VERSION)).toBe(now);
  expect(codes(await mesh.plan(update))).toEqual(['no-update']);
});

test('a script that fails leaves the version that was', async () => {
  if (mesh.real) return;
  const now = String(await mesh.one('n2', VERSION));
  await installed(now, '6.0.2-standin', 'SELECT no_such_function();');
  const run = await mesh.run(update);
  expect(run.state).toBe('failed');
  expect(stepOf(run, 'update:n2').error?.message).toContain('no_such_function');
  expect(await mesh.one('n2', VERSION)).toBe(now);
});

/** A package with another version, for servers that find the stand-in by their control path. */
async function installed(from: string, to: string, script: string): Promise<void> {
  const path = String(await mesh.one('n2', 'SHOW extension_control_path')).split(':')[0] ?? '';
  const folder = join(path, 'extension');
  writeFileSync(join(folder, `spock--${from}--${to}.sql`), script);
  writeFileSync(
    join(folder, 'spock.control'),
    `default_version = '${to}'\nschema = spock\nrelocatable = false\nsuperuser = true\n`,
  );
}
