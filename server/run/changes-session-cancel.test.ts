/** A session that holds what a run waited for: named where the step has failed, and ended by a plan, on running servers. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codes, knownOf, startWatchedMesh, stepOf, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
beforeAll(async () => {
  mesh = await startWatchedMesh(2);
  await mesh.table('t', 'id int PRIMARY KEY');
});
afterAll(() => mesh?.stop());

const place = { kind: 'node-location', node: 'n2', location: 'Oslo' } as const;
const LOCATION = `SELECT location FROM spock.node WHERE node_name = 'n2'`;
const sessions = (pid: number) =>
  mesh.one('n1', `SELECT count(*)::int FROM pg_stat_activity WHERE pid = ${pid}`);

test('who holds a lock is named by the step that waited, ended by a plan, and the run goes on', {
  timeout: 120_000,
}, async () => {
  const held = await mesh.hold(
    'n1',
    `SET application_name = 'payroll'; SELECT FROM spock.node WHERE node_name = 'n2' FOR UPDATE`,
  );
  const failed = await mesh.run(place);
  expect(failed.state).toBe('failed');
  const { error } = stepOf(failed, 'location:n1');
  expect(error?.code).toBe('locked');
  const [blocker] = error?.blockers ?? [];
  expect(blocker?.node).toBe('n1');
  const cancel = { kind: 'session-cancel', ...(blocker as NonNullable<typeof blocker>) } as const;
  expect(await sessions(cancel.pid)).toBe(1);

  // Another session of that pid is not meant.
  expect(codes(await mesh.plan({ ...cancel, startedAt: '1.5' }))).toEqual(['no-session']);
  expect(await sessions(cancel.pid)).toBe(1);

  const plan = await mesh.plan(cancel);
  expect(knownOf(plan)).toContain('idle in transaction');
  expect(plan.steps[0]?.title).toBe(`Terminate process ${cancel.pid}`);
  await mesh.succeed(cancel);
  expect(await sessions(cancel.pid)).toBe(0);
  expect(codes(await mesh.plan(cancel))).toEqual(['no-session']);
  await held.release().catch(() => undefined);

  expect((await mesh.resume(failed)).state).toBe('succeeded');
  expect(await mesh.one('n1', LOCATION)).toBe('Oslo');
});

test('one that ends before the run is not looked for; a worker of replication is never ended', async () => {
  const held = await mesh.hold(
    'n1',
    "SET application_name = 'payroll'; LOCK TABLE t IN ACCESS EXCLUSIVE MODE",
  );
  const pid = Number(
    await mesh.one(
      'n1',
      `SELECT l.pid FROM pg_locks l WHERE l.relation = 't'::regclass AND l.mode = 'AccessExclusiveLock'`,
    ),
  );
  const cancel = { kind: 'session-cancel', node: 'n1', pid } as const;
  const plan = await mesh.plan(cancel);
  expect(codes(plan)).toEqual([]);
  await held.release();
  await expect.poll(() => sessions(pid)).toBe(0);
  await expect(mesh.console.runner.start(plan.id)).rejects.toMatchObject({ code: 'CONFLICT' });
  const worker = Number(
    await mesh.one('n1', `SELECT pid FROM pg_stat_activity WHERE backend_type = 'walsender' LIMIT 1`),
  );
  expect(codes(await mesh.plan({ ...cancel, pid: worker }))).toEqual(['not-a-client']);
});
