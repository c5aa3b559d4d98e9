/** A subscription that fills its receiver: made, followed by bytes and rows until Spock says that all is there, and taken back. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '#core/engines/engine.ts';
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import { formatBytes, formatCount, formatRate, formatSeconds } from '#core/model/format.ts';
import { wholeOf } from '#core/plan/checksum.ts';
import type { SeedAction } from '#core/plan/draft.ts';
import { maskDsn } from '#server/postgres/dsn.ts';
import { copiedObjects, dropCopied, type Objects, writtenSince } from './seed-undo.ts';
import { doUnit, undoUnit } from './sql-steps.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepCancelled, StepFailure, sqlFailure } from './step-failure.ts';

const CREATE_MS = 60_000;
const ANSWER_MS = 10_000;
const LOOK_MS = 250;
const PACE_MS = 10_000;
/** A worker that fails is started again and again: this long without a good word is no hiccup. */
const DOWN_MS = 45_000;
/** Structure, data, constraints: Spock never tries again what fails there ("nonrecoverable step"). */
const NOT_RETRIED: ReadonlySet<string> = new Set(['s', 'd', 'c']);
/** The status passes through down for a moment while a worker is restarted. */
const FAILED_MS = 2000;

export const seed: Executor<'seed'> = {
  again: false,
  async run(action, context) {
    const { node, unit } = action;
    if (action.structure && context.recall('before') === undefined) {
      context.remember('before', await copiedObjects(node, context));
    }
    await clearFailed(action, context);
    const made = await doUnit(node, unit, 0, CREATE_MS, context);
    const total = await sizeOf(action, context);
    await follow(action, total, context);
    await setSequences(action, context);
    if (context.recall('copied') === undefined) {
      const [row] = await rows(
        node,
        'SELECT (pg_snapshot_xmax(pg_current_snapshot()))::xid::text AS xid',
        context,
      );
      context.remember('copied', { xid: String(row?.xid) });
    }
    context.note(`${formatCount(action.tables.length)} tables, ${formatBytes(total.bytes)}`);
    return { skipped: !made };
  },
  async undo(action, context) {
    const { node, unit } = action;
    const copied = context.recall('copied') as { xid: string } | undefined;
    if (copied !== undefined && !context.dropWritten) {
      const written = await writtenSince(action, copied.xid, context);
      if (written.length > 0) throw wouldLose(node, written);
    }
    await undoUnit(node, unit, 0, CREATE_MS, context);
    await dropCopied(action, (context.recall('before') as Objects | undefined) ?? null, context);
  },
};

function wouldLose(node: string, written: string[]): StepFailure {
  const tables =
    written.slice(0, 5).join(', ') + (written.length > 5 ? ` and ${written.length - 5} more` : '');
  return new StepFailure({
    message: `${tables} on ${node} has been written to since it was copied: taking it back would lose that.`,
    sqlstate: null,
    statement: null,
    cause: 'Applications, or replication from another node, have changed rows there.',
    remedy: `Save what you need of it, then roll back with your word that it may be dropped; or keep ${node} as it is.`,
  });
}

async function rows(node: string, text: string, context: StepContext): Promise<Row[]> {
  const outcome = await context.sessions.statement(context.dsn(node), text, ANSWER_MS);
  if (!outcome.ok) throw sqlFailure(node, `${text};`, outcome.error);
  return outcome.value.at(-1)?.rows ?? [];
}

interface Size {
  bytes: number;
  rows: number;
}

const regclasses = (tables: SeedAction['tables']): string =>
  tables.map(({ schema, table }) => quoteLiteral(quoteQualified(schema, table))).join(', ');

/** What is to come, by the provider. */
async function sizeOf({ provider, tables }: SeedAction, context: StepContext): Promise<Size> {
  if (tables.length === 0) return { bytes: 0, rows: 0 };
  const [row] = await rows(
    provider,
    `SELECT coalesce(sum(pg_table_size(whole.relid)), 0)::float8 AS bytes, coalesce(sum(greatest(c.reltuples, 0)), 0)::float8 AS rows
       FROM unnest(ARRAY[${regclasses(tables)}]) AS t(name) CROSS JOIN LATERAL ${wholeOf('to_regclass(t.name)')}
       JOIN pg_class c ON c.oid = whole.relid`,
    context,
  );
  return { bytes: Number(row?.bytes ?? 0), rows: Number(row?.rows ?? 0) };
}

