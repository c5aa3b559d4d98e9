/** How many rows of a table each node has: bounded, and without calling anything of users. */
import type { Changes } from '#core/engines/changes.ts';
import type { TableName } from '#core/engines/units.ts';
import type { ObservedFacts, ObservedNode, ObservedPart, ObservedRows } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { COUNT_UP_TO, countQuestion, estimateQuestion } from '#core/plan/node-questions.ts';
import { severalOf } from '#core/plan/resync-tables.ts';
import { sentOf } from '#core/plan/sent.ts';
import { choose } from '#core/plan/sets/members.ts';
import { wantedOf } from '#core/plan/sets/wanted.ts';
import type { Connection } from '#server/postgres/connection.ts';
import type { NodeRecord } from '#server/store/registry.ts';
import { question, withNode } from './node-question.ts';

type TableRequest = Extract<PlanRequest, { kind: 'table-resync' }> & TableName;

/** The request, where it is about one table. */
export function oneOf(request: PlanRequest): TableRequest | null {
  if (request.kind !== 'table-resync' || severalOf(request) !== null) return null;
  const { schema, table } = request;
  return schema === undefined || table === undefined ? null : { ...request, schema, table };
}

/** Tables that come into a set are counted while they are few; of more the server's own estimate has to do. */
const FEW = 8;

/** What rows are counted of on a node, and where the number is put. */
interface Counted {
  name: TableName;
  part: ObservedPart;
  put: (rows: ObservedRows | null) => void;
}

function countedOf(request: PlanRequest, facts: ObservedFacts): Counted[] {
  const one = oneOf(request);
  if (one !== null) {
    const { table } = facts;
    if (table === null || !'rp'.includes(table.kind ?? 'r')) return [];
    const put = (rows: ObservedRows | null) => {
      table.rows = rows;
    };
    return [{ name: one, part: 'table', put }];
  }
  const wanted = wantedOf(request);
  if (wanted === null) return [];
  const adds = choose(wanted, facts).add.filter(({ table }) => 'rp'.includes(table.kind ?? 'r'));
  if (adds.length > FEW) return [];
  return adds.map(({ table }) => ({
    name: table,
    part: 'tables',
    put: (rows) => {
      table.rows = rows;
    },
  }));
}

/** Puts the rows into the tables that were observed. A second visit: what is sent is known only when all were read. */
export async function countRows(
  nodes: readonly NodeRecord[],
  observed: readonly ObservedNode[],
  request: PlanRequest,
  changes: Changes,
): Promise<void> {
  const factsOf = (name: string): ObservedFacts | null => {
    const read = observed.find((each) => each.name === name)?.read;
    return read?.ok === true ? read.facts : null;
  };
  const dsnOf = (name: string) => nodes.find((each) => each.name === name)?.dsn;
  const one = oneOf(request);
  const filter = one === null ? null : await quietFilter(one, factsOf, dsnOf, changes);
  await Promise.all(
    nodes.map(async ({ name, dsn }) => {
      const facts = factsOf(name);
      const counted = facts === null ? [] : countedOf(request, facts);
      if (facts === null || counted.length === 0) return;
      if (facts.pooled === true && counted.some(({ part }) => facts.unread?.[part] !== undefined)) return;
      await withNode(dsn, async (connection) => {
        for (const { name: table, put } of counted) {
          const rows = await countedOrNot(connection, table, filter);
          if (rows.ok) put(rows.value);
          else if (facts.unread !== undefined) facts.unread.rows = rows.why;
        }
        return { ok: true, facts };
      }).catch(() => undefined);
    }),
  );
}

async function countedOrNot(
  connection: Connection,
  table: TableName,
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
