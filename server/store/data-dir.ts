/** The data dir: made, kept to its owner, and held by one console at a time. */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import Libsql from 'libsql';
import { StartError } from '#server/start-error.ts';

/** What the console itself puts there; `lost+found` stands in the root of a file system. */
const OWN =
  /^(tricorder\.db(-wal|-shm|-journal|\.saved-.*)?|seal\.key(\.saved)?|console\.(lock(-journal)?|pid)|sandboxes|links|\.write-test|lost\+found)$/;
const SECRET = /^(tricorder\.db|seal\.key|console\.)/;

/** mkdir -p. Not Node's own `recursive`: where the parent is there and mkdir still says ENOENT, as in /proc, it tries for ever. */
export function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/**
 * Takes from other accounts what they may do in the data dir: it becomes 0700, or 0711 where root's console has sandboxes
 * below it, whose servers run under another account; its files become 0600. Returns what was done, a line each. Throws
 * StartError where that cannot be done: another owner, a file system without modes, a folder that others use as well.
 */
export function narrowDataDir(dataDir: string): string[] {
  if (process.platform === 'win32') return [];
  const done: string[] = [];
  const folder = realpathSync(dataDir);
  const wanted = process.getuid?.() === 0 && hasSandboxesBelow(folder) ? 0o711 : 0o700;
  const { mode, uid } = statSync(folder);
  if ((mode & 0o777 & ~wanted) !== 0) {
    const shared = usedByOthers(folder, mode);
    if (shared !== null) throw cannotNarrow(dataDir, mode, shared);
    narrow(dataDir, folder, (mode & wanted) | 0o700);
    done.push(
      `The data dir ${dataDir} was open to other accounts (mode ${octal(mode)}) and is ${octal(wanted)} now.`,
    );
  }
  if (process.getuid?.() === 0 && uid !== 0) {
    done.push(
      `The data dir ${dataDir} belongs to account ${uid}, which can remove and replace its files; give it to root: chown root ${dataDir}`,
    );
  }
  const files: string[] = [];
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    const stat = lstatSync(file);
    if (!SECRET.test(name) || !stat.isFile() || (stat.mode & 0o077) === 0) continue;
    narrow(dataDir, file, 0o600);
    files.push(`${name} (${octal(stat.mode)})`);
  }
  if (files.length > 0)
    done.push(
      `Files in the data dir ${dataDir} were open to other accounts and are 0600 now: ${files.join(', ')}.`,
    );
  return done;
}

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');

function narrow(dataDir: string, path: string, mode: number): void {
  const before = statSync(path).mode;
  try {
    chmodSync(path, mode);
  } catch (error) {
    throw cannotNarrow(dataDir, before, `chmod ${octal(mode)} ${path} failed: ${(error as Error).message}`);
  }
  if ((statSync(path).mode & 0o777) !== mode) {
    throw cannotNarrow(dataDir, before, 'its file system keeps no modes');
  }
}

function cannotNarrow(dataDir: string, mode: number, why: string): StartError {
  return new StartError(
    `The data dir ${dataDir} is open to other accounts (mode ${octal(mode)}), and cannot be closed to them: ${why}. Choose another --data-dir, or run chmod 700 ${dataDir} if nobody else needs it.`,
  );
}

/** Closing a folder that was made for all, or that holds what is not the console's, would take it from others. */
function usedByOthers(folder: string, mode: number): string | null {
  if ((mode & 0o1000) !== 0) return 'it is a folder for all (sticky)';
  const entries = readdirSync(folder, { withFileTypes: true });
  const known = entries.some(({ name }) => name === 'tricorder.db');
  const foreign = entries.filter(({ name }) => !OWN.test(name));
  const own = process.getuid?.();
  const others = foreign.find(({ name }) => lstatSync(join(folder, name)).uid !== own);
  if (others !== undefined) return `it holds ${others.name}, of another account`;
  const folders = foreign.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (known || folders.length === 0) return null;
  return `it holds other things (${folders.slice(0, 3).join(', ')})`;
}

function hasSandboxesBelow(folder: string): boolean {
  const manifests = join(folder, 'sandboxes');
  try {
    return readdirSync(manifests)
      .filter((name) => name.endsWith('.json'))
      .some((name) =>
        readFileSync(join(manifests, name), 'utf8').includes(
          `"folder": ${JSON.stringify(`${manifests}/`).slice(0, -1)}`,
        ),
      );
  } catch {
    return false;
  }
}

const HOLDER = 'console.pid';

/** The process that has the data dir, and where it listens once it does. */
export interface Holder {
  pid: number;
  url: string | null;
}

export function writeHolder(dataDir: string, url: string | null): void {
  writeFileSync(join(dataDir, HOLDER), `${process.pid}\n${url === null ? '' : `${url}\n`}`, { mode: 0o600 });
}

/** Null: nobody has left word there. It may have ended since: only the lock tells. */
export function readHolder(dataDir: string): Holder | null {
  try {
    const [pid, url] = readFileSync(join(dataDir, HOLDER), 'utf8').split('\n');
    const number = Number.parseInt(pid ?? '', 10);
    return Number.isInteger(number) ? { pid: number, url: url || null } : null;
  } catch {
    return null;
  }
}

export interface Lock {
  close(): void;
}

/** Null: another console has it. Throws the system's error where the file cannot be made. */
export function tryLock(dataDir: string): Lock | null {
  const lock = new Libsql(join(dataDir, 'console.lock'), { timeout: 100 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    const { code, message } = error as { code?: string; message?: string };
    if (/SQLITE_BUSY|locked/i.test(`${code} ${message}`)) return null;
    throw error;
  }
  return { close: () => void lock.close() };
}

/** Throws StartError: another console has the data dir. */
export function takeLock(dataDir: string): Lock {
  const lock = tryLock(dataDir);
  if (lock === null) {
    const holder = readHolder(dataDir);
    throw new StartError(
      `Another Tricorder${holder === null ? '' : ` (process ${holder.pid})`} uses the data dir ${dataDir}. Stop that one, or start with another --data-dir.`,
    );
  }
  writeHolder(dataDir, null);
  return lock;
}
