/** Sequences that give the same numbers on two nodes make conflicts; snowflake numbers hold the node's own number. */
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import { type DraftStep, type SqlUnit, step, unit } from '#core/plan/draft.ts';
import { sql } from '#core/plan/sql.ts';
import type { Choices, Server } from './choices.ts';

/** On every node: the extension, a number of its own, then each sequence. */
export function sequenceSteps(servers: readonly Server[], { sequences }: Choices): DraftStep[] {
  if (sequences.length === 0) return [];
  return servers.map(({ name, facts }, index) => {
    const number = String(index + 1);
    const before = facts.settings['snowflake.node']?.altered ?? null;
    const units: SqlUnit[] = [
      unit(sql`CREATE EXTENSION snowflake`, {
        already: sql`SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'snowflake')`,
      }),
      unit([sql`ALTER SYSTEM SET snowflake.node = ${number}`, sql`SELECT pg_reload_conf()`], {
        already: sql`SELECT coalesce(current_setting('snowflake.node', true) = ${quoteLiteral(number)}, false)`,
        undo: [
          before === null
            ? sql`ALTER SYSTEM RESET snowflake.node`
            : sql`ALTER SYSTEM SET snowflake.node = ${quoteLiteral(before)}`,
          sql`SELECT pg_reload_conf()`,
        ],
      }),
      ...sequences.map(({ schema, sequence }) =>
        unit(
          sql`SELECT snowflake.convert_sequence_to_snowflake(${quoteLiteral(quoteQualified(schema, sequence))}::regclass)`,
          {
            already: sql`SELECT NOT EXISTS (SELECT FROM pg_attrdef d WHERE pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%' AND EXISTS (SELECT FROM pg_depend p WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refobjid = ${quoteLiteral(quoteQualified(schema, sequence))}::regclass))`,
          },
        ),
      ),
    ];
    return step({
      id: `sequences:${name}`,
      title: 'Let sequences give snowflake numbers',
      node: name,
      after: [`node:${name}`, `sets:${name}`, `seed:${name}`],
      risk: 'data',
      riskText: 'Columns that take their numbers become bigint; a rollback leaves them so.',
      undo: 'Gives the node back its former number; converted sequences stay converted.',
      action: { type: 'sql', node: name, timeoutSeconds: 300, units },
    });
  });
}
