/** Sequences that give the same numbers on two nodes make conflicts; snowflake numbers hold the node's own number. */
import { quoteLiteral, quoteRegclass } from '#core/engines/quote.ts';
import type { DeploySequence } from '#core/model/deploy.ts';
import { type DraftStep, type SqlUnit, step, unit } from '#core/plan/draft.ts';
import { type Sql, sql } from '#core/plan/sql.ts';
import type { Choices, Server } from './choices.ts';

/** A session knows the setting only when it has loaded the library: ALTER SYSTEM refuses it otherwise. */
const LOAD = sql`LOAD 'snowflake'`;

/** No default gives its plain numbers, and no identity column: an identity has no default. */
function isConverted({ schema, sequence }: DeploySequence): Sql {
  const owner = quoteRegclass(schema, sequence);
  return sql`SELECT NOT EXISTS (SELECT FROM pg_attrdef d WHERE pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%' AND EXISTS (SELECT FROM pg_depend p WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refobjid = ${owner})) AND NOT EXISTS (SELECT FROM pg_depend p JOIN pg_attribute a ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid WHERE p.classid = 'pg_class'::regclass AND p.objid = ${owner} AND p.deptype = 'i' AND a.attidentity <> '')`;
}

/**
 * On every node, when all copies are there: the extension, a number of its own, then each sequence. Earlier, a conversion on
 * the source would wait for the lock of a copy that reads the table.
 */
export function sequenceSteps(servers: readonly Server[], { sequences }: Choices): DraftStep[] {
  if (sequences.length === 0) return [];
  return servers.map(({ name, facts }, index) => {
    const number = String(index + 1);
    const before = facts.settings['snowflake.node']?.altered ?? null;
    const units: SqlUnit[] = [
      unit(sql`CREATE EXTENSION snowflake`, {
        already: sql`SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'snowflake')`,
      }),
      unit([LOAD, sql`ALTER SYSTEM SET snowflake.node = ${number}`, sql`SELECT pg_reload_conf()`], {
        already: sql`SELECT coalesce(current_setting('snowflake.node', true) = ${quoteLiteral(number)}, false)`,
        undo: [
          LOAD,
          before === null
            ? sql`ALTER SYSTEM RESET snowflake.node`
            : sql`ALTER SYSTEM SET snowflake.node = ${quoteLiteral(before)}`,
          sql`SELECT pg_reload_conf()`,
        ],
      }),
      ...sequences.map((each) =>
        unit(
          sql`SELECT snowflake.convert_sequence_to_snowflake(${quoteRegclass(each.schema, each.sequence)})`,
          { already: isConverted(each) },
        ),
      ),
    ];
    return step({
      id: `sequences:${name}`,
      title: 'Let sequences give snowflake numbers',
      node: name,
      after: [`node:${name}`, `sets:${name}`, ...servers.map((each) => `seed:${each.name}`)],
      risk: 'data',
      riskText: 'Columns that take their numbers become bigint; a rollback leaves them so.',
      undo: 'Gives the node back its former number; converted sequences stay converted.',
      action: { type: 'sql', node: name, timeoutSeconds: 300, units },
    });
  });
}
