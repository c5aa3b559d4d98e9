/** Rows of a dead node that one survivor has and another lacks, counted on the one that has most of it before anything is dropped. */
import type { Changes } from '#core/engines/changes.ts';
import type { TableName } from '#core/engines/units.ts';
import { parseLsn } from '#core/lag/lsn.ts';
import type { ObservedFacts, ObservedNode } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { Connection } from '#server/postgres/connection.ts';
import type { NodeRecord } from '#server/store/registry.ts';
import { question, questions, withNode } from './node-question.ts';

/** Each count reads its table whole; of more tables, or slower ones, nothing is said. */
const MOST_TABLES = 200;
const AT_ONCE = 20;

interface Survivor {
  name: string;
  facts: ObservedFacts;
  lsn: bigint;
  lastCommitAt: string | null;
}

/** Puts `lacked` into the facts of the survivor that has most. A count that fails or takes too long leaves it away. */
export async function countLacked(
  nodes: readonly NodeRecord[],
  observed: readonly ObservedNode[],
  request: PlanRequest,
  changes: Changes,
): Promise<void> {
  if (request.kind !== 'node-remove') return;
  const { node } = request;
  if (observed.find(({ name }) => name === node)?.read.ok !== false) return;
  const survivors = observed.flatMap(({ name, read }): Survivor[] => {
    const at = read.ok ? (read.facts.applied ?? []).find(({ provider }) => provider === node) : undefined;
    const lsn = parseLsn(at?.lsn);
    if (!read.ok || at === undefined || lsn === null) return [];
    return [{ name, facts: read.facts, lsn, lastCommitAt: at.lastCommitAt }];
  });
  const best = survivors.reduce<Survivor | null>(
    (most, each) => (most === null || each.lsn > most.lsn ? each : most),
    null,
  );
  const id = best?.facts.nodeIds?.[node];
  const dsn = nodes.find((each) => each.name === best?.name)?.dsn;
  if (best === null || id === undefined || dsn === undefined || best.facts.standin) return;
  const poorer = survivors.flatMap(({ name, lsn, lastCommitAt }) =>
    lsn < best.lsn && lastCommitAt !== null ? [{ name, since: lastCommitAt }] : [],
  );
  if (poorer.length === 0) return;
  await withNode(dsn, async (connection) => {
    const tables = await tablesOn(connection, changes);
    for (const { name, since } of tables === null ? [] : poorer) {
      const rows = await countOn(connection, tables ?? [], { id, since }, changes);
      if (rows !== null) best.facts.lacked = [...(best.facts.lacked ?? []), { node: name, tables: rows }];
    }
    return { ok: true, facts: best.facts };
  });
}

/** Those with rows of their own that are in a set; null: too many, or not to be read. */
async function tablesOn(connection: Connection, { cluster }: Changes): Promise<TableName[] | null> {
  const answer = await question(
    connection,
    `SELECT n.nspname::text AS schema, c.relname::text AS "table"
       FROM (${cluster.allMemberships}) m JOIN pg_class c ON c.oid = m.relid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' ORDER BY 1, 2 LIMIT ${MOST_TABLES + 1}`,
  );
  if (!answer.ok || answer.value.length > MOST_TABLES) return null;
  return answer.value.map(({ schema, table }) => ({ schema: String(schema), table: String(table) }));
}

async function countOn(
  connection: Connection,
  tables: readonly TableName[],
  of: { id: string; since: string },
  { rowOrigins }: Changes,
): Promise<(TableName & { rows: number })[] | null> {
  const found: (TableName & { rows: number })[] = [];
  for (let first = 0; first < tables.length; first += AT_ONCE) {
    const some = tables.slice(first, first + AT_ONCE);
    const answers = await questions(
      connection,
      some.map((each) => rowOrigins.countSince(each, of)),
    );
    if (!answers.ok) return null;
    for (const [index, each] of some.entries()) {
      const rows = Number(answers.value[index]?.[0]?.rows ?? 0);
      if (rows > 0) found.push({ schema: each.schema, table: each.table, rows });
    }
  }
  return found;
}
