/** What this machine's file systems have free: asked of the kernel, never waited for by a poll. */
import { statfs } from 'node:fs/promises';
import type { WalRoom } from '#core/model/wal-room.ts';

const FRESH_MS = 5000;

/** What a process without privileges may still write to the file system of `folder`; null where that cannot be told. */
export async function freeBytes(folder: string): Promise<number | null> {
  const stats = await statfs(folder).catch(() => null);
  return stats === null ? null : stats.bavail * stats.bsize;
}

export class MachineDisk {
  readonly #known = new Map<string, { askedAt: number; room: WalRoom | null }>();

  /** The last answer for the file system of `folder`, and asks anew when that is older than 5 s. */
  room(folder: string): WalRoom | null {
    const known = this.#known.get(folder);
    const askedAt = Date.now();
    if (known === undefined || askedAt - known.askedAt > FRESH_MS) {
      this.#known.set(folder, { askedAt, room: known?.room ?? null });
      void freeBytes(folder).then((bytes) => {
        const at = new Date(askedAt).toISOString();
        const room: WalRoom | null =
          bytes === null ? null : { source: 'machine', freeBytes: bytes, at, heldBytes: null };
        this.#known.set(folder, { askedAt, room });
      });
    }
    return this.#known.get(folder)?.room ?? null;
  }
}
