/** Delta-apply: of two updates at the same time both are added up, where otherwise the later one wins. */
import type { SummedColumns } from '#core/engines/changes.ts';
import { quoteIdent, quoteLiteral, quoteQualified, quoteRegclass } from '#core/engines/quote.ts';
import { sql } from '#core/engines/sql.ts';
import { unit } from '#core/engines/units.ts';

/** spock.delta_apply is there for these. */
const SUMMABLE = /^(smallint|integer|bigint|real|double precision|money|numeric(\(.*\))?)$/;

export const sums: SummedColumns = {
  takes: (type) => SUMMABLE.test(type),
  add({ schema, table }, column) {
    const qualified = quoteQualified(schema, table);
    const name = quoteIdent(column);
    return unit(
      sql`ALTER TABLE ${qualified} ALTER COLUMN ${name} SET (log_old_value=true, delta_apply_function=spock.delta_apply)`,
      {
        scope: 'local',
        object: `column ${schema}.${table}.${column}`,
        identity: sql`SELECT (SELECT concat_ws(' ', attrelid, (SELECT string_agg(o, ',' ORDER BY o) FROM unnest(attoptions) o WHERE o ~ '^(log_old_value|delta_apply_function)=')) FROM pg_attribute WHERE attrelid = to_regclass(${quoteLiteral(quoteQualified(schema, table))}) AND attname = ${quoteLiteral(column)})`,
        already: sql`SELECT coalesce((SELECT 'log_old_value=true' = ANY (attoptions) FROM pg_attribute WHERE attrelid = ${quoteRegclass(schema, table)} AND attname = ${quoteLiteral(column)}), false)`,
        undo: [
          sql`ALTER TABLE ${qualified} ALTER COLUMN ${name} RESET (log_old_value, delta_apply_function)`,
        ],
      },
    );
  },
};
