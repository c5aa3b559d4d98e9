/** How a table's rows are compared between nodes: one number over all of them, whatever their order. */
import { quoteIdent, quoteQualified } from '#core/engines/quote.ts';
import type { ComparedTable } from './draft.ts';
import { type Sql, sql } from './sql.ts';

/** Larger tables are counted only, and the largest not even that. */
export const CHECKSUM_BYTES = 512 * 1024 * 1024;
export const COUNT_BYTES = 8 * 1024 * 1024 * 1024;

/** Settings that decide how values become text; the same on every node while rows are compared. */
export const AS_TEXT: readonly Sql[] = [
  sql`SET LOCAL TimeZone = 'UTC'`,
  sql`SET LOCAL DateStyle = 'ISO, MDY'`,
  sql`SET LOCAL IntervalStyle = 'postgres'`,
  sql`SET LOCAL extra_float_digits = 1`,
  sql`SET LOCAL bytea_output = 'hex'`,
];

/** Two columns: `rows`, and `sum`, which is the same where the same rows are, in any order. Sums of 64-bit hashes. */
export function checksumOf({ schema, table, columns }: ComparedTable): Sql {
  const row = `ROW(${columns.map(quoteIdent).join(', ')})::text`;
  return sql`SELECT count(*)::text AS rows, coalesce(sum(hashtextextended(${row}, 0)::numeric), 0)::text AS sum FROM ${quoteQualified(schema, table)}`;
}

export function countRows({ schema, table }: ComparedTable): Sql {
  return sql`SELECT count(*)::text AS rows, NULL::text AS sum FROM ${quoteQualified(schema, table)}`;
}

/** The server's own estimate, null where it never counted. */
export function estimateRows({ schema, table }: ComparedTable): Sql {
  return sql`SELECT CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples::bigint::text END AS rows, NULL::text AS sum FROM pg_class c WHERE c.oid = ${regclassText(schema, table)}::regclass`;
}

/** On disk, with its partitions. */
export function bytesOf({ schema, table }: ComparedTable): Sql {
  return sql`SELECT coalesce(sum(pg_table_size(relid)), 0)::text AS bytes FROM ${wholeOf(`${regclassText(schema, table)}::regclass`)}`;
}

/**
 * A table with its partitions, as a relation with the one column `relid`: pg_partition_tree() has no row for a table that is
 * not partitioned. `table` is an expression of type regclass; NULL has no rows.
 */
export const wholeOf = (table: string): string =>
  `(SELECT relid::oid FROM pg_partition_tree(${table}) UNION SELECT ${table}::oid WHERE ${table} IS NOT NULL) AS whole`;

const regclassText = (schema: string, table: string): string =>
  `'${quoteQualified(schema, table).replaceAll("'", "''")}'`;
