/**
 * The server's log as entries: what `log_line_prefix`, csvlog and jsonlog make of an error (elog.c, csvlog.c, jsonlog.c). Only
 * the words of lc_messages = C or English are known for plain lines; csv and json say the SQLSTATE besides.
 */

import { LEVELS, prefixForms, readHead } from './log-prefix.ts';

export interface LogEntry {
  /** ERROR, FATAL, PANIC, LOG, WARNING …; TOOL: a line of pg_dump or pg_restore, which writes past the server's logger. */
  level: string;
  message: string;
  detail: string | null;
  /** Null: the prefix does not tell. */
  pid: number | null;
  /** `client backend`, `spock apply 16384:1`, `walsender` …; null: not told. */
  backendType: string | null;
  /** Null: not told, or a process that is no session. */
  application: string | null;
}

export type LogFormat = 'stderr' | 'csvlog' | 'jsonlog';

function fromLines(text: string, prefix: string): LogEntry[] {
  const forms = prefixForms(prefix);
  const entries: LogEntry[] = [];
  /** What a line that begins with a tab goes on with. */
  let open: 'message' | 'detail' | null = null;
  for (const line of text.split('\n')) {
    const last = entries.at(-1);
    if (line.startsWith('\t')) {
      if (last !== undefined && open === 'message') last.message += `\n${line.slice(1)}`;
      if (last !== undefined && open === 'detail') last.detail += `\n${line.slice(1)}`;
      continue;
    }
    open = null;
    const tool = /^(?:pg_dump|pg_restore|pg_dumpall): (?:error: |\[[^\]]*\] )?(.*)$/.exec(line);
    if (tool !== null) {
      if (!/: (warning|hint|detail): /.test(line) && /error/.test(line)) {
        entries.push({ ...NOBODY, level: 'TOOL', message: line });
      }
      continue;
    }
    const head = forms.map((form) => readHead(line, form)).find((each) => each !== null);
    if (head === undefined) continue;
    const { level, text: said } = head;
    const who = {
      pid: head.pid === undefined ? null : Number(head.pid),
      application: head.application ?? null,
      backendType: head.backendType ?? null,
    };
    if (IS_LEVEL.test(level)) {
      entries.push({ level, message: said, detail: null, ...who });
      open = 'message';
    } else if (level === 'DETAIL' && last !== undefined && last.pid === who.pid) {
      last.detail = said;
      open = 'detail';
    }
  }
  return entries;
}

const IS_LEVEL = new RegExp(`^(?:${LEVELS})$`);
const NOBODY = { detail: null, pid: null, backendType: null, application: null };

/** Rows of RFC 4180; a quoted field may hold line ends. What is not whole at the end is left out. */
function csvRows(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at < text.length; ) {
    let field = '';
    if (text[at] === '"') {
      for (at++; ; ) {
        const quote = text.indexOf('"', at);
        if (quote < 0) return rows;
        field += text.slice(at, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        field += '"';
        at++;
      }
    } else {
      const end = /[,\n]/.exec(text.slice(at));
      if (end === null) return rows;
      field = text.slice(at, at + end.index);
      at += end.index;
    }
    row.push(field);
    if (text[at] === '\n') {
      rows.push(row);
      row = [];
    }
    at++;
  }
  return rows;
}

const fromCsv = (text: string): LogEntry[] =>
  csvRows(text).map((row) => ({
    pid: Number(row[3]),
    level: row[11] ?? '',
    message: row[13] ?? '',
    detail: row[14] || null,
    application: row[22] ?? null,
    backendType: row[23] ?? null,
  }));

function fromJson(text: string): LogEntry[] {
  return text.split('\n').flatMap((line) => {
    try {
      const of = JSON.parse(line) as Record<string, string | number | undefined>;
      const told = (key: string) => (of[key] === undefined ? null : String(of[key]));
      return [
        {
          level: told('error_severity') ?? '',
          message: told('message') ?? '',
          detail: told('detail'),
          pid: of.pid === undefined ? null : Number(of.pid),
          application: told('application_name'),
          backendType: told('backend_type'),
        },
      ];
    } catch {
      return []; // cut at the end of what was read
    }
  });
}

/** `prefix` is log_line_prefix; it is of no matter to csvlog and jsonlog. What is cut at either end is left out. */
export function logEntries(text: string, format: LogFormat, prefix: string): LogEntry[] {
  if (format === 'csvlog') return fromCsv(text);
  return format === 'jsonlog' ? fromJson(text) : fromLines(text, prefix);
}

/** What only follows from another error, and says nothing of it. */
const FOLLOWS = [
  /^current transaction is aborted/,
  /exiting with error/,
  /could not execute pg_(restore|dump)/,
  /failed during nonrecoverable step/,
  /pg_restore: error: could not execute query: ERROR: {2}current transaction is aborted/,
];
/** What the other side has said stands in its DETAIL (spock_sync.c, copy_table_data); without one it says nothing. */
const COPY_FAILED = /^table copy failed/;
/** A cause only where there is no other: somebody ended the process, or the other side went. */
const ENDED = [
  /due to administrator command/,
  /^canceling (statement|autovacuum)/,
  /^connection to client lost/,
  /^could not (send|receive) data/,
  /server closed the connection unexpectedly/,
  /^terminating (connection|background worker|walsender)/,
];
/** Sessions that Spock opens for its work: its own, of its subscriptions and of the tools that it calls. */
const AT_WORK = /^(spock|logical replication|pg_restore|pg_dump|psql:|sub_|spk_|pg_\d+_sync_)|_(copy|snap)$/;

/** Only warned of, and nothing comes of it all the same (launcher.c). */
const WARNED = /^out of (logical replication|background) worker slots/;

/** A worker's subscription, as Spock names its workers (spock_worker.c). */
const WORKER_OF = /^spock (?:apply|sync) .*:(\d+)$/;

/** Whether it is an error of the replication's own processes. `strangers`: process ids of sessions that are not. */
function isOfWork(
  { level, pid, backendType, application }: LogEntry,
  strangers: ReadonlySet<number>,
): boolean {
  if (level === 'TOOL') return true;
  if (backendType === 'autovacuum worker') return false;
  if (application !== null && application !== '') return AT_WORK.test(application);
  if (backendType !== null) return backendType !== 'client backend';
  return pid === null || !strangers.has(pid);
}

/**
 * The errors that are causes, in order, each with its DETAIL; those of somebody's ending last. `subscription`: its id; what is
 * known to be of another one's worker is left out.
 */
export function trueErrors(
  entries: readonly LogEntry[],
  strangers: ReadonlySet<number>,
  subscription: string | null = null,
): string[] {
  const ofAnother = ({ application, backendType }: LogEntry) => {
    const id = (WORKER_OF.exec(application ?? '') ?? WORKER_OF.exec(backendType ?? ''))?.[1];
    return subscription !== null && id !== undefined && id !== subscription;
  };
  const errors = entries.filter(
    (entry) =>
      (/^(ERROR|FATAL|PANIC|TOOL)$/.test(entry.level) || WARNED.test(entry.message)) &&
      isOfWork(entry, strangers) &&
      !ofAnother(entry) &&
      !FOLLOWS.some((pattern) => pattern.test(entry.message)) &&
      (!COPY_FAILED.test(entry.message) || /ERROR|FATAL/.test(entry.detail ?? '')),
  );
  const isEnding = ({ message }: LogEntry) => ENDED.some((pattern) => pattern.test(message));
  return [...errors.filter((each) => !isEnding(each)), ...errors.filter(isEnding)].map(
    ({ message, detail }) => (detail === null ? message : `${message}\n${detail}`).trim(),
  );
}
