/** Why a node gave no answer, as a value: the driver's and the server's errors in the words of the API. */
import type { NodeError } from '#core/model/snapshot.ts';
import { withoutPasswords } from '#server/log.ts';
import { MASK } from './dsn.ts';

export interface NodeFailure {
  code: NodeError['code'];
  /** The server's own text where it spoke, else ours; without passwords. */
  message: string;
  sqlstate: string | null;
  /** The server's DETAIL and HINT, where it gave them. */
  detail: string | null;
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
  ENOTFOUND: ['network', 'is a name that no address is known for'],
  EAI_AGAIN: ['network', 'is a name that could not be looked up now'],
  ECONNRESET: ['network', 'closed the connection'],
  EPIPE: ['network', 'closed the connection'],
  EHOSTUNREACH: ['network', 'cannot be reached from here'],
  ENETUNREACH: ['network', 'cannot be reached from here'],
};

/** `where` is `host:port`; `password` is taken out of the text should a driver have put it there. */
export function nodeFailure(thrown: unknown, where: string, password: string | null): NodeFailure {
  const error = firstError(thrown);
  const clean = (text: string) => {
    const masked = withoutPasswords(text);
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
  if (/must be a (non-empty )?string/.test(message) && /password/i.test(message)) {
    return {
      code: 'auth',
      message: `${where} asks for a password, and the DSN has none.`,
      sqlstate: null,
      detail: null,
    };
  }
  if (/SASL|authentication/i.test(message)) return { code: 'auth', message, sqlstate: null, detail: null };
  if (/terminated|closed/i.test(message)) {
    return { code: 'network', message: `${where} closed the connection.`, sqlstate: null, detail: null };
  }
  return { code: 'network', message: `${where}: ${message}`, sqlstate: null, detail: null };
}

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
    // Cancelled by the statement_timeout that every poll brings.
    case '57014':
    case '55P03':
      return 'timeout';
    // Starting up, shutting down, too many clients: the server speaks, and lets nobody in.
    case '57P01':
    case '57P02':
    case '57P03':
    case '53300':
      return 'refused';
    default:
      return sqlstate.startsWith('08') ? 'network' : 'query';
  }
}
