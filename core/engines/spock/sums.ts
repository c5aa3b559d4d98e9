/** Delta-apply: of two updates at the same time both are added up, where otherwise the later one wins. */
import type { SummedColumns } from '#core/engines/changes.ts';
import { quoteIdent, quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import { sql } from '#core/engines/sql.ts';
import { type SqlUnit, type TableName, unit } from '#core/engines/units.ts';

/** spock.delta_apply is there for these. */
const SUMMABLE = /^(smallint|integer|bigint|real|double precision|money|numeric(\(.*\))?)$/;

const SUMMED = `coalesce('log_old_value=true' = ANY (a.attoptions), false)`;

function change({ schema, table }: TableName, column: string, summed: boolean): SqlUnit {
  const relation = quoteLiteral(quoteQualified(schema, table));
  const alter = `ALTER TABLE ${quoteQualified(schema, table)} ALTER COLUMN ${quoteIdent(column)}`;
  const on = sql`${alter} SET (log_old_value=true, delta_apply_function=spock.delta_apply)`;
  const off = sql`${alter} RESET (log_old_value, delta_apply_function)`;
  const of = `FROM pg_attribute a WHERE a.attrelid = to_regclass(${relation}) AND a.attname = ${quoteLiteral(column)}`;
  return unit(summed ? on : off, {
    scope: 'local',
    object: `column ${schema}.${table}.${column}`,
    identity: sql`SELECT (SELECT concat_ws(' ', a.attrelid, (SELECT string_agg(o, ',' ORDER BY o) FROM unnest(a.attoptions) o WHERE o ~ '^(log_old_value|delta_apply_function)=')) ${of})`,
    already: sql`SELECT coalesce((SELECT ${summed ? '' : 'NOT '}${SUMMED} ${of}), false)`,
    undo: [summed ? off : on],
  });
}

export const sums: SummedColumns = {
  takes: (type) => SUMMABLE.test(type),
  isSummed: SUMMED,
  add: (of, column) => change(of, column, true),
  remove: (of, column) => change(of, column, false),
};
