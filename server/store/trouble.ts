/** What keeps the console from keeping things: errors of SQLite and of the file system, told apart and put into words. */
import type { StorageState } from '#core/model/storage.ts';

export type Trouble = Exclude<StorageState, 'ok'>;

/** A statement or a file of the data dir that could not be written, or read. The API answers 507 (full) or 503. */
export class StorageError extends Error {
  override name = 'StorageError';
  readonly state: Trouble;
  readonly remedy: string;

  constructor(state: Trouble, message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.state = state;
    this.remedy = remedy;
  }
}

/** `code` is the error's own: SQLITE_FULL, ENOSPC. */
export interface Cause {
  state: Trouble;
  code: string;
}

/** SQLite's primary codes (https://www.sqlite.org/rescode.html); an extended one begins with its primary's name. */
const BY_SQLITE: [prefix: string, state: Trouble][] = [
  ['SQLITE_FULL', 'full'],
  ['SQLITE_READONLY_DBMOVED', 'removed'],
  ['SQLITE_READONLY', 'read-only'],
  ['SQLITE_IOERR_SHORT_READ', 'truncated'],
  ['SQLITE_CORRUPT', 'damaged'],
  ['SQLITE_NOTADB', 'damaged'],
  ['SQLITE_IOERR', 'failing'],
  ['SQLITE_CANTOPEN', 'failing'],
  ['SQLITE_PERM', 'failing'],
  ['SQLITE_BUSY', 'failing'],
  ['SQLITE_LOCKED', 'failing'],
  ['SQLITE_PROTOCOL', 'failing'],
];

const BY_ERRNO: Partial<Record<string, Trouble>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  EROFS: 'read-only',
  EIO: 'failing',
  EACCES: 'failing',
  EPERM: 'failing',
  ENODEV: 'failing',
  ESTALE: 'failing',
};

/** Null: no fault of the data dir but of the console, or none at all. */
export function causeOf(error: unknown): Cause | null {
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  const state = BY_SQLITE.find(([prefix]) => code.startsWith(prefix))?.[1] ?? BY_ERRNO[code];
  return state === undefined ? null : { state, code };
}

const NOT_KEPT = 'history is not kept and changes are refused';

/** How each trouble reads; `detail` is what is known besides: the bytes left, what was saved where. */
const WORDS: Record<Trouble, (dir: string, code: string, detail: string) => [string, string]> = {
  full: (dir, code) => [
    `${fullWords(dir, code)}: ${NOT_KEPT} until there is space.`,
    'Free some space there; the console continues by itself.',
  ],
  'read-only': (dir, code) => [
    `The data dir ${dir} has become read-only (${code}): ${NOT_KEPT}.`,
    'Find the cause in the system log, and mount it for writing again; the console continues by itself.',
  ],
  failing: (dir, code) => [
    `The data dir ${dir} cannot be written (${failingWords(code)}): ${NOT_KEPT}.`,
    'Check the disk, and who can write there; the console continues by itself.',
  ],
  removed: (dir, _code, detail) => [
    `tricorder.db was removed from the data dir ${dir} while the console was running${detail}: ${NOT_KEPT}.`,
    putBack(dir, detail),
  ],
  replaced: (dir, _code, detail) => [
    `tricorder.db in the data dir ${dir} was replaced by another file while the console was running${detail}: ${NOT_KEPT}.`,
    putBack(dir, detail),
  ],
  truncated: (dir, code, detail) => [
    `tricorder.db in the data dir ${dir} was truncated while the console was running (${detail || code}): ${NOT_KEPT}.`,
    'Stop the console, restore tricorder.db from a backup, and start it again.',
  ],
  damaged: (dir, code) => [
    `tricorder.db in the data dir ${dir} is damaged (${code}): ${NOT_KEPT}.`,
    'Stop the console, restore tricorder.db from a backup, and start it again.',
  ],
  'key-removed': (dir, _code, detail) => [
    `seal.key was removed from the data dir ${dir}, or changed, while the console was running: without it no saved DSN can be read after the next start${detail}.`,
    `Put seal.key back into ${dir} before the console stops.`,
  ],
};

function fullWords(dir: string, code: string): string {
  if (code === 'EDQUOT') return `The disk quota of the data dir ${dir} is used up (${code})`;
  if (code === 'EFBIG') return `Files in the data dir ${dir} cannot grow any further (${code}, ulimit -f)`;
  return `The disk of the data dir ${dir} is full (${code})`;
}

function failingWords(code: string): string {
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code))
    return `${code}, another program holds tricorder.db locked`;
  if (code === 'EACCES' || code === 'EPERM') return `${code}, not allowed for this account`;
  return code;
}

/** A -wal that is left beside another file would be played into it. */
function putBack(dir: string, detail: string): string {
  const from = /saved as (\S+)/.exec(detail)?.[1] ?? 'a backup';
  return `Stop the console, restore tricorder.db from ${from}, delete tricorder.db-wal and tricorder.db-shm in ${dir} if they are there, and start it again.`;
}

export function troubleError(dir: string, cause: Cause, detail = '', error?: unknown): StorageError {
  const [message, remedy] = WORDS[cause.state](dir, cause.code, detail);
  return new StorageError(cause.state, message, remedy, error);
}
