/**
 * Whether a table that a run has filled holds anything that is not the run's: rows whose transaction was committed on this very
 * node (its commit origin is 0; what a copy or a link brings has its origin, pg_xact_commit_timestamp_origin, functions-info.html)
 * and that is none of the run's own. What cannot be told is said to be unknown, which is no permission to delete.
 */
import { quoteLiteral } from '#core/engines/quote.ts';

/** How a table stood: before its copy, or when that had ended. */
export interface TableMark {
  relfilenode: string;
  inserted: number;
  /** Rows updated and deleted there, whoever did it. */
  changed: number;
  /** Of them by links, as the engine counts what it applies; null: it does not count. */
  applied: number | null;
  /** When the engine began to count: another start of the server, and what was before is lost. */
  started: string;
}

const CHANGED = 'pg_stat_get_tuples_updated(c.oid) + pg_stat_get_tuples_deleted(c.oid)';

/** Of a table and its partitions: one row each, `oid`, `name` as the catalog identifies it, and what `TableMark` has. `applied`: RowOrigins, where it counts; null: nowhere. */
export const tableMarks = (tables: string, applied: string | null): string =>
  `SELECT c.oid::text AS oid, (pg_identify_object('pg_class'::regclass, c.oid, 0)).identity AS name, c.relfilenode::text AS relfilenode, pg_stat_get_tuples_inserted(c.oid)::float8 AS inserted,
       (${CHANGED})::float8 AS changed, ${applied ?? 'NULL::float8'} AS applied, pg_postmaster_start_time()::text AS started
  FROM pg_class c WHERE c.relkind = 'r' AND c.oid IN (${tables})`;

export interface Others {
  /** 32-bit ids of the run's own transactions. */
  own: readonly string[];
  /** Numbers of origins that are not the run's. */
  foreign: readonly string[];
}

const listed = (values: readonly string[], type: string): string =>
  `ARRAY[${values.map((value) => quoteLiteral(value)).join(', ')}]::${type}[]`;

/** Whose a row is, in a scope with `xmin` and the record `o` of pg_xact_commit_timestamp_origin. */
const theirs = ({ own, foreign }: Others): string =>
  `(o.roident = 0 OR o.roident = ANY (${listed(foreign, 'oid')})) AND xmin::text <> ALL (${listed(own, 'text')})`;

/** Reads the table once. `theirs`, `unknown`, `ours`: rows; `next`: every transaction from this one on came after the look. */
export const rowsOf = (table: string, others: Others): string =>
  `WITH t AS MATERIALIZED (SELECT xmin, count(*) AS n FROM ONLY ${table} GROUP BY xmin)
SELECT coalesce(sum(n) FILTER (WHERE ${theirs(others)}), 0)::float8 AS theirs,
       coalesce(sum(n) FILTER (WHERE o.roident IS NULL AND xmin::text <> ALL (${listed(others.own, 'text')})), 0)::float8 AS unknown,
       coalesce(sum(n) FILTER (WHERE NOT coalesce(${theirs(others)}, xmin::text <> ALL (${listed(others.own, 'text')}))), 0)::float8 AS ours,
       (pg_snapshot_xmin(pg_current_snapshot()))::xid::text AS next
  FROM t LEFT JOIN LATERAL pg_xact_commit_timestamp_origin(t.xmin) o ON true`;

/** To be run with the table locked: fails with TR001 where somebody has written since `next`. */
export const refuseLaterRows = (table: string, next: string, others: Others): string =>
  `DO $tricorder$ BEGIN IF EXISTS (SELECT FROM (SELECT xmin FROM ONLY ${table} WHERE age(xmin) <= age(${quoteLiteral(next)}::xid)) t LEFT JOIN LATERAL pg_xact_commit_timestamp_origin(t.xmin) o ON true WHERE o.roident IS NULL OR ${theirs(others)}) THEN
  RAISE EXCEPTION USING ERRCODE = 'TR001', MESSAGE = ${quoteLiteral(`${table} was written to while it was being undone`)}; END IF; END $tricorder$`;