/** One look: what Spock says of the subscription and its tables, and what has come so far. */
function lookAt({ subscription, tables }: SeedAction): string {
  const name = quoteLiteral(subscription);
  const come =
    tables.length === 0
      ? '0::float8'
      : `(SELECT coalesce(sum(pg_table_size(whole.relid)), 0)::float8 FROM unnest(ARRAY[${regclasses(tables)}]) AS t(name)
           CROSS JOIN LATERAL ${wholeOf('to_regclass(t.name)')})`;
  return `SELECT s.sub_enabled AS enabled, (SELECT status FROM spock.sub_show_status(${name})) AS status,
       (SELECT y.sync_status FROM spock.local_sync_status y WHERE y.sync_subid = s.sub_id AND y.sync_relname IS NULL) AS sync,
       (SELECT count(*) FROM spock.local_sync_status y WHERE y.sync_subid = s.sub_id AND y.sync_status NOT IN ('y', 'r'))::int AS pending,
       ${come} AS bytes,
       p.relid::regclass::text AS "table", p.tuples_processed::float8 AS tuples
  FROM spock.subscription s
  LEFT JOIN LATERAL (SELECT relid, tuples_processed FROM pg_stat_progress_copy WHERE command = 'COPY FROM'
                      AND datname = current_database() LIMIT 1) p ON true
 WHERE s.sub_name = ${name}`;
}

/** Bytes a second over the last seconds: what was slow at the beginning says nothing of the rest. */
class Pace {
  readonly #seen: { at: number; bytes: number }[] = [];

