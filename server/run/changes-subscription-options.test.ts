/** Options of subscriptions changed on running servers (Spock 6.0 and the stand-in); 5.0 is told what to do instead. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codes, startWatchedMesh, stepOf, type WatchedMesh } from '#server/testing/watched-mesh.ts';

let mesh: WatchedMesh;
/** `spock.sub_alter_options` is there. */
let can = true;
beforeAll(async () => {
  mesh = await startWatchedMesh(2);
  can = !mesh.spock?.startsWith('5.');
});
afterAll(() => mesh?.stop());

const sub = { receiver: 'n2', subscription: 'sub_n2n1' } as const;
const OPTIONS = `SELECT concat_ws(' ', extract(epoch FROM sub_apply_delay)::int, coalesce(sub_forward_origins::text, '{}'), coalesce(sub_skip_schema::text, '{}')) FROM spock.subscription WHERE sub_name = 'sub_n2n1'`;

test('5.0 has no such function: the plan says what to do instead', async () => {
  const planned = await mesh.plan({ kind: 'subscription-options', ...sub, skipSchema: ['a'] });
  expect(codes(planned)).toEqual(can ? [] : ['version']);
});

test('skipped schemas are changed, and back by the opposite', async () => {
  if (!can) return;
  await mesh.succeed({ kind: 'subscription-options', ...sub, skipSchema: ['a', "o'dd"], forwardOrigins: [] });
  expect(await mesh.one('n2', OPTIONS)).toBe(`0 {} {a,o'dd}`);
  await mesh.succeed({ kind: 'subscription-options', ...sub, skipSchema: [] });
  expect(await mesh.one('n2', OPTIONS)).toBe('0 {} {}');
});

test('one that cannot come to replicate again fails with its reason, and is rolled back', {
  timeout: 180_000,
}, async () => {
  if (!can) return;
  await mesh.servers.crash(1);
  const run = await mesh.run({ kind: 'subscription-options', ...sub, skipSchema: ['x'] });
  expect(stepOf(run, 'options:n2').state).toBe('done');
  expect(stepOf(run, 'wait:n2')).toMatchObject({ state: 'failed', error: expect.objectContaining({}) });
  expect((await mesh.rollback(run)).state).toBe('rolled-back');
  expect(await mesh.one('n2', OPTIONS)).toBe('0 {} {}');
  await mesh.servers.start(1);
  await mesh.replicating();
});

test('a delay holds back what comes', { timeout: 120_000 }, async () => {
  if (!can) return;
  const delayed = await mesh.plan({ kind: 'subscription-options', ...sub, applyDelaySeconds: 4 });
  if (!mesh.real) {
    expect(codes(delayed)).toEqual(['version']);
    return;
  }
  await mesh.table('t', 'id int PRIMARY KEY');
  await mesh.succeed({ kind: 'subscription-options', ...sub, applyDelaySeconds: 4 });
  expect(await mesh.one('n2', OPTIONS)).toBe('4 {} {}');
  const began = Date.now();
  await mesh.sql('n1', 'INSERT INTO t VALUES (1)');
  await mesh.becomes(1, 'n2', 'SELECT count(*)::int FROM t');
  expect(Date.now() - began).toBeGreaterThan(3000);
  await mesh.succeed({ kind: 'subscription-options', ...sub, applyDelaySeconds: 0 });
  expect(await mesh.one('n2', OPTIONS)).toBe('0 {} {}');
});
