/** How many rows of a table each node has: bounded, and without calling anything of users. */
import type { Changes } from '#core/engines/changes.ts';
import type { ObservedFacts, ObservedNode, ObservedRows } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { COUNT_UP_TO, countQuestion, estimateQuestion } from '#core/plan/node-questions.ts';
import { sentOf } from '#core/plan/sent.ts';
import type { Connection } from '#server/postgres/connection.ts';
import type { NodeRecord } from '#server/store/registry.ts';
import { question, withNode } from './node-question.ts';

type TableRequest = Extract<PlanRequest, { table: string }>;

/** Puts the rows into the tables that were observed. A second visit: what is sent is known only when all were read. */
export async function countRows(
  nodes: readonly NodeRecord[],
  observed: readonly ObservedNode[],
  request: PlanRequest,
  changes: Changes,
): Promise<void> {
  if (!('table' in request) || request.kind === 'set-remove-table') return;
  const factsOf = (name: string): ObservedFacts | null => {
    const read = observed.find((each) => each.name === name)?.read;
    return read?.ok === true ? read.facts : null;
  };
  const dsnOf = (name: string) => nodes.find((each) => each.name === name)?.dsn;
  const filter = await quietFilter(request, factsOf, dsnOf, changes);
  await Promise.all(
    nodes.map(async ({ name, dsn }) => {
      const facts = factsOf(name);
      const table = facts?.table;
      if (facts === null || table == null || !'rp'.includes(table.kind ?? 'r')) return;
      if (facts.pooled === true && facts.unread?.table !== undefined) return;
      await withNode(dsn, async (connection) => {
        const rows = await countedOrNot(connection, request, filter);
        if (rows.ok) table.rows = rows.value;
        else if (facts.unread !== undefined) facts.unread.rows = rows.why;
        return { ok: true, facts };
      }).catch(() => undefined);
    }),
  );
}

async function countedOrNot(
  connection: Connection,
  table: TableRequest,
  filter: string | null,
): Promise<{ ok: true; value: ObservedRows | null } | { ok: false; why: string }> {
  const counted = await question(connection, countQuestion(table, filter));
  if (counted.ok) {
    const rows = Number(counted.value[0]?.rows);
    if (rows <= COUNT_UP_TO) {
      const within = counted.value[0]?.within;
      return { ok: true, value: { rows, how: 'counted', within: within == null ? null : Number(within) } };
    }
  }
  if (!counted.ok && connection.closed) return { ok: false, why: counted.error.message };
  const estimate = await question(connection, estimateQuestion(table));
  const rows = estimate.ok ? estimate.value[0]?.rows : null;
  if (rows != null && (!counted.ok || Number(rows) > COUNT_UP_TO)) {
    return { ok: true, value: { rows: Number(rows), how: 'estimated', within: null } };
  }
  if (counted.ok) return { ok: true, value: { rows: COUNT_UP_TO, how: 'at least', within: null } };
  return { ok: false, why: counted.error.message };
}

/** The row filter of what the request's subscription takes; null: none, or one that calls what must not be called to plan. */
async function quietFilter(
  request: TableRequest,
  factsOf: (name: string) => ObservedFacts | null,
  dsnOf: (name: string) => string | undefined,
  { cluster }: Changes,
): Promise<string | null> {
  if (request.kind !== 'table-resync') return null;
  const sub = factsOf(request.receiver)?.subscriptions.find((each) => each.name === request.subscription);
  if (sub?.provider == null) return null;
  const filter = sentOf(factsOf(sub.provider)?.table ?? null, sub.sets)?.filter ?? null;
  const dsn = dsnOf(sub.provider);
  if (filter === null || dsn === undefined) return null;
  let quiet = false;
  await withNode(dsn, async (connection) => {
    const answer = await question(connection, cluster.filtersAreQuiet(request));
    quiet = answer.ok && answer.value[0]?.quiet === true;
    return { ok: false, error: '' };
  });
  return quiet ? filter : null;
}