/**
 * As `refuseLaterRows`, for rows that others have deleted; the workers of the run's links have ended, and with them all that they
 * had not yet told the statistics.
 */
export const refuseDeletes = (
  { table, oid }: { table: string; oid: string },
  begun: TableMark,
  applied: string,
): string =>
  `DO $tricorder$ BEGIN IF EXISTS (SELECT FROM pg_class c WHERE c.oid = ${quoteLiteral(oid)}::oid AND ${CHANGED} - ${begun.changed} > ${applied} - ${begun.applied ?? 0}) THEN
  RAISE EXCEPTION USING ERRCODE = 'TR001', MESSAGE = ${quoteLiteral(`Rows of ${table} were deleted by others while it was being undone`)}; END IF; END $tricorder$`;

/** Who has last given the table its file (TRUNCATE, VACUUM FULL, a rewrite): the origin of that commit, `origin`, and `made`. */
export const rewrittenBy = (oid: string): string =>
  `SELECT c.xmin::text AS made, o.roident::text AS origin FROM pg_class c LEFT JOIN LATERAL pg_xact_commit_timestamp_origin(c.xmin) o ON true WHERE c.oid = ${quoteLiteral(oid)}::oid`;

export interface TableLook {
  theirs: number;
  unknown: number;
  /** Before the copy. */
  begun: TableMark;
  /** Null: the copy had not ended, and nothing was there to be deleted. */
  ended: TableMark | null;
  now: TableMark;
  rewritten: { made: string; origin: string | null } | null;
}

export type RowsVerdict = { code: 'written-since' | 'not-known'; why: string } | null;

const rowsText = (count: number): string => (count === 1 ? '1 row' : `${count} rows`);

/** Null: nothing of others would be lost. */
export function othersIn(look: TableLook, own: readonly string[]): RowsVerdict {
  const { theirs: written, unknown, begun, ended, now, rewritten } = look;
  if (written > 0) {
    return {
      code: 'written-since',
      why: `${rowsText(written)} there ${written === 1 ? 'was' : 'were'} written by others.`,
    };
  }
  if (unknown > 0) {
    return {
      code: 'not-known',
      why: `The server no longer knows who wrote ${rowsText(unknown)} there.`,
    };
  }
  if (ended === null) return null;
  if (ended.relfilenode !== now.relfilenode) {
    const ours = rewritten !== null && own.includes(rewritten.made);
    const byLink = rewritten?.origin !== null && rewritten?.origin !== undefined && rewritten.origin !== '0';
    if (!ours && !byLink) {
      return { code: 'not-known', why: 'It has been truncated or rewritten since, so rows may be gone.' };
    }
    return null;
  }
  if (now.inserted < ended.inserted || now.changed < ended.changed) {
    return {
      code: 'not-known',
      why: 'The server has lost its statistics since, so it is not known whether rows were deleted.',
    };
  }
  const changed = now.changed - begun.changed;
  if (changed === 0) return null;
  if (now.applied === null || begun.applied === null || begun.started !== now.started) {
    return {
      code: 'not-known',
      why: `${rowsText(changed)} ${changed === 1 ? 'was' : 'were'} updated or deleted since, and it is not known by whom.`,
    };
  }
  // Rows that others have updated are there, and were found above.
  const deleted = changed - (now.applied - begun.applied);
  if (deleted <= 0) return null;
  return {
    code: 'written-since',
    why: `${rowsText(deleted)} ${deleted === 1 ? 'was' : 'were'} deleted there by others since.`,
  };
}

/** Of a table that the copy has made: nothing was counted before. */
export const unmarked = (now: TableMark): TableMark => ({
  ...now,
  inserted: 0,
  changed: 0,
  applied: now.applied === null ? null : 0,
});
