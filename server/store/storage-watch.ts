/**
 * Knows whether what the console writes is kept. Each write is preceded by a look at the file (is it still the one that was
 * opened, and whole), each failure is told apart, and while something is wrong it is looked at again every two seconds.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { isBroken } from '#core/model/broken-storage.ts';
import { STORAGE_OK, type Storage, type StorageState } from '#core/model/storage.ts';
import type { Log } from '#server/log.ts';
import { type Cause, causeOf, StorageError, type Trouble, troubleError } from './trouble.ts';

const LOOK_MS = 2000;
/** A write that succeeds this soon after one that failed proves nothing: a full disk has room for small ones. */
const SETTLED_MS = 3000;
const MAGIC = 'SQLite format 3\0';

export interface WatchedFiles {
  dataDir: string;
  /** `tricorder.db`, open for reading until the database is closed: closing it earlier would drop SQLite's locks. */
  fd: number;
  log: Log;
  /** Writes a little, and throws SQLite's error. */
  tryWrite: () => void;
  /** Copies the open database to a file that is not there yet. Throws SQLite's error. */
  saveTo: (file: string) => void;
}

interface Identity {
  dev: number;
  ino: number;
}

export class StorageWatch {
  readonly #files: WatchedFiles;
  readonly #db: string;
  readonly #wal: string;
  readonly #listeners = new Set<(status: Storage) => void>();
  readonly #timer: NodeJS.Timeout;
  /** Known from the first look on: SQLite makes the -wal at the first write. */
  #walIdentity: Identity | null = null;
  #largest: number;
  #error: StorageError | null = null;
  #since = 0;
  #failedAt = 0;
  #saved: string | null = null;
  /** Is the key file what it was? A finding for the message where it is not. */
  #keyGone: () => string | null = () => null;

  constructor(files: WatchedFiles) {
    this.#files = files;
    this.#db = join(files.dataDir, 'tricorder.db');
    this.#wal = `${this.#db}-wal`;
    this.#largest = fstatSync(files.fd).size;
    this.#timer = setInterval(() => this.look(), LOOK_MS);
    this.#timer.unref();
  }

