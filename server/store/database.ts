/** The console's one SQLite file. Whatever fails in it comes out as a StorageError, which says what and why, or as the fault that it is. */
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Libsql from 'libsql';
import { type Log, silentLog } from '#server/log.ts';
import { StartError } from '#server/start-error.ts';
import { makeFolder, narrowDataDir, takeLock } from './data-dir.ts';
import { StorageWatch } from './storage-watch.ts';
import { causeOf, StorageError } from './trouble.ts';

export interface Written {
  changes: number;
  lastInsertRowid: number | bigint;
}

export interface Statement {
  /** A statement that writes. */
  run(...values: unknown[]): Written;
  get(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
}

/** Every statement may throw StorageError. */
export interface Database {
  readonly dataDir: string;
  readonly storage: StorageWatch;
  prepare(sql: string): Statement;
  exec(sql: string): void;
  /** All of `work` or nothing; within another transaction it is part of that. */
  transaction<T>(work: () => T): () => T;
  close(): void;
}

/** A larger file is not read through at the start. */
const CHECKED_BYTES = 256 << 20;

/**
 * Opens `tricorder.db` in `dataDir` (made with mode 0700 where it is not there, closed to others where it is open to them)
 * and takes the data dir's lock. The lock is SQLite's own on a file beside: the kernel lets go of it when the process ends,
 * however it ends, so there is no stale lock to judge. Throws StartError: in use, not writable, full, not a database, lost.
 */
export function openDatabase(dataDir: string, log: Log = silentLog): Database {
  const file = join(dataDir, 'tricorder.db');
  try {
    makeFolder(dataDir);
    for (const line of narrowDataDir(dataDir)) log.warn(line);
    const lock = takeLock(dataDir);
    let fd: number | null = null;
    let sqlite: Libsql.Database | null = null;
    try {
      refuseLost(dataDir, file);
      fd = openSync(file, 'a+', 0o600);
      sqlite = new Libsql(file, { timeout: 2000 });
      // Before the first look: then the index of the -wal stands in memory. In a file that is mapped (-shm) it ends the
      // process by SIGBUS where ext4 finds no room for a page of it.
      sqlite.exec('PRAGMA locking_mode = EXCLUSIVE');
      if (statSync(file).size > 0) checkWhole(sqlite, file);
      sqlite.exec('PRAGMA journal_mode = WAL');
      sqlite.exec('PRAGMA synchronous = NORMAL');
      sqlite.exec('PRAGMA foreign_keys = ON');
      // A statement that writes: a full or read-only disk is to be said now, not at the first poll.
      sqlite.exec(
        'CREATE TABLE IF NOT EXISTS store_version (area TEXT PRIMARY KEY, version INTEGER NOT NULL)',
      );
      sqlite.exec(
        "INSERT INTO store_version VALUES ('opened', 1) ON CONFLICT (area) DO UPDATE SET version = version + 1",
      );
      return new OpenDatabase(dataDir, sqlite, fd, log, () => lock.close());
    } catch (error) {
      // Closed, SQLite would write what stands in the -wal into a file that is damaged. The process ends at once.
      const damaged = /^(damaged|truncated)$/.test(causeOf(error)?.state ?? '');
      if (!damaged) {
        sqlite?.close();
        if (fd !== null) closeSync(fd);
      }
      lock.close();
      throw error;
    }
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(storageProblem(dataDir, error));
  }
}

class OpenDatabase implements Database {
  readonly dataDir: string;
  readonly storage: StorageWatch;
  readonly #sqlite: Libsql.Database;
  readonly #fd: number;
  readonly #closed: () => void;
  #open = true;

  constructor(dataDir: string, sqlite: Libsql.Database, fd: number, log: Log, closed: () => void) {
    this.dataDir = dataDir;
    this.#sqlite = sqlite;
    this.#fd = fd;
    this.#closed = closed;
    this.storage = new StorageWatch({
      dataDir,
      fd,
      log,
      tryWrite: () =>
        sqlite.exec(
          "INSERT INTO store_version VALUES ('tried', 1) ON CONFLICT (area) DO UPDATE SET version = 1 - version",
        ),
      saveTo: (file) => sqlite.prepare('VACUUM INTO ?').run(file),
    });
  }

  prepare(sql: string): Statement {
    const statement = this.#told(() => this.#sqlite.prepare(sql));
    return {
      run: (...values) => this.#write(() => statement.run(...values)),
      get: (...values) => this.#told(() => statement.get(...values)),
      all: (...values) => this.#told(() => statement.all(...values)),
    };
  }

