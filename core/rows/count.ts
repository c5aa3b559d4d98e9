/** Copying one table anew: what is asked while it goes on, and of its end. */
import { quoteQualified } from '#core/engines/quote.ts';

interface Table {
  schema: string;
  table: string;
  filter?: string | null;
}

/** One column, `rows`. A partitioned table with its partitions; of others their own rows alone. */
export const countWithin = ({ schema, table, filter = null }: Table): string =>
  `SELECT count(*)::float8 AS rows FROM ${quoteQualified(schema, table)}${filter === null ? '' : ` WHERE ${filter}`}`;
