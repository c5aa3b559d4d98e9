/** What a copy has brought to a receiver, so that a rollback takes back that and nothing else. */

import type { Row } from '#core/engines/engine.ts';
import { quoteQualified } from '#core/engines/quote.ts';
import { COUNT_BYTES } from '#core/plan/checksum.ts';
import type { SeedAction } from '#core/plan/draft.ts';
import { runStatement } from './sessions.ts';
import type { StepContext } from './step-context.ts';
import { sqlFailure } from './step-failure.ts';

const ANSWER_MS = 30_000;
/** Reading a whole table. */
const SCAN_MS = 15 * 60_000;

/** Identities of what stands outside system schemas and extensions. */
export type Objects = string[];

/** Schemas, tables, views, sequences, functions and types, each with the statement that drops it. */
const OBJECTS = `
WITH owned AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
  spaces AS (SELECT oid, nspname FROM pg_namespace
    WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'spock', 'spock_standin', 'snowflake') AND nspname !~ '^pg_(toast|temp)')
SELECT 1 AS rank, 'schema ' || oid AS id, format('DROP SCHEMA %I CASCADE', nspname) AS text FROM spaces
 WHERE ('pg_namespace'::regclass, oid) NOT IN (SELECT classid, objid FROM owned)
UNION ALL
SELECT 2, 'relation ' || c.oid, format('DROP %s IF EXISTS %I.%I CASCADE',
         CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
         s.nspname, c.relname)
  FROM pg_class c JOIN spaces s ON s.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM owned)
UNION ALL
SELECT 3, 'routine ' || p.oid, format('DROP %s IF EXISTS %s CASCADE', CASE p.prokind WHEN 'p' THEN 'PROCEDURE' WHEN 'a' THEN 'AGGREGATE' ELSE 'FUNCTION' END, p.oid::regprocedure)
  FROM pg_proc p JOIN spaces s ON s.oid = p.pronamespace
 WHERE ('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM owned)
UNION ALL
SELECT 4, 'type ' || t.oid, format('DROP %s IF EXISTS %I.%I CASCADE', CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, s.nspname, t.typname)
  FROM pg_type t JOIN spaces s ON s.oid = t.typnamespace
 WHERE t.typtype IN ('e', 'd', 'r') AND ('pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM owned)
ORDER BY 1, 2`;

async function list(node: string, context: StepContext): Promise<Row[]> {
  const outcome = await context.sessions.statement(context.dsn(node), OBJECTS, ANSWER_MS);
  if (!outcome.ok) throw sqlFailure(node, null, outcome.error);
  return outcome.value[0]?.rows ?? [];
}

/** What is there before a structure is copied. */
export async function copiedObjects(node: string, context: StepContext): Promise<Objects> {
  return (await list(node, context)).map((row) => String(row.id));
}

/**
 * Tables of the copy whose rows were changed since its end: a row that a later transaction has written, or fewer rows than
 * were copied. What is too large to be read counts as changed, since it cannot be told.
 */
export async function writtenSince(
  { node, tables }: SeedAction,
  xid: string,
  context: StepContext,
): Promise<string[]> {
  const written: string[] = [];
  for (const { schema, table } of tables) {
    const name = quoteQualified(schema, table);
    const text = `SELECT CASE WHEN pg_table_size(c.oid) > ${COUNT_BYTES} THEN true
        ELSE coalesce(pg_stat_get_tuples_deleted(c.oid), 0) > 0 OR EXISTS (SELECT FROM ${name} WHERE age(xmin) <= age('${Number(xid)}'::xid)) END AS written
      FROM pg_class c WHERE c.oid = '${name.replaceAll("'", "''")}'::regclass`;
    const outcome = await context.sessions.statement(context.dsn(node), text, SCAN_MS);
    // Dropped by hand in the meantime: nothing is lost any more.
    if (!outcome.ok && outcome.error.sqlstate === '42P01') continue;
    if (!outcome.ok) throw sqlFailure(node, `${text};`, outcome.error);
    if (outcome.value[0]?.rows[0]?.written === true) written.push(`${schema}.${table}`);
  }
  return written;
}

/** `before` null: only rows were copied, into tables that were there and empty. All in one transaction, or nothing. */
export async function dropCopied(
  { node, tables }: SeedAction,
  before: Objects | null,
  context: StepContext,
): Promise<void> {
  const statements =
    before === null
      ? tables.length === 0
        ? []
        : [`TRUNCATE ${tables.map(({ schema, table }) => quoteQualified(schema, table)).join(', ')}`]
      : (await list(node, context))
          .filter((row) => !before.includes(String(row.id)))
          .map((row) => String(row.text));
  if (statements.length === 0) return;
  const outcome = await context.sessions.with(context.dsn(node), async (connection) => {
    connection.onNotice = context.notice;
    // Whatever else may stand in another node's replication, this is of this node alone.
    const text = ['BEGIN', ...statements, 'COMMIT'].join(';\n');
    const dropped = await runStatement(connection, text, SCAN_MS);
    if (!dropped.ok && !connection.closed) await connection.run('ROLLBACK', ANSWER_MS);
    return dropped;
  });
  if (!outcome.ok) throw sqlFailure(node, statements.join(';\n'), outcome.error);
}
