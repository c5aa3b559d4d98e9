/** Rows of whole tables as one number each, for a look of some seconds while nobody writes. */
import { quoteIdent, quoteQualified } from '#core/engines/quote.ts';
import type { ComparedTable } from './compared-table.ts';

/**
 * One row a table: `index` of it in `tables`, `rows`, and `sum`, which is the same where the same rows are, in any order. By the
 * rows' text, since columns may stand in another order on each node: it needs the settings of AS_TEXT.
 */
export const sumsOf = (tables: readonly ComparedTable[]): string =>
  tables
    .map(({ schema, table, columns }, index) => {
      const row = columns.length === 0 ? "''" : `ROW(${columns.map(quoteIdent).join(', ')})::text`;
      return `SELECT ${index} AS index, count(*)::text AS rows, coalesce(sum(hashtextextended(${row}, 0)::numeric), 0)::text AS sum FROM ${quoteQualified(schema, table)}`;
    })
    .join(' UNION ALL ');
