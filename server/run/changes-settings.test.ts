/** Settings of nodes changed on running servers, and the files of the servers read after. */
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Run } from '#core/model/plan.ts';
import { ended } from '#server/testing/test-console.ts';
import {
  codes,
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

const KEEP = 'max_slot_wal_keep_size';
const SLOTS = 'max_replication_slots';
/** What the file that ALTER SYSTEM writes has of it. */
const altered = (name: string) =>
  `SELECT (SELECT setting FROM pg_file_settings WHERE name = '${name}' AND sourcefile LIKE '%postgresql.auto.conf')`;
const inForce = (name: string) =>
  `SELECT reset_val || CASE WHEN pending_restart THEN ' pending' ELSE '' END FROM pg_settings WHERE name = '${name}'`;
const set = (name: string, value: string | null, nodes = ['n1', 'n2']): MeshRequest => ({
  kind: 'node-settings',
  nodes,
  settings: [{ name, value }],
});

async function waiting(id: string): Promise<Run> {
  for await (const run of mesh.console.runner.events(id, AbortSignal.timeout(60_000))) {
    if (run.state === 'waiting-for-operator') return run;
  }
  throw new Error(`run ${id} ended`);
}

test('a reload brings it on both nodes; a reset leaves nothing in the file', async () => {
  await mesh.succeed(set(KEEP, '10GB'));
  for (const node of mesh.names) {
    expect(await mesh.one(node, altered(KEEP))).toBe('10GB');
    expect(await mesh.one(node, inForce(KEEP))).toBe('10240');
  }
  const again = await mesh.plan(set(KEEP, '10240MB'));
  expect(again.steps.every(({ done }) => done)).toBe(true);
  await mesh.succeed(set(KEEP, null));
  for (const node of mesh.names) expect(await mesh.one(node, altered(KEEP))).toBeNull();
});

test('one server cannot write its file: the run stops there, and a rollback restores the other', async () => {
  await mesh.sql('n1', `ALTER SYSTEM SET ${KEEP} = '7GB'`);
  await mesh.sql('n1', 'SELECT pg_reload_conf()');
  await mesh.becomes('7168', 'n1', inForce(KEEP));
  const folder = String(await mesh.one('n2', 'SHOW data_directory'));
  // The file that ALTER SYSTEM writes first, and then renames (guc.c).
  const inTheWay = join(folder, 'postgresql.auto.conf.tmp');
  mkdirSync(inTheWay);
  const run = await mesh.run(set(KEEP, '9GB'));
  expect(run.state).toBe('failed');
  expect(stepOf(run, 'set:n2').error?.statement).toContain(`ALTER SYSTEM SET ${KEEP}`);
  expect(await mesh.one('n1', altered(KEEP))).toBe('9GB');
  expect(await mesh.one('n2', altered(KEEP))).toBeNull();
  expect((await mesh.rollback(run)).state).toBe('rolled-back');
  rmdirSync(inTheWay);
  expect(await mesh.one('n1', altered(KEEP))).toBe('7GB');
  await mesh.becomes('7168', 'n1', inForce(KEEP));
  expect(await mesh.one('n2', altered(KEEP))).toBeNull();
  await mesh.succeed(set(KEEP, null, ['n1']));
});

test('what takes a restart waits for it, and is said to wait; a cancelled one is taken back', {
  timeout: 120_000,
}, async () => {
  const before = await mesh.one('n1', inForce(SLOTS));
  const request = set(SLOTS, '31', ['n1']);
  const { runner } = mesh.console;
  const first = await runner.start((await mesh.plan(request)).id);
  expect(stepOf(await waiting(first.id), 'restart:n1').waitsFor).toContain('Restart PostgreSQL');
  expect(await mesh.one('n1', inForce(SLOTS))).toBe(`${String(before)} pending`);
  await runner.cancel(first.id);
  const cancelled = await ended(mesh.console, first.id);
  expect((await mesh.rollback(cancelled)).state).toBe('rolled-back');
  expect(await mesh.one('n1', altered(SLOTS))).toBeNull();
  await mesh.becomes(before, 'n1', inForce(SLOTS));

  const second = await runner.start((await mesh.plan(request)).id);
  await waiting(second.id);
  await mesh.servers.restart(1);
  const run = await ended(mesh.console, second.id);
  expect(run.steps.filter(({ error }) => error !== null)).toEqual([]);
  expect(run.state).toBe('succeeded');
  expect(await mesh.one('n1', inForce(SLOTS))).toBe('31');
  await mesh.replicating();
});

test('a setting that somebody has changed since the plan is not overwritten: a fresh plan comes back', async () => {
  const { runner } = mesh.console;
  const planned = await mesh.plan(set(KEEP, '12GB', ['n1']));
  await mesh.sql('n1', `ALTER SYSTEM SET ${KEEP} = '3GB'`);
  await expect(runner.start(planned.id)).rejects.toMatchObject({ code: 'CONFLICT' });
  expect(await mesh.one('n1', altered(KEEP))).toBe('3GB');
  await mesh.succeed(set(KEEP, null, ['n1']));
});

test('blocked: no such setting, no such value, and what would keep the server from starting', async () => {
  expect(codes(await mesh.plan(set('spock.no_such_setting', 'on')))).toEqual(['no-setting', 'no-setting']);
  expect(codes(await mesh.plan(set(KEEP, 'a lot')))).toEqual(['bad-value']);
  expect(codes(await mesh.plan(set(SLOTS, '0', ['n1'])))).toEqual(['used-up']);
  expect(codes(await mesh.plan(set('wal_level', 'replica', ['n1'])))).toEqual(['indispensable']);
  // In force for whoever connects to this database, whatever the file has.
  await mesh.sql('n2', `ALTER DATABASE orders SET wal_sender_timeout = '50s'`);
  const fixed = await mesh.plan(set('wal_sender_timeout', '70s'));
  expect(codes(fixed)).toEqual(['setting-fixed']);
  expect(fixed.problems[0]?.remedy).toContain("wal_sender_timeout = '70s'");
  await mesh.sql('n2', 'ALTER DATABASE orders RESET wal_sender_timeout');
});
