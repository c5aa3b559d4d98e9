/**
 * A row that is taken over from another node: how its version is read there, and the statements that write it. Its commit time goes
 * with it, so that a change that is still under way meets the row as it would have met the other.
 */
import { quoteIdent, quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import type { KeyValues, Readable } from './blocks.ts';
import { AS_TEXT } from './settings.ts';

const isKey = ({ key }: Readable, values: KeyValues): string =>
  key.columns
    .map(({ name, type }, index) => `r.${quoteIdent(name)} = ${quoteLiteral(values[index] ?? '')}::${type}`)
    .join(' AND ');

/**
 * No row: there is none with that key. `settled`: it was committed at `at` at the latest, or so long ago that the server has forgotten
 * it; `committed` (NULL then too); `values`, JSON, the texts of `columns`.
 */
export function versionOf(
  readable: Readable,
  key: KeyValues,
  columns: readonly string[],
  at: string,
): string {
  const texts = columns.map((column) => `format('%s', r.${quoteIdent(column)})`);
  const values = columns.map(
    (column, index) => `CASE WHEN r.${quoteIdent(column)} IS NULL THEN NULL ELSE ${texts[index]} END`,
  );
  return `SELECT coalesce(pg_xact_commit_timestamp(r.xmin) <= ${quoteLiteral(at)}::timestamptz, true) AS settled,
    pg_xact_commit_timestamp(r.xmin)::text AS committed, json_build_array(${values.join(', ')})::text AS values
  FROM ${quoteQualified(readable.schema, readable.table)} r WHERE ${isKey(readable, key)}`;
}

interface TakenOver {
  key: KeyValues;
  /** Of the version that is replaced, and of no other. */
  xmin: string;
  columns: readonly string[];
  /** Texts; null: NULL. */
  values: readonly (string | null)[];
  /** When the version that is taken over was committed; null: the server there has forgotten it. */
  committed: string | null;
}

/** For a transaction that the engine keeps on its node. `origin`: one that nothing else uses. */
export function takeOver(readable: Readable, of: TakenOver, origin: string): string[] {
  const sets = of.columns.map((column, index) => {
    const value = of.values[index] ?? null;
    return `${quoteIdent(column)} = ${value === null ? 'NULL' : quoteLiteral(value)}`;
  });
  const time =
    of.committed === null
      ? []
      : [
          `SELECT pg_replication_origin_session_setup(${quoteLiteral(origin)})`,
          `SELECT pg_replication_origin_xact_setup('0/1', ${quoteLiteral(of.committed)})`,
        ];
  return [
    ...AS_TEXT,
    // Triggers and foreign keys have done their part where the row was written.
    'SET LOCAL session_replication_role = replica',
    ...time,
    `UPDATE ${quoteQualified(readable.schema, readable.table)} r SET ${sets.join(', ')} WHERE ${isKey(readable, of.key)} AND r.xmin = ${quoteLiteral(of.xmin)}::xid`,
  ];
}
