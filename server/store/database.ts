/** The console's one SQLite file, and the lock that keeps a second console off the same data dir. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Libsql from 'libsql';
import { StartError } from '#server/start-error.ts';

export type Database = Libsql.Database;

/** What a store file's `prepare` gives. */
export type Statement = ReturnType<Database['prepare']>;

/**
 * Opens `tricorder.db` in `dataDir` (made with mode 0700 where it is not there) and takes the data dir's lock.
 * The lock is SQLite's own on a file beside: the kernel lets go of it when the process ends, however it ends, so
 * there is no stale lock to judge. Throws StartError: in use, not writable, full, not a database.
 */
export function openDatabase(dataDir: string): Database {
  const file = join(dataDir, 'tricorder.db');
  try {
    makeFolder(dataDir);
    const lock = takeLock(dataDir);
    try {
      const db = new Libsql(file, { timeout: 2000 });
      db.exec('PRAGMA journal_mode = WAL');
      db.exec('PRAGMA synchronous = NORMAL');
      db.exec('PRAGMA foreign_keys = ON');
      // A statement that writes: a full or read-only disk is to be said now, not at the first poll.
      db.exec('CREATE TABLE IF NOT EXISTS store_version (area TEXT PRIMARY KEY, version INTEGER NOT NULL)');
      db.exec(
        "INSERT INTO store_version VALUES ('opened', 1) ON CONFLICT (area) DO UPDATE SET version = version + 1",
      );
      const close = db.close.bind(db);
      db.close = () => {
        close();
        lock.close();
        return db;
      };
      return db;
    } catch (error) {
      lock.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(storageProblem(dataDir, error));
  }
}

/**
 * Brings one area of the store (one store file's tables) up to date: runs the steps that were not run yet, each in a
 * transaction of its own. Steps are only ever appended. Throws StartError when a newer Tricorder has written the file.
 */
export function migrate(db: Database, area: string, steps: string[]): void {
  const row = db.prepare('SELECT version FROM store_version WHERE area = ?').get(area) as
    | { version: number }
    | undefined;
  const version = row?.version ?? 0;
  if (version > steps.length) {
    throw new StartError(
      `The data dir was written by a newer Tricorder (${area} ${version}, this one knows ${steps.length}). Start that one, or choose another --data-dir.`,
    );
  }
  const record = db.prepare(
    'INSERT INTO store_version VALUES (?, ?) ON CONFLICT (area) DO UPDATE SET version = excluded.version',
  );
  for (let next = version; next < steps.length; next++) {
    db.transaction(() => {
      db.exec(steps[next] as string);
      record.run(area, next + 1);
    })();
  }
}

/** True for errors that say that the disk is full, so that callers may drop what they wanted to write and go on. */
export function isDiskFull(error: unknown): boolean {
  return /SQLITE_FULL|ENOSPC|EDQUOT|disk is full|no space left/i.test(errorText(error));
}

/** mkdir -p. Not Node's own `recursive`: where the parent is there and mkdir still says ENOENT, as in /proc, it tries for ever. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

function takeLock(dataDir: string): Database {
  const holder = join(dataDir, 'console.pid');
  const lock = new Libsql(join(dataDir, 'console.lock'), { timeout: 100 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!/SQLITE_BUSY|locked/i.test(errorText(error))) throw error;
    throw new StartError(
      `Another Tricorder${holderText(holder)} uses the data dir ${dataDir}. Stop that one, or start with another --data-dir.`,
    );
  }
  writeFileSync(holder, `${process.pid}\n`, { mode: 0o600 });
  return lock;
}

function holderText(file: string): string {
  try {
    return ` (process ${Number.parseInt(readFileSync(file, 'utf8'), 10)})`;
  } catch {
    return '';
  }
}

function errorText(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  return `${code ?? ''} ${message ?? String(error)}`;
}

function storageProblem(dataDir: string, error: unknown): string {
  const text = errorText(error);
  if (isDiskFull(error))
    return `The data dir ${dataDir} is on a full disk. Free some space, or choose another --data-dir.`;
  if (/EACCES|EPERM|ENOENT|EROFS|READONLY|CANTOPEN|read-only|readonly|unable to open/i.test(text)) {
    return `The data dir ${dataDir} cannot be written. Give this user the right to write there, or choose another --data-dir.`;
  }
  if (/ENOTDIR|EEXIST/.test(text))
    return `The data dir ${dataDir} is not a folder. Choose another --data-dir.`;
  if (/NOTADB|CORRUPT|malformed/i.test(text)) {
    return `The file ${join(dataDir, 'tricorder.db')} is damaged or no database. Move it away, or choose another --data-dir.`;
  }
  return `The data dir ${dataDir} cannot be used: ${text.trim()}. Choose another --data-dir.`;
}
