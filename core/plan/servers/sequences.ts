/** Sequences that give the same numbers on two nodes make conflicts; snowflake numbers hold the node's own number. */
import { quoteLiteral, quoteRegclass } from '#core/engines/quote.ts';
import { type Sql, sql } from '#core/engines/sql.ts';
import { type SqlUnit, unit } from '#core/engines/units.ts';
import type { DeploySequence } from '#core/model/deploy.ts';
import { type ExecutableStep, step } from '#core/plan/executable.ts';
import type { Choices, Server } from './choices.ts';

/** A session knows the setting only when it has loaded the library: ALTER SYSTEM refuses it otherwise. */
const LOAD = sql`LOAD 'snowflake'`;

/**
 * No default gives its plain numbers, and no identity column: an identity has no default. Of a sequence that a column owns its
 * owner's alone counts, since no other is converted (snowflake's convert_sequence_to_snowflake).
 */
function isConverted({ schema, sequence }: DeploySequence): Sql {
  const name = quoteRegclass(schema, sequence);
  const owner = `SELECT p.refobjid, p.refobjsubid FROM pg_depend p WHERE p.classid = 'pg_class'::regclass AND p.objid = ${name} AND p.deptype IN ('a', 'i')`;
  return sql`SELECT NOT EXISTS (SELECT FROM pg_attrdef d WHERE pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%' AND EXISTS (SELECT FROM pg_depend p WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refobjid = ${name}) AND (NOT EXISTS (${owner}) OR (d.adrelid, d.adnum) IN (${owner}))) AND NOT EXISTS (SELECT FROM pg_attribute a WHERE (a.attrelid, a.attnum) IN (${owner}) AND a.attidentity <> '')`;
}

/**
 * On every node, when all copies are there: the extension, a number of its own, then each sequence. Earlier, a conversion on
 * the source would wait for the lock of a copy that reads the table.
 */
export function sequenceSteps(servers: readonly Server[], { sequences }: Choices): ExecutableStep[] {
  if (sequences.length === 0) return [];
  return servers.flatMap((server, index) => {
    const { name } = server;
    const units: SqlUnit[] = [
      unit(sql`CREATE EXTENSION snowflake`, {
        scope: 'local',
        already: sql`SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'snowflake')`,
      }),
      ...sequences.map((each) =>
        unit(
          sql`SELECT snowflake.convert_sequence_to_snowflake(${quoteRegclass(each.schema, each.sequence)})`,
          { scope: 'local', already: isConverted(each) },
        ),
      ),
    ];
    return [
      numberStep(server, String(index + 1), servers),
      step({
        id: `sequences:${name}`,
        title: 'Convert sequences to snowflake',
        node: name,
        after: [`number:${name}`],
        risk: 'data',
        riskText: 'Columns that use them become bigint, also after a rollback.',
        undo: 'Converted sequences stay converted.',
        action: { type: 'sql', node: name, timeoutSeconds: 300, units },
      }),
    ];
  });
}

/**
 * The number that a node's snowflake numbers hold. pg_reload_conf() only sends a signal: the conversion takes a number, and would
 * find none in a session that has not read the files again (guc-file.l, ProcessConfigFile). The postmaster reads them before it
 * tells its sessions, so what one session sees every later one has.
 */
function numberStep({ name, facts }: Server, number: string, servers: readonly Server[]): ExecutableStep {
  const before = facts.settings['snowflake.node']?.altered ?? null;
  const isSet = sql`SELECT coalesce(current_setting('snowflake.node', true) = ${quoteLiteral(number)}, false)`;
  return step({
    id: `number:${name}`,
    title: `Set snowflake.node of ${name} to ${number}`,
    node: name,
    after: [`node:${name}`, `sets:${name}`, ...servers.map((each) => `seed:${each.name}`)],
    undo: 'Restores the former number of the node.',
    action: {
      type: 'write-and-wait',
      node: name,
      timeoutSeconds: 30,
      unit: unit([LOAD, sql`ALTER SYSTEM SET snowflake.node = ${number}`, sql`SELECT pg_reload_conf()`], {
        scope: 'catalog',
        already: isSet,
        undo: [
          LOAD,
          before === null
            ? sql`ALTER SYSTEM RESET snowflake.node`
            : sql`ALTER SYSTEM SET snowflake.node = ${quoteLiteral(before)}`,
          sql`SELECT pg_reload_conf()`,
        ],
      }),
      awaited: [{ node: name, query: isSet, text: `snowflake.node is ${number} on ${name}` }],
    },
  });
}
