import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it, vi } from 'vitest';
import { freeBytes, MachineDisk } from './machine-disk.ts';

it('tells what the file system of a folder has free, without making a poll wait for it', async () => {
  const disk = new MachineDisk();
  expect(disk.room(tmpdir())).toBeNull();
  const room = await vi.waitUntil(() => disk.room(tmpdir()));
  const { bavail, bsize } = statfsSync(tmpdir());
  expect(room).toMatchObject({ source: 'machine', heldBytes: null });
  // Other programs write there meanwhile.
  expect(Math.abs((room?.freeBytes ?? 0) - bavail * bsize)).toBeLessThan(1024 ** 3);
  expect(Math.abs(Date.now() - Date.parse(room?.at ?? ''))).toBeLessThan(5000);
});

it('says that it does not know of a folder that is not there', async () => {
  expect(await freeBytes('/no/such/folder')).toBeNull();
});
