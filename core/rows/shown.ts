/** The comparison of a table as one statement, for reading and for scripts; a run reads by blocks instead (blocks.ts). */
import { quoteIdent, quoteQualified } from '#core/engines/quote.ts';
import { type Sql, sql } from '#core/engines/sql.ts';
import type { ComparedTable } from './compared-table.ts';

/** Two columns: `rows`, and `sum`, which is the same where the same rows are, in any order. Sums of 64-bit hashes. */
export function sumOfAll({ schema, table, columns }: ComparedTable): Sql {
  const row = `ROW(${columns.map(quoteIdent).join(', ')})::text`;
  return sql`SELECT count(*)::text AS rows, coalesce(sum(hashtextextended(${row}, 0)::numeric), 0)::text AS sum FROM ${quoteQualified(schema, table)}`;
}