  exec(sql: string): void {
    this.#write(() => this.#sqlite.exec(sql));
  }

  transaction<T>(work: () => T): () => T {
    return () => {
      if (this.#sqlite.inTransaction) return work();
      return this.#write(() => {
        this.#sqlite.exec('BEGIN IMMEDIATE');
        try {
          const result = work();
          this.#sqlite.exec('COMMIT');
          return result;
        } catch (error) {
          // SQLite itself has taken it back when the disk was full: a second time would hide why.
          if (this.#sqlite.inTransaction) this.#sqlite.exec('ROLLBACK');
          throw error;
        }
      });
    };
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.storage.close();
    try {
      if (this.storage.status.state === 'ok') leaveWhole(this.#sqlite);
    } catch {
      // Then the next start reads the -wal, as after a kill.
    }
    try {
      this.#sqlite.close();
    } finally {
      closeSync(this.#fd);
      this.#closed();
    }
  }

  #write<T>(work: () => T): T {
    const within = this.#sqlite.inTransaction;
    if (!within) this.storage.beforeWrite();
    const result = this.#told(work);
    if (!within) this.storage.wrote();
    return result;
  }

  #told<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.storage.failed(error);
    }
  }
}

/** The file alone is whole then: a copy of it is a backup. And its lock is let go, which a closed connection may keep. */
function leaveWhole(sqlite: Libsql.Database): void {
  for (const setting of ['journal_mode = DELETE', 'locking_mode = NORMAL', 'user_version']) {
    sqlite.prepare(`PRAGMA ${setting}`).get();
  }
}

/** A key beside no database, or beside an empty one, is what is left of a data dir that was in use: nothing is begun anew there. */
function refuseLost(dataDir: string, file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? null;
  if (size !== null && size > 0) return;
  const what = size === null ? 'has no tricorder.db' : 'has an empty tricorder.db';
  if (!existsSync(join(dataDir, 'seal.key'))) {
    if (!existsSync(`${file}-wal`) || statSync(`${file}-wal`).size === 0) return;
    throw new StartError(
      `The data dir ${dataDir} ${what}, but a tricorder.db-wal that belongs to one. ${RESTORE} To start over and forget all that was there, delete those two.`,
    );
  }
  throw new StartError(
    `The data dir ${dataDir} ${what}, but a seal.key: it was in use, and its database is lost. ${RESTORE} To start over and forget all that was there, move seal.key away too.`,
  );
}

const RESTORE =
  'Put tricorder.db back from a backup (or from a tricorder.db.saved-… there) and delete tricorder.db-wal and tricorder.db-shm.';

/** Throws the error that SQLite would throw when it met the damage. */
function checkWhole(sqlite: Libsql.Database, file: string): void {
  if (statSync(file).size > CHECKED_BYTES) return;
  const [found] = sqlite.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[];
  if (found?.quick_check === 'ok') return;
  throw Object.assign(new Error(found?.quick_check), { code: 'SQLITE_CORRUPT' });
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

/** Why a console cannot start on this data dir, in one line. */
export function storageProblem(dataDir: string, error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  const text = `${code ?? ''} ${message ?? String(error)}`;
  if (error instanceof StorageError) return `${error.message} ${error.remedy}`;
  const state = causeOf(error)?.state;
  if (state === 'full') {
    return `The data dir ${dataDir} is on a full disk (${code}). Free some space, or choose another --data-dir.`;
  }
  if (state === 'damaged' || state === 'truncated' || /malformed|not a database/i.test(text)) {
    return `The file ${join(dataDir, 'tricorder.db')} is damaged or no database (${code}). Put it back from a backup; to start over and forget all that was there, move it and seal.key away. Or choose another --data-dir.`;
  }
  if (/SQLITE_BUSY|SQLITE_LOCKED/.test(text)) {
    return `Another program holds ${join(dataDir, 'tricorder.db')} locked. End it, then start again.`;
  }
  if (/EACCES|EPERM|ENOENT|EROFS|READONLY|CANTOPEN|read-only|readonly|unable to open/i.test(text)) {
    return `The data dir ${dataDir} cannot be written (${code}). Give this user the right to write there, or choose another --data-dir.`;
  }
  if (/ENOTDIR|EEXIST/.test(text))
    return `The data dir ${dataDir} is not a folder. Choose another --data-dir.`;
  return `The data dir ${dataDir} cannot be used: ${text.trim()}. Choose another --data-dir.`;
}
