/** Several tables that are to be copied again, as their receiver and its provider have them: some tens of them a round trip. */
import type { Changes } from '#core/engines/changes.ts';
import type { Row } from '#core/engines/engine.ts';
import type { TableName } from '#core/engines/units.ts';
import type { ObservedFacts, ObservedNode, ObservedRows, ObservedTable } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { decodeTable } from '#core/plan/node-answers.ts';
import { estimateQuestion, tableQuestion } from '#core/plan/node-questions.ts';
import { severalOf } from '#core/plan/resync-tables.ts';
import type { Connection, Outcome } from '#server/postgres/connection.ts';
import type { NodeRecord } from '#server/store/registry.ts';
import { question, questions, withNode } from './node-question.ts';

/** Questions of a table are long, and each is planned anew. */
const AT_ONCE = 25;

/** Puts `copied` into the facts of both nodes; where they could not be read, `unread` says why. */
export async function readCopied(
  nodes: readonly NodeRecord[],
  observed: readonly ObservedNode[],
  request: PlanRequest,
  changes: Changes,
): Promise<void> {
  if (request.kind !== 'table-resync') return;
  const several = severalOf(request);
  if (several === null) return;
  const factsOf = (name: string | null | undefined): ObservedFacts | null => {
    const read = observed.find((each) => each.name === name)?.read;
    return read?.ok === true ? read.facts : null;
  };
  const receiver = factsOf(request.receiver);
  const sub = receiver?.subscriptions.find(({ name }) => name === request.subscription);
  const from = factsOf(sub?.provider);
  if (receiver === null || sub === undefined || from === null) return;
  const on = async <T>(name: string, facts: ObservedFacts, look: (by: Connection) => Promise<Outcome<T>>) => {
    const dsn = nodes.find((each) => each.name === name)?.dsn;
    let value: T | null = null;
    if (dsn === undefined) return value;
    const outcome = await withNode(dsn, async (connection) => {
      const found = await look(connection);
      if (!found.ok) return { ok: false, error: found.error.message };
      value = found.value;
      return { ok: true, facts };
    });
    if (!outcome.ok) facts.unread = { ...facts.unread, table: outcome.error };
    return value as T | null;
  };
  const provider = sub.provider ?? '';
  const wanted =
    several === 'all' ? await on(provider, from, (by) => sentTables(by, sub.sets, changes)) : several;
  if (wanted === null) return;
  await Promise.all(
    [[provider, from] as const, [request.receiver, receiver] as const].map(async ([name, facts]) => {
      const found = await on(name, facts, (by) => tablesOn(by, wanted, changes));
      if (found !== null) facts.copied = found;
    }),
  );
}

/** Tables that one of the sets has, without partitions, which come with the table that they are of. */
async function sentTables(
  connection: Connection,
  sets: readonly string[],
  { cluster }: Changes,
): Promise<Outcome<TableName[]>> {
  const answer = await question(
    connection,
    `SELECT n.nspname::text AS schema, c.relname::text AS "table", m.memberships
       FROM (${cluster.allMemberships}) m JOIN pg_class c ON c.oid = m.relid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE NOT c.relispartition ORDER BY 1, 2`,
  );
  if (!answer.ok) return answer;
  const isSent = (row: Row) => (row.memberships as { set: string }[]).some(({ set }) => sets.includes(set));
  return {
    ok: true,
    value: answer.value
      .filter(isSent)
      .map(({ schema, table }) => ({ schema: String(schema), table: String(table) })),
  };
}

async function tablesOn(
  connection: Connection,
  wanted: readonly TableName[],
  { cluster }: Changes,
): Promise<Outcome<NonNullable<ObservedFacts['copied']>>> {
  const all: NonNullable<ObservedFacts['copied']> = [];
  for (let first = 0; first < wanted.length; first += AT_ONCE) {
    const some = wanted.slice(first, first + AT_ONCE);
    const asked = some.flatMap((each) => [tableQuestion(each, cluster), estimateQuestion(each)]);
    const answers = await questions(connection, asked);
    if (!answers.ok) return answers;
    for (const [index, { schema, table }] of some.entries()) {
      const [row] = answers.value[2 * index] ?? [];
      const rows = rowsOf(answers.value[2 * index + 1]?.[0]?.rows);
      const found: ObservedTable | null =
        row === undefined ? null : { ...decodeTable(row, cluster.decodeSyncs), rows };
      all.push({ schema, table, found });
    }
  }
  return { ok: true, value: all };
}

/** Several tables are not counted: that would take as long as the copy. */
const rowsOf = (estimate: unknown): ObservedRows | null =>
  estimate == null ? null : { rows: Number(estimate), how: 'estimated', within: null };
