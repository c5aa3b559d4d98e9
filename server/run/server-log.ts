/**
 * The first true error that a server has logged since a step began: the place in its log is marked, and read from there by
 * pg_read_binary_file (PostgreSQL, functions-admin.html, "Generic File Access"). Where the role may not, it is said which
 * right is missing, and no cause is given.
 */

import { maskSecrets } from '#core/dsn/free-text.ts';
import type { Row } from '#core/engines/engine.ts';
import { type LogFormat, logEntries, trueErrors } from '#core/engines/log-lines.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { MESSAGE_BYTES, shownStart } from '#core/model/shown-text.ts';
import type { StepContext } from './step-context.ts';

const ANSWER_MS = 10_000;
const CHUNK_BYTES = 1 << 20;
/** More than this since the mark is not read: the first error is what is looked for, and it stands at the beginning. */
const MOST_BYTES = 16 << 20;

/** Where a server's log stood; `why`: it cannot be read. Plain data, so that it can be remembered. */
export interface LogMark {
  files: { format: LogFormat; name: string; size: number }[];
  /** The server's clock, ISO 8601. */
  at: string;
  prefix: string;
  why: string | null;
}

export interface FirstError {
  /** The server's words, with its DETAIL, passwords masked. Null: none was logged, or it cannot be read. */
  error: string | null;
  /** Which right or setting is missing, so that no cause can be told; null: the log was read. */
  why: string | null;
}

export interface ErrorsSince {
  /** In the order of the log. */
  errors: string[];
  why: string | null;
}

const RIGHTS = `SELECT current_setting('logging_collector') AS collector, current_setting('log_destination') AS destination,
       current_setting('log_line_prefix') AS prefix, current_setting('lc_messages') AS language,
       has_function_privilege('pg_catalog.pg_current_logfile(text)', 'EXECUTE') AS may_find,
       has_function_privilege('pg_catalog.pg_stat_file(text,boolean)', 'EXECUTE') AS may_measure,
       has_function_privilege('pg_catalog.pg_read_binary_file(text,bigint,bigint,boolean)', 'EXECUTE') AS may_read,
       to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at`;

/** Marks where the log of `node` stands now. Never throws: a node that does not answer is a mark with its `why`. */
export async function logMark(node: string, context: StepContext): Promise<LogMark> {
  const nothing = (why: string): LogMark => ({ files: [], at: '', prefix: '', why });
  const asked = await query(node, RIGHTS, context);
  if (!asked.ok) return nothing(`the log of ${node} could not be read: ${asked.why}`);
  const rights = asked.rows[0] ?? {};
  const missing = missingRight(node, rights);
  if (missing !== null) return nothing(missing);
  const formats = String(rights.destination)
    .split(',')
    .map((each) => each.trim())
    .filter((each): each is LogFormat => ['stderr', 'csvlog', 'jsonlog'].includes(each));
  const files = await filesNow(node, formats, context);
  if (!files.ok) return nothing(`the log of ${node} could not be read: ${files.why}`);
  if (files.rows.length === 0) {
    return nothing(`the server of ${node} logs to ${String(rights.destination)}, which SQL cannot read`);
  }
  return {
    files: files.rows.map(({ format, name, size }) => ({
      format: format as LogFormat,
      name: String(name),
      size: Number(size),
    })),
    at: String(rights.at),
    prefix: String(rights.prefix),
    why: null,
  };
}

function missingRight(node: string, rights: Row): string | null {
  if (rights.collector !== 'on') {
    return `the log of ${node} cannot be read by SQL: logging_collector is off, so only its host has it`;
  }
  const functions = [
    [rights.may_find, 'pg_current_logfile(text)'],
    [rights.may_measure, 'pg_stat_file(text, boolean)'],
    [rights.may_read, 'pg_read_binary_file(text, bigint, bigint, boolean)'],
  ].flatMap(([may, name]) => (may === true ? [] : [String(name)]));
  if (functions.length > 0) {
    return `the log of ${node} may not be read by the role in its DSN: it needs EXECUTE on ${functions.join(', ')}, and pg_read_server_files where the log is outside the data folder`;
  }
  if (rights.destination === 'stderr' && !/^(|C|POSIX|en.*)$/i.test(String(rights.language))) {
    return `the log of ${node} is written in another language (lc_messages = ${String(rights.language)})`;
  }
  return null;
}

type Asked = { ok: true; rows: Row[] } | { ok: false; why: string };

async function query(node: string, text: string, context: StepContext): Promise<Asked> {
  const outcome = await context.sessions.statement(context.dsn(node), text, ANSWER_MS);
  return outcome.ok
    ? { ok: true, rows: outcome.value.at(-1)?.rows ?? [] }
    : { ok: false, why: outcome.error.message };
}