  /** `at` in milliseconds; 0 while a second has not been seen. */
  of(at: number, bytes: number): number {
    this.#seen.push({ at, bytes });
    while (this.#seen.length > 2 && at - (this.#seen[1]?.at ?? at) >= PACE_MS) this.#seen.shift();
    const first = this.#seen[0];
    if (first === undefined || at - first.at < 1000) return 0;
    return Math.max(0, ((bytes - first.bytes) * 1000) / (at - first.at));
  }
}

async function follow(action: SeedAction, total: Size, context: StepContext): Promise<void> {
  const { node, subscription } = action;
  const query = lookAt(action);
  const began = performance.now();
  const pace = new Pace();
  let badSince: number | null = null;
  for (;;) {
    const [row] = await rows(node, query, context);
    const at = performance.now();
    if (row === undefined) throw gone(action);
    const bytes = Math.min(Number(row.bytes), total.bytes);
    if (row.status === 'replicating' && Number(row.pending) === 0) return;
    badSince = row.status === 'down' || row.enabled === false ? (badSince ?? at) : null;
    const patience = NOT_RETRIED.has(String(row.sync)) ? FAILED_MS : DOWN_MS;
    if (row.enabled === false || (badSince !== null && at - badSince > patience)) {
      throw failed(action, String(row.status), await logged(node, context));
    }
    context.progress({ doneBytes: bytes, totalBytes: total.bytes });
    context.note(told(row, bytes, total, pace.of(at, bytes)));
    if (context.signal.aborted) throw new StepCancelled();
    const pause = at - began < 3000 ? LOOK_MS / 5 : LOOK_MS;
    await sleep(pause, undefined, { signal: context.signal }).catch(() => undefined);
  }
  function gone({ node: receiver }: SeedAction): StepFailure {
    return new StepFailure({
      message: `${receiver} has no subscription ${subscription} any more.`,
      sqlstate: null,
      statement: null,
      cause: 'Somebody dropped it while its copy was under way.',
      remedy: 'Roll back, then deploy anew.',
    });
  }
}

/** Spock's letters for how far a copy is (spock_sync.h); what is no letter of these has no words. */
const PHASES: Record<string, string> = {
  i: 'waiting for the slot',
  s: 'copying the structure',
  d: 'copying rows',
  c: 'making indexes and constraints',
  u: 'catching up with what was written meanwhile',
};

/** `copying rows: 18.4 GB of 41 GB, 1,204,113 rows of public.orders, 120 MB/s, about 9 m 46 s left`. */
function told(row: Row, bytes: number, total: Size, bytesPerSecond: number): string {
  const phase = PHASES[String(row.sync)];
  if (row.sync !== 'd') return phase ?? `${formatBytes(bytes)} of ${formatBytes(total.bytes)}`;
  const parts = [`${phase}: ${formatBytes(bytes)} of ${formatBytes(total.bytes)}`];
  if (row.table !== null) parts.push(`${formatCount(Number(row.tuples))} rows of ${row.table}`);
  if (bytesPerSecond > 0 && bytes < total.bytes) {
    const left = (total.bytes - bytes) / bytesPerSecond;
    parts.push(formatRate(bytesPerSecond), `about ${formatSeconds(Math.max(1, Math.round(left)))} left`);
  }
  return parts.join(', ');
}

function failed(
  { node, provider, subscription, structure }: SeedAction,
  status: string,
  log: string | null,
): StepFailure {
  const likely = structure
    ? 'a role or an extension that it lacks, an object that is there already, pg_dump that is not found'
    : 'rows that are there already, a table that differs, a full disk';
  return new StepFailure({
    message: `The copy from ${provider} to ${node} has failed: ${subscription} is ${status}.${log === null ? '' : `\n${log}`}`,
    sqlstate: null,
    statement: `SELECT * FROM spock.sub_show_status(${quoteLiteral(subscription)});`,
    cause: log === null ? `Only the log of ${node}'s server says at what; often ${likely}.` : null,
    remedy: `Mend it on ${node}, then resume: the subscription is dropped and made anew, since Spock does not try again. Or roll back.`,
  });
}

/** The last errors of the server's own log, where it keeps one that SQL can read (logging_collector). */
async function logged(node: string, context: StepContext): Promise<string | null> {
  const text = `SELECT pg_read_file(f, greatest(0, (pg_stat_file(f)).size - 16384), 16384, true) AS log FROM pg_current_logfile() AS f WHERE f IS NOT NULL`;
  const outcome = await context.sessions.statement(context.dsn(node), text, ANSWER_MS);
  if (!outcome.ok) return null;
  const lines = String(outcome.value[0]?.rows[0]?.log ?? '')
    .split('\n')
    .filter((line) => /\b(ERROR|FATAL|pg_restore: error|pg_dump: error)\b/i.test(line));
  return lines.length === 0 ? null : maskDsn(lines.slice(-3).join('\n'));
}

/** A subscription that an earlier try of this run has left half made can only be dropped, with what it had brought. */
async function clearFailed(action: SeedAction, context: StepContext): Promise<void> {
  if (!context.made(0)) return;
  const [row] = await rows(action.node, lookAt(action), context);
  if (row === undefined || row.status !== 'down' || !NOT_RETRIED.has(String(row.sync))) return;
  await undoUnit(action.node, action.unit, 0, CREATE_MS, context);
  await dropCopied(action, (context.recall('before') as Objects | undefined) ?? null, context);
}

async function setSequences({ node, provider, sequences }: SeedAction, context: StepContext): Promise<void> {
  if (sequences.length === 0) return;
  const names = sequences
    .map(({ schema, sequence }) => quoteLiteral(quoteQualified(schema, sequence)))
    .join(', ');
  const positions = await rows(
    provider,
    `SELECT t.name, s.last_value::text AS position FROM unnest(ARRAY[${names}]) AS t(name)
       JOIN pg_class c ON c.oid = to_regclass(t.name) JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_sequences s ON s.schemaname = n.nspname AND s.sequencename = c.relname WHERE s.last_value IS NOT NULL`,
    context,
  );
  if (positions.length === 0) return;
  const set = positions.map(
    (row) => `(${quoteLiteral(String(row.name))}, ${quoteLiteral(String(row.position))}::bigint)`,
  );
  await rows(
    node,
    `SELECT setval(to_regclass(v.name), v.position) FROM (VALUES ${set.join(', ')}) AS v(name, position) WHERE to_regclass(v.name) IS NOT NULL`,
    context,
  );
}
