/** Enter in the console's own terminal: whoever can type there may let a browser in. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { ReadStream } from 'node:tty';
import { promisify } from 'node:util';

/** What is needed of `process.stdin`. */
export type Input = Pick<ReadStream, 'isTTY' | 'on' | 'resume' | 'pause'>;

/**
 * Calls `onEnter` at each line that is typed. False: there is no terminal. A job in the background does not read: the system
 * would stop it at the first key that is typed there, and the console with it.
 */
export async function watchEnter(
  input: Input,
  onEnter: () => void,
  inForeground: () => Promise<boolean> = isInForeground,
): Promise<boolean> {
  if (input.isTTY !== true) return false;
  const follow = async () => {
    if (await inForeground()) input.resume();
    else input.pause();
  };
  // A terminal that was closed.
  input.on('error', () => undefined);
  input.on('data', () => onEnter());
  input.pause();
  // `bg` and `fg` both say so.
  process.on('SIGCONT', () => void follow());
  await follow();
  return inForeground();
}

/** Whether this process is of the group that its terminal listens to. */
async function isInForeground(): Promise<boolean> {
  try {
    if (process.platform === 'linux') {
      const stat = await readFile('/proc/self/stat', 'utf8');
      // After the name, which may hold anything: state, ppid, pgrp, session, tty_nr, tpgid.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[2] === fields[5];
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'pgid=,tpgid=', '-p', String(process.pid)]);
    const [group, foreground] = stdout.trim().split(/\s+/);
    return group !== undefined && group === foreground;
  } catch {
    return false;
  }
}
