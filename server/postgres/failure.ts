/** Why a node gave no answer, as a value: the driver's and the server's errors in the words of the API. */
import { maskSecrets } from '#core/dsn/free-text.ts';
import type { DsnError } from '#core/dsn/parse.ts';
import { MASK } from '#core/dsn/read.ts';
import { MESSAGE_BYTES, shownStart } from '#core/model/shown-text.ts';
import type { NodeError } from '#core/model/snapshot.ts';
import { WireFault } from './wire/fault.ts';

export interface NodeFailure {
  code: NodeError['code'];
  /** The server's own text where it spoke, else ours; without passwords. */
  message: string;
  sqlstate: string | null;
  /** The server's DETAIL and HINT, where it gave them. */
  detail: string | null;
  /**
   * Of an attempt to connect: its address was asked, and not one byte came back, by every way that the DSN has. So is a server
   * that is gone; one that answers garbage, or whose certificate is not taken, is there.
   */
  silent?: true;
  /** What the statement waited for when it was looked at last. */
  heldUp?: HeldUp;
}

export interface HeldUp {
  /** standby: a synchronous one that does not answer, and the statement has committed. */
  kind: 'standby' | 'lock' | 'other';
  /** In words, with who holds it and since when. */
  text: string;
  /** Sessions of the same server that hold it. */
  blockers?: { pid: number; startedAt: string }[];
}

interface ServerError {
  code?: string;
  message?: string;
  detail?: string;
  hint?: string;
  severity?: string;
  errors?: ServerError[];
}

const NETWORK: Record<string, [NodeError['code'], string]> = {
  ECONNREFUSED: ['refused', 'refused the connection'],
  ENOENT: ['refused', 'has no socket there: the server does not run, or its socket is in another folder'],
  EACCES: ['permission', 'does not let this user connect to its socket'],
  ETIMEDOUT: ['timeout', 'did not answer'],
  ENOTFOUND: ['network', 'is a name without a known address'],
  EAI_AGAIN: ['network', 'is a name that could not be resolved now'],
  ECONNRESET: ['network', 'closed the connection'],
  EPIPE: ['network', 'closed the connection'],
  EHOSTUNREACH: ['network', 'cannot be reached from here'],
  ENETUNREACH: ['network', 'cannot be reached from here'],
};

/** Of an address that was asked, and where nobody is. A name that could not be looked up, or a network of ours that is away, is not among them. */
const NOBODY: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  // Something on the way, for a server that is not behind it any more.
  'ECONNRESET',
  'EPIPE',
]);

/** Whether an attempt to connect that ended so has met nobody, given that nothing was received. */
export function metNobody(thrown: unknown): boolean {
  if (thrown instanceof WireFault) return false;
  const errors = Array.isArray((thrown as ServerError)?.errors)
    ? ((thrown as ServerError).errors ?? [])
    : [thrown as ServerError];
  return errors.every(
    (error) =>
      NOBODY.has(error?.code ?? '') || /^Connection terminated unexpectedly/.test(error?.message ?? ''),
  );
}

/** `where` is `host:port`; `password` is taken out of the text should a driver have put it there. */
export function nodeFailure(thrown: unknown, where: string, password: string | null): NodeFailure {
  if (thrown instanceof WireFault) {
    return { code: thrown.code, message: `${where} ${thrown.message}`, sqlstate: null, detail: null };
  }
  const error = firstError(thrown);
  const clean = (text: string) => {
    // A server's own text is cut and escaped already; a driver's may hold a piece of what a server sent.
    const masked = maskSecrets(shownStart(text, MESSAGE_BYTES * 6));
    return password !== null && password.length >= 4 ? masked.replaceAll(password, MASK) : masked;
  };
  const sqlstate =
    error.severity !== undefined && /^[0-9A-Z]{5}$/.test(error.code ?? '') ? (error.code as string) : null;
  if (sqlstate !== null) {
    const detail = [error.detail, error.hint].filter(Boolean).join(' ');
    return {
      code: codeOfSqlstate(sqlstate),
      message: clean(error.message ?? ''),
      sqlstate,
      detail: detail === '' ? null : clean(detail),
    };
  }
  const network = NETWORK[error.code ?? ''];
  if (network !== undefined) {
    return {
      code: network[0],
      message: `${where} ${network[1]} (${error.code}).`,
      sqlstate: null,
      detail: null,
    };
  }
  const message = clean(error.message ?? String(thrown));
  if (/SASL|authentication/i.test(message)) return { code: 'auth', message, sqlstate: null, detail: null };
  if (/terminated|closed/i.test(message)) {
    return { code: 'network', message: `${where} closed the connection.`, sqlstate: null, detail: null };
  }
  return { code: 'network', message: `${where}: ${message}`, sqlstate: null, detail: null };
}

/** A DSN that the console cannot connect by: nobody was asked. */
export const dsnFailure = (error: DsnError): NodeFailure => ({
  code: 'dsn',
  message: error.message,
  sqlstate: null,
  detail: null,
});

/** Rows that are none of those that were asked for: a fault of that one server's answer. */
export const unreadableFailure = (where: string, error: unknown): NodeFailure => ({
  code: 'protocol',
  message: `${where} gave an answer that the console cannot read (${shownStart(String((error as Error)?.message ?? error), 300)}). Check that a PostgreSQL server listens there, and what is in between.`,
  sqlstate: null,
  detail: null,
});

export function timeoutFailure(where: string, afterMs: number, what: string): NodeFailure {
  const seconds = Math.round(afterMs / 100) / 10;
  return { code: 'timeout', message: `${where} ${what} within ${seconds} s.`, sqlstate: null, detail: null };
}

/** Node tries all addresses of a name and throws them together, with an empty text of its own. */
function firstError(thrown: unknown): ServerError {
  const error = (thrown ?? {}) as ServerError;
  return Array.isArray(error.errors) && error.errors[0] !== undefined ? error.errors[0] : error;
}

function codeOfSqlstate(sqlstate: string): NodeError['code'] {
  switch (sqlstate) {
    case '28P01':
    case '28000':
      return 'auth';
    case '3D000':
      return 'no-database';
    case '42501':
      return 'permission';
    // Cancelled by the statement_timeout that every poll brings, or tired of waiting for a lock.
    case '57014':
    case '55P03':
      return 'timeout';
    // Starting up, shutting down, too many clients, out of memory: the server speaks, and lets nobody in.
    case '57P01':
    case '57P02':
    case '57P03':
    case '57P05':
    case '53000':
    case '53100':
    case '53200':
    case '53300':
    case '53400':
      return 'unavailable';
    default:
      return sqlstate.startsWith('08') ? 'network' : 'query';
  }
}
