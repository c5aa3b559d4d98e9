/** For trials: a small file system of one's own, on which nothing but the trial stands. Needs root, and the right to mount. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** thin: ext4 on a disk that is promised and not there, as of a pool that is used up. */
export type DiskKind = 'tmpfs' | 'ext4' | 'thin';

export interface OwnDisk {
  /** Where it is mounted. */
  path: string;
  /** Writes a file until nothing more fits. */
  fill(): void;
  /** Deletes that file. */
  free(): void;
  /** As a kernel does that has found a fault in the file system; for ext4 only. */
  makeReadOnly(): void;
  /** What is under a thin one takes no more. */
  exhaust(): void;
  remove(): void;
}

const run = (command: string, ...args: string[]): void => {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
};

/** Why this machine can make no file system of its own; null: it can. */
export function cannotMount(): string | null {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'mounting needs root on Linux';
  try {
    ownDisk('tmpfs', 1).remove();
    return null;
  } catch (error) {
    return `mounting is refused: ${(error as Error).message.split('\n')[1] ?? error}`;
  }
}

/** Of `megabytes`; of a thin one so much is promised, and a fifth is there. `inodes`: how many files fit, for tmpfs. */
export function ownDisk(kind: DiskKind, megabytes: number, inodes?: number): OwnDisk {
  const folder = mkdtempSync(join(tmpdir(), 'tricorder-disk-'));
  const path = join(folder, 'mounted');
  const under = join(folder, 'under');
  const mounted: string[] = [];
  mkdirSync(path);
  mkdirSync(under);
  const tmpfs = (where: string, size: number) => {
    const files = inodes === undefined ? '' : `,nr_inodes=${inodes}`;
    run('mount', '-t', 'tmpfs', '-o', `size=${size}m${files}`, 'none', where);
    mounted.push(where);
  };
  const ballast = (where: string) => join(where, 'ballast');
  const fillUp = (where: string) => {
    const fd = openSync(ballast(where), 'w');
    // Large pieces first, then the rest that is left between them.
    for (const size of [1 << 20, 1 << 12, 1 << 9]) {
      try {
        for (;;) writeSync(fd, Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
    closeSync(fd);
  };
  if (kind === 'tmpfs') tmpfs(path, megabytes);
  else {
    if (kind === 'thin') tmpfs(under, Math.ceil(megabytes / 5));
    const image = join(under, 'image');
    closeSync(openSync(image, 'w'));
    truncateSync(image, megabytes << 20);
    run('mkfs.ext4', '-q', '-F', '-m', '0', '-E', 'lazy_itable_init=0,nodiscard', image);
    run('mount', '-o', 'loop', image, path);
    mounted.push(path);
    rmSync(join(path, 'lost+found'), { recursive: true, force: true });
  }
  return {
    path,
    fill: () => fillUp(path),
    free: () => rmSync(ballast(path), { force: true }),
    makeReadOnly: () => run('mount', '-o', 'remount,abort', path),
    exhaust: () => fillUp(under),
    remove() {
      for (const where of mounted.reverse()) run('umount', '-l', where);
      if (statSync(folder, { throwIfNoEntry: false }) !== undefined)
        rmSync(folder, { recursive: true, force: true });
    },
  };
}
