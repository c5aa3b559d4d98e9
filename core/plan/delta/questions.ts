/** What each node is asked about columns that are, or are to be, added up. */
import type { Row } from '#core/engines/engine.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import type { TableName } from '#core/engines/units.ts';
import type { ObservedSummed } from '#core/model/observed.ts';

/** One row a column of the table; none: there is no such table. `summed`: an SQL expression over row `a` of pg_attribute. */
export const summedQuestion = ({ schema, table }: TableName, summed: string): string =>
  `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null, a.attgenerated <> '' AS generated, ${summed} AS summed,
      EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND a.attnum = ANY (i.indkey)
        AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END) AS key
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = ${quoteLiteral(schema)} AND c.relname = ${quoteLiteral(table)} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
   ORDER BY a.attnum`;

export const decodeSummed = (row: Row): ObservedSummed => ({
  name: String(row.name),
  type: String(row.type),
  notNull: row.not_null === true,
  generated: row.generated === true,
  key: row.key === true,
  summed: row.summed === true,
});
