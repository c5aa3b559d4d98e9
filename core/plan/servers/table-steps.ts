/** Steps that change tables of users: columns that are added up, and tables that come into sets. */
import { quoteIdent, quoteLiteral, quoteQualified, quoteRegclass } from '#core/engines/quote.ts';
import { type DraftStep, type SqlUnit, step, unit } from '#core/plan/draft.ts';
import { sql } from '#core/plan/sql.ts';
import type { Choices, Chosen, Server } from './choices.ts';

/** Statements that change tables wait for locks of applications. */
const TABLE_SECONDS = 60;
/** Tables of one transaction: a failure takes back these, and a resume goes on with them. */
const TABLES_AT_ONCE = 50;

/** On nodes that have the table; a structure that is copied brings it along. */
export function deltaStep({ name }: Server, choices: Choices): DraftStep | null {
  const units = choices.tables.flatMap((table) => {
    const there = table.on.get(name);
    if (there === undefined) return [];
    return table.deltaColumns
      .filter((column) => there.columns.some((own) => own.name === column && !own.delta))
      .map((column) => deltaUnit(table, column));
  });
  if (units.length === 0) return null;
  return step({
    id: `delta:${name}`,
    title: 'Let numeric columns be added up',
    node: name,
    after: [`node:${name}`],
    undo: 'Lets the later update win again.',
    action: { type: 'sql', node: name, timeoutSeconds: TABLE_SECONDS, units },
  });
}

function deltaUnit({ schema, table }: Chosen, column: string): SqlUnit {
  const qualified = quoteQualified(schema, table);
  const name = quoteIdent(column);
  return unit(
    sql`ALTER TABLE ${qualified} ALTER COLUMN ${name} SET (log_old_value=true, delta_apply_function=spock.delta_apply)`,
    {
      already: sql`SELECT coalesce((SELECT 'log_old_value=true' = ANY (attoptions) FROM pg_attribute WHERE attrelid = ${quoteRegclass(schema, table)} AND attname = ${quoteLiteral(column)}), false)`,
      undo: [sql`ALTER TABLE ${qualified} ALTER COLUMN ${name} RESET (log_old_value, delta_apply_function)`],
    },
  );
}

/** What an earlier try has put into its set is left out: Spock refuses to put it in a second time. */
export function setsStep(
  { name }: Server,
  { tables, structure }: Choices,
  after: string[],
): DraftStep | null {
  const own = tables.filter((table) => structure.includes(name) || table.on.has(name));
  if (own.length === 0) return null;
  const lacking = own.filter(({ on, set }) => on.get(name)?.sets.includes(set) !== true);
  const done = lacking.length === 0;
  const wanted = done ? own : lacking;
  const units: SqlUnit[] = [];
  for (let from = 0; from < wanted.length; from += TABLES_AT_ONCE) {
    units.push(setsUnit(wanted.slice(from, from + TABLES_AT_ONCE)));
  }
  return step({
    id: `sets:${name}`,
    title: 'Put tables into sets',
    node: name,
    after: [`node:${name}`, `delta:${name}`, ...after],
    undo: 'Takes them out again.',
    done,
    action: { type: 'sql', node: name, timeoutSeconds: TABLE_SECONDS, units },
  });
}

function setsUnit(tables: readonly Chosen[]): SqlUnit {
  const rows = tables
    .map(({ schema, table, set }) => `(${[schema, table, set].map(quoteLiteral).join(', ')})`)
    .join(', ');
  return unit(
    tables.map(
      ({ schema, table, set }) =>
        sql`SELECT spock.repset_add_table(${quoteLiteral(set)}, ${quoteRegclass(schema, table)})`,
    ),
    {
      transaction: true,
      already: sql`SELECT count(*) = ${tables.length} FROM spock.tables WHERE (nspname, relname, set_name) IN (${rows})`,
      undo: tables.map(
        ({ schema, table, set }) =>
          sql`SELECT spock.repset_remove_table(${quoteLiteral(set)}, ${quoteRegclass(schema, table)})`,
      ),
    },
  );
}
