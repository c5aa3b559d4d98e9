/**
 * How much more WAL the disk of a node can take. No SQL function tells a server's free disk: a DBA says it, or, of a
 * sandbox, this machine's file system does.
 */
import { z } from 'zod';
import { formatBytes } from './format.ts';
import { Bytes, Instant } from './scalars.ts';

export const WalRoom = z.object({
  /** entered: said by somebody at `at`. machine: the file system of this machine, which all nodes of a sandbox share. */
  source: z.enum(['entered', 'machine']),
  /** Free for WAL on the disk of pg_wal at `at`. */
  freeBytes: Bytes,
  at: Instant,
  /** What the slot of the node that holds most held then; null: not known, so that what grew since is not either. */
  heldBytes: Bytes.nullable(),
});
export type WalRoom = z.infer<typeof WalRoom>;

/**
 * What is left of an entered size: WAL that is held beyond what was held then has used it. WAL that was let go since
 * makes it no larger than it was entered. A size without `heldBytes`, and one of the machine, stands as it is.
 */
export function roomLeft(room: WalRoom, heldNow: number | null): number {
  if (room.source === 'machine' || room.heldBytes === null || heldNow === null) return room.freeBytes;
  return room.freeBytes - Math.max(0, heldNow - room.heldBytes);
}

/** That somebody said what a disk has free; null: it is not known any more. */
export const roomText = (node: string, freeBytes: number | null): string =>
  freeBytes === null
    ? `The free disk space of ${node} is no longer known`
    : `The disk of ${node} has ${formatBytes(freeBytes)} free for WAL, as entered`;
