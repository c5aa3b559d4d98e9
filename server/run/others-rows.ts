/** Asks of tables that a run has filled, one after the other and each with a time-out, whether others have written there. */
import type { Row } from '#core/engines/engine.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { wholeOf } from '#core/rows/whole.ts';
import * as ask from '#core/run/others-rows.ts';
import type { StepContext } from './step-context.ts';
import { sqlFailure } from './step-failure.ts';

const ANSWER_MS = 30_000;
/** Of one table, and of all. */
const TABLE_MS = 120_000;
const ALL_MS = 15 * 60_000;

export interface OthersRows {
  /** By the table's name as the catalog identifies it; tables in which there is nothing of others are not in it. */
  kept: Map<string, NonNullable<ask.RowsVerdict>>;
  /** Rows that the run has brought, of each table; null: not known. */
  ours: Map<string, number | null>;
  /** Statements for the transaction that empties or drops the others: they end it where somebody has written meanwhile. */
  guards: Map<string, string[]>;
}

async function rows(node: string, text: string, ms: number, context: StepContext): Promise<Row[]> {
  const outcome = await context.sessions.statement(context.dsn(node), text, ms);
  if (!outcome.ok) throw sqlFailure(node, `${text};`, outcome.error);
  return outcome.value.at(-1)?.rows ?? [];
}

async function marks(
  node: string,
  tables: string,
  context: StepContext,
): Promise<[string, string, ask.TableMark][]> {
  // The engine may have gone already, in a rollback that had to leave something.
  const { countsApplied, applied } = context.changes.rowOrigins;
  const [engine] = await rows(node, countsApplied, ANSWER_MS, context);
  const counted = engine?.counts === true ? applied : null;
  const found = await rows(node, ask.tableMarks(tables, counted), ANSWER_MS, context);
  return found.map((row) => [
    String(row.oid),
    String(row.name),
    {
      relfilenode: String(row.relfilenode),
      inserted: Number(row.inserted),
      changed: Number(row.changed),
      applied: row.applied === null ? null : Number(row.applied),
      started: String(row.started),
    },
  ]);
}

/** `tables`: a query for the oids. How they stand now, by oid. */
export async function marksOf(
  node: string,
  tables: string,
  context: StepContext,
): Promise<Record<string, ask.TableMark>> {
  return Object.fromEntries((await marks(node, tables, context)).map(([oid, , mark]) => [oid, mark]));
}

/** Where no subscription can be told from another, every origin is foreign. */
export async function foreignOrigins(node: string, context: StepContext): Promise<string[]> {
  const own = context.subscriptions
    .filter(({ receiver }) => receiver === node)
    .map((each) => each.subscription);
  const { unsubscribing, rowOrigins } = context.changes;
  const [has] = await rows(node, unsubscribing.hasSubscriptions, ANSWER_MS, context);
  const text =
    has?.there === true
      ? rowOrigins.foreign(own)
      : 'SELECT roident::text AS origin FROM pg_replication_origin';
  return (await rows(node, text, ANSWER_MS, context)).map((row) => String(row.origin));
}

/** How tables stood, by oid. */
export type Marks = Readonly<Record<string, ask.TableMark>>;

export interface CopyMarks {
  /** Of tables that were there before. */
  begun: Marks;
  /** When the server had started on which the others were made. */
  started: string | null;
  /** Null: the copy did not end. */
  ended: Marks | null;
}

export async function othersRows(
  node: string,
  tables: string,
  copy: CopyMarks,
  others: ask.Others,
  context: StepContext,
): Promise<OthersRows> {
  const kept: OthersRows['kept'] = new Map();
  const ours: OthersRows['ours'] = new Map();
  const guards: OthersRows['guards'] = new Map();
  const end = performance.now() + ALL_MS;
  for (const [oid, name, now] of await marks(node, tables, context)) {
    context.note(`checking whether others have written to ${name}`);
    const left = Math.min(TABLE_MS, end - performance.now());
    const seen = left < 2000 ? LATE : await look(node, { oid, name, now }, copy, others, left, context);
    ours.set(name, seen.ours);
    if (seen.verdict !== null) kept.set(name, seen.verdict);
    else {
      const deletes =
        copy.ended?.[oid] === undefined || now.applied === null
          ? []
          : [
              ask.refuseDeletes(
                { table: name, oid },
                begunOf(oid, now, copy),
                context.changes.rowOrigins.applied,
              ),
            ];
      guards.set(name, [ask.refuseLaterRows(name, String(seen.next), others), ...deletes]);
    }
  }
  return { kept, ours, guards };
}

const LATE: Look = {
  ours: null,
  verdict: {
    code: 'not-known',
    why: 'It could not be read in the time allowed, so it is not known whether others have written there.',
  },
  next: null,
};

interface Look {
  verdict: ask.RowsVerdict;
  ours: number | null;
  /** Every transaction from this one on came after the look. */
  next: string | null;
}

function begunOf(oid: string, now: ask.TableMark, { begun, started }: CopyMarks): ask.TableMark {
  return begun[oid] ?? ask.unmarked({ ...now, started: started ?? now.started });
}

async function look(
  node: string,
  { oid, name, now }: { oid: string; name: string; now: ask.TableMark },
  copy: CopyMarks,
  others: ask.Others,
  ms: number,
  context: StepContext,
): Promise<Look> {
  const asked = (text: string, within: number) =>
    context.sessions.statement(context.dsn(node), text, within).then((outcome) => ({
      row: outcome.ok ? outcome.value.at(-1)?.rows[0] : undefined,
      error: outcome.ok ? null : outcome.error,
    }));
  const { row, error } = await asked(ask.rowsOf(name, others), ms);
  if (error !== null) {
    const why = `It is not known whether others have written there: ${error.message}`;
    return { verdict: { code: 'not-known', why }, ours: null, next: null };
  }
  const rewritten = await asked(ask.rewrittenBy(oid), ANSWER_MS);
  const found = rewritten.row;
  const verdict = ask.othersIn(
    {
      theirs: Number(row?.theirs),
      unknown: Number(row?.unknown),
      begun: begunOf(oid, now, copy),
      ended: copy.ended?.[oid] ?? null,
      now,
      rewritten:
        found === undefined
          ? null
          : { made: String(found.made), origin: found.origin === null ? null : String(found.origin) },
    },
    others.own,
  );
  return { verdict, ours: Number(row?.ours), next: String(row?.next) };
}

/** Names of tables as oids, with their partitions; those that are not there are left out. */
export const oidsOf = (names: readonly string[]): string =>
  names.length === 0
    ? 'SELECT NULL::oid'
    : `SELECT whole.relid FROM unnest(ARRAY[${names.map(quoteLiteral).join(', ')}]) AS t(name) CROSS JOIN LATERAL ${wholeOf('to_regclass(t.name)')}`;