  get status(): Storage {
    const error = this.#error;
    if (error === null) return STORAGE_OK;
    return {
      state: error.state,
      since: new Date(this.#since).toISOString(),
      message: error.message,
      remedy: error.remedy,
    };
  }

  /** Called with each new status. Returns what ends the listening. */
  onChange(listener: (status: Storage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** `gone`: null while the key is as it was, else what to add to the message. */
  watchKey(gone: () => string | null): void {
    this.#keyGone = gone;
  }

  /** Before a write. Throws StorageError when the file is not what it was: a write would be lost, or make it worse. */
  beforeWrite(): void {
    try {
      if (this.#error === null || !isBroken(this.#error.state)) this.#checkFile();
    } catch (error) {
      throw this.failed(error);
    }
    if (this.#error !== null && isBroken(this.#error.state)) throw this.#error;
  }

  /** After a write that is on disk. */
  wrote(): void {
    const error = this.#error;
    if (error === null || isBroken(error.state) || error.state === 'key-removed') return;
    // Whichever way a clock was set meanwhile.
    if (Math.abs(Date.now() - this.#failedAt) >= SETTLED_MS) this.#recovered();
  }

  /** What a failed statement means: a StorageError, noted; any other error as it is. */
  failed(error: unknown): unknown {
    if (error instanceof StorageError) return error;
    const cause = causeOf(error);
    if (cause === null) return error;
    const exact =
      /^SQLITE_IOERR/.test(cause.code) && cause.state === 'failing' ? this.#exactCause(cause) : cause;
    return this.#note(troubleError(this.#files.dataDir, exact, '', error));
  }

  /** The look of every two seconds. Never throws. */
  look(): void {
    try {
      if (this.#error !== null && isBroken(this.#error.state)) return;
      this.#checkFile();
      if (this.#error === null || this.#error.state === 'key-removed') this.#lookAtKey();
      else if (!isBroken(this.#error.state)) {
        this.#files.tryWrite();
        this.wrote();
      }
    } catch (error) {
      this.failed(error);
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #checkFile(): void {
    const fault = this.#faultOfFile();
    if (fault !== null) this.#note(fault);
  }

  #faultOfFile(): StorageError | null {
    const { fd, dataDir } = this.#files;
    const opened = fstatSync(fd);
    const there = statSync(this.#db, { throwIfNoEntry: false });
    if (there === undefined) return this.#lost('removed');
    if (!same(there, opened)) return this.#lost('replaced');
    const wal = statSync(this.#wal, { throwIfNoEntry: false });
    if (this.#walIdentity !== null && (wal === undefined || !same(wal, this.#walIdentity))) {
      return this.#lost(wal === undefined ? 'removed' : 'replaced');
    }
    if (wal !== undefined) this.#walIdentity ??= { dev: wal.dev, ino: wal.ino };
    // SQLite makes it smaller only in a VACUUM, which the console does not do.
    if (opened.size < this.#largest) {
      const left = `${opened.size} of ${this.#largest} bytes are left`;
      return troubleError(dataDir, { state: 'truncated', code: '' }, left);
    }
    this.#largest = opened.size;
    const head = Buffer.alloc(MAGIC.length);
    if (readSync(fd, head, 0, head.length, 0) < head.length || head.toString('latin1') === MAGIC) return null;
    return troubleError(dataDir, { state: 'damaged', code: 'its header was overwritten' });
  }

  /** What the console still holds of a file that has lost its name would end with the console: it is saved beside. */
  #lost(state: 'removed' | 'replaced'): StorageError {
    const { dataDir, saveTo } = this.#files;
    let detail = '; what it held could not be saved';
    const file = `tricorder.db.saved-${new Date().toISOString().slice(0, 19).replace(/:/g, '')}`;
    try {
      if (this.#saved === null) {
        saveTo(join(dataDir, file));
        chmodSync(join(dataDir, file), 0o600);
        this.#saved = file;
        // Beside a tricorder.db that somebody puts back these would be taken for its own.
        for (const end of ['-wal', '-shm']) rmSync(this.#db + end, { force: true });
      }
      detail = `; what it held is saved as ${this.#saved}`;
    } catch {
      // The folder may be gone as well, or full: the message says that it was not saved.
    }
    return troubleError(dataDir, { state, code: '' }, detail);
  }

  #lookAtKey(): void {
    const detail = this.#keyGone();
    if (detail === null) {
      if (this.#error?.state === 'key-removed') this.#recovered();
      return;
    }
    if (this.#error === null) {
      this.#note(troubleError(this.#files.dataDir, { state: 'key-removed', code: '' }, detail));
    }
  }

  /** SQLite says only that a write failed; the file system says why. */
  #exactCause(cause: Cause): Cause {
    const file = join(this.#files.dataDir, '.write-test');
    try {
      const fd = openSync(file, 'w', 0o600);
      try {
        writeSync(fd, Buffer.alloc(8192));
        // Takes no room, and meets the limit that a large file meets.
        const wal = existsSync(this.#wal) ? statSync(this.#wal).size : 0;
        ftruncateSync(fd, Math.max(this.#largest, wal) + 65_536);
      } finally {
        closeSync(fd);
        rmSync(file, { force: true });
      }
      return cause;
    } catch (error) {
      return causeOf(error) ?? cause;
    }
  }

  #note(error: StorageError): StorageError {
    const before = this.#error?.state ?? 'ok';
    this.#failedAt = Date.now();
    // The file's own fault is the worse one, and stays.
    if (isBroken(before)) return this.#error ?? error;
    this.#error = error;
    if (before !== error.state) this.#changed(before);
    return error;
  }

  #changed(before: StorageState): void {
    if (before === 'ok' || before === 'key-removed' || this.#since === 0) this.#since = this.#failedAt;
    this.#files.log.error(`${this.#error?.message} ${this.#error?.remedy}`);
    this.#tell();
  }

  #recovered(): void {
    const seconds = Math.max(0, Math.round((Date.now() - this.#since) / 1000));
    const was = this.#error?.state as Trouble;
    this.#error = null;
    this.#since = 0;
    this.#files.log.info(
      was === 'key-removed'
        ? `seal.key is back in the data dir ${this.#files.dataDir}.`
        : `The data dir ${this.#files.dataDir} can be written again, after ${seconds} s; the history has a gap of that length.`,
    );
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener(this.status);
  }
}

const same = (a: Identity, b: Identity): boolean => a.dev === b.dev && a.ino === b.ino;
