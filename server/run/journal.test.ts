/** A run whose journal cannot be written any more: it stops, says why, and goes on when there is room. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RunStore } from '#server/store/runs.ts';
import { openSeal } from '#server/store/seal.ts';
import { StorageError } from '#server/store/trouble.ts';
import {
  deleteDataDir,
  ended,
  newDataDir,
  openConsole,
  type TestConsole,
} from '#server/testing/test-console.ts';

let dataDir: string;
let tricorder: TestConsole;
beforeEach(() => {
  dataDir = newDataDir();
  tricorder = openConsole(dataDir);
});
afterEach(async () => {
  vi.useRealTimers();
  tricorder.db.exec('PRAGMA query_only = OFF');
  await tricorder.stop();
  await deleteDataDir(dataDir);
});

const noRoom = () => tricorder.db.exec('PRAGMA query_only = ON');
/** And long enough ago that what is written now proves it. */
async function room(): Promise<void> {
  const { db } = tricorder;
  db.exec('PRAGMA query_only = OFF');
  await vi.waitUntil(() => {
    db.storage.look();
    return db.storage.status.state === 'ok';
  }, 10_000);
}
const onDisk = (id: string) => new RunStore(tricorder.db, openSeal(tricorder.db)).run(id);

test('stops at the first thing that it cannot write down, and is resumed to its end', async () => {
  const { runner, activity } = tricorder;
  const plan = await runner.plan({ kind: 'deploy', target: 'sandbox', name: 'demo' });
  const { id } = await runner.start(plan.id);
  for await (const run of runner.events(id, AbortSignal.timeout(60_000))) {
    if (run.steps.some(({ state }) => state === 'done')) break;
  }
  noRoom();
  const failed = await ended(tricorder, id);
  expect(failed.state).toBe('failed');
  const [step] = failed.steps.filter(({ state }) => state === 'failed');
  expect(step?.error).toMatchObject({
    code: 'console',
    message: expect.stringMatching(
      /has become read-only \(SQLITE_READONLY\): history is not kept and changes are refused/,
    ),
    remedy: expect.stringMatching(/continues by itself/),
  });
  expect(failed.allowed).toMatchObject({ cancel: false, resume: true, rollback: true });
  expect(tricorder.underWay.isOn('demo')).toBe(false);
  expect(runner.list()[0]?.state).toBe('failed');
  expect(activity.page('demo', 1).items[0]?.text).toMatch(/failed$/);
  // On disk it is as a kill would have left it.
  expect(onDisk(id)?.state).toBe('running');

  // While nothing can be written neither is begun, and nothing has changed for having been tried.
  await expect(runner.resume(id)).rejects.toBeInstanceOf(StorageError);
  await expect(runner.rollback(id)).rejects.toBeInstanceOf(StorageError);
  expect(runner.get(id)).toEqual(failed);

  await room();
  // Its end was written by itself.
  expect(onDisk(id)?.state).toBe('failed');
  await runner.resume(id);
  expect((await ended(tricorder, id)).state).toBe('succeeded');
  expect(onDisk(id)?.state).toBe('succeeded');
});

test('begins nothing when its beginning cannot be written', async () => {
  const { runner, sandboxes } = tricorder;
  const plan = await runner.plan({ kind: 'deploy', target: 'sandbox', name: 'demo' });
  noRoom();
  await expect(runner.start(plan.id)).rejects.toBeInstanceOf(StorageError);
  await expect(runner.plan({ kind: 'deploy', target: 'sandbox', name: 'two' })).rejects.toBeInstanceOf(
    StorageError,
  );
  expect([tricorder.underWay.isOn('demo'), sandboxes.has('demo'), runner.list()]).toEqual([false, false, []]);
  await room();
  const { id } = await runner.start(plan.id);
  await runner.cancel(id);
});