function filesNow(node: string, formats: LogFormat[], context: StepContext): Promise<Asked> {
  const named = formats
    .map(
      (format) =>
        `SELECT ${quoteLiteral(format)} AS format, pg_current_logfile(${quoteLiteral(format)}) AS name`,
    )
    .join(' UNION ALL ');
  return query(
    node,
    `SELECT format, name, (pg_stat_file(name, true)).size::float8 AS size FROM (${named}) f WHERE name IS NOT NULL AND (pg_stat_file(name, true)).size IS NOT NULL`,
    context,
  );
}

/** The errors since `mark` that are causes. Never throws. `subscription`: its id, to leave out what other ones' workers met. */
export async function errorsSince(
  node: string,
  mark: LogMark,
  context: StepContext,
  subscription: string | null = null,
): Promise<ErrorsSince> {
  if (mark.why !== null) return { errors: [], why: mark.why };
  const strangers = await strangersOn(node, mark, context);
  let missing: string | null = null;
  // The formats that name each process first; only plain lines hold what pg_dump and pg_restore say.
  for (const format of ['jsonlog', 'csvlog', 'stderr'] as const) {
    const file = mark.files.find((each) => each.format === format);
    if (file === undefined) continue;
    const read = await readSince(node, file, mark.at, context);
    if (read.why !== null) missing = read.why;
    const errors = trueErrors(logEntries(read.text, format, mark.prefix), strangers, subscription);
    if (errors.length > 0) {
      return { errors: errors.map((each) => maskSecrets(shownStart(each, MESSAGE_BYTES))), why: null };
    }
  }
  return { errors: [], why: missing };
}

/** The first of them: what the step failed on. */
export async function firstError(node: string, mark: LogMark, context: StepContext): Promise<FirstError> {
  const { errors, why } = await errorsSince(node, mark, context);
  return { error: errors[0] ?? null, why };
}

/** Sessions of applications, and the console's own: their errors are none of the replication's. */
async function strangersOn(node: string, mark: LogMark, context: StepContext): Promise<ReadonlySet<number>> {
  // Plain lines that say who wrote them need no list.
  if (mark.files.every(({ format }) => format !== 'stderr') || /%-?\d*[ab]/.test(mark.prefix))
    return new Set();
  const asked = await query(
    node,
    `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name !~ '^(pg_|spock|sub_|spk_)|_(copy|snap)$'`,
    context,
  );
  return new Set(asked.ok ? asked.rows.map(({ pid }) => Number(pid)) : []);
}

async function readSince(
  node: string,
  file: LogMark['files'][number],
  at: string,
  context: StepContext,
): Promise<{ text: string; why: string | null }> {
  const current = await filesNow(node, [file.format], context);
  if (!current.ok) return { text: '', why: `the log of ${node} could not be read: ${current.why}` };
  const now = current.rows[0];
  const name = now === undefined ? file.name : String(now.name);
  if (name === file.name) {
    // The same name and less in it: it was emptied at a rotation (log_truncate_on_rotation).
    const from = now !== undefined && Number(now.size) < file.size ? 0 : file.size;
    return readFile(node, file.name, from, context);
  }
  const parts = [await readFile(node, file.name, file.size, context)];
  for (const between of await rotatedSince(node, file.name, name, at, context)) {
    parts.push(await readFile(node, between, 0, context));
  }
  parts.push(await readFile(node, name, 0, context));
  return {
    text: parts.map(({ text }) => text).join(''),
    why: parts.map(({ why }) => why).find((why) => why !== null) ?? null,
  };
}

/** Files that were begun and ended since; needs pg_ls_logdir (pg_monitor). Without it they are left out. */
async function rotatedSince(
  node: string,
  first: string,
  last: string,
  at: string,
  context: StepContext,
): Promise<string[]> {
  const slash = first.lastIndexOf('/') + 1;
  const extension = first.slice(first.lastIndexOf('.'));
  const listed = await query(
    node,
    `SELECT name FROM pg_ls_logdir() WHERE modification >= ${quoteLiteral(at)}::timestamptz - interval '1 s' AND right(name, ${extension.length}) = ${quoteLiteral(extension)} ORDER BY modification, name`,
    context,
  );
  if (!listed.ok) return [];
  return listed.rows
    .map(({ name }) => first.slice(0, slash) + String(name))
    .filter((name) => name !== first && name !== last);
}

async function readFile(
  node: string,
  name: string,
  from: number,
  context: StepContext,
): Promise<{ text: string; why: string | null }> {
  const chunks: Buffer[] = [];
  for (let at = from; at - from < MOST_BYTES; ) {
    const asked = await query(
      node,
      `SELECT encode(pg_read_binary_file(${quoteLiteral(name)}, ${at}, ${CHUNK_BYTES}, true), 'base64') AS chunk`,
      context,
    );
    if (!asked.ok) {
      return {
        text: Buffer.concat(chunks).toString('utf8'),
        why: `the log of ${node} could not be read: ${asked.why}`,
      };
    }
    const chunk = Buffer.from(String(asked.rows[0]?.chunk ?? ''), 'base64');
    chunks.push(chunk);
    at += chunk.length;
    if (chunk.length < CHUNK_BYTES) break;
  }
  return { text: Buffer.concat(chunks).toString('utf8'), why: null };
}
