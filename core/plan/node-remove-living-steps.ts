/** The steps by which a living node leaves: writes end, what it wrote arrives, then both halves of each link are dropped. */
import { sql } from '#core/engines/sql.ts';
import { formatNames } from '#core/model/format.ts';
import type { ObservedFacts, ObservedSubscription } from '#core/model/observed.ts';
import { type ExecutableStep, step } from './executable.ts';
import { stepsOf as readOnlySteps } from './node-read-only.ts';
import type { Grounds } from './nodes.ts';
import { startedAt } from './session-questions.ts';

export interface Leaving {
  name: string;
  /** In the engine's catalog. */
  own: string;
  facts: ObservedFacts;
  /** What it receives by. */
  subscriptions: { name: string; provider: string }[];
}

/** A node that stays. */
export interface Remaining {
  name: string;
  facts: ObservedFacts;
  /** To the node that leaves. */
  subscriptions: ObservedSubscription[];
  /** Of that node, in the engine's catalog here. */
  nodeId: string | null;
}

const SQL_SECONDS = 30;
const WRITERS_SECONDS = 60;
/** A transaction that had written before the node refused writes may still commit. */
const WRITER_PATIENCE_SECONDS = 30;

export function livingRemovalSteps(
  grounds: Grounds,
  leaving: Leaving,
  remaining: readonly Remaining[],
): { steps: ExecutableStep[]; keepsReadOnly: string | null } {
  const { name: node, facts, subscriptions, own } = leaving;
  const { settings, nodes } = grounds.changes;
  const readOnly = settings.readOnly === null || facts.standin ? null : settings.readOnly;
  const kept =
    readOnly === null ? [] : closing(readOnlySteps(grounds, { node, readOnly: true }, facts, readOnly));
  const writers = writersGone(node, kept.at(-1)?.id ?? null);
  const readers = remaining.flatMap(({ name, subscriptions: subs }) =>
    subs.map((each) => ({ node: name, subscription: each.name })),
  );
  const drain =
    readers.length === 0
      ? []
      : [
          step({
            id: 'drain',
            title: `Wait until ${formatNames([...new Set(readers.map((each) => each.node))])} ${readers.length === 1 ? 'has' : 'have'} all that ${node} wrote`,
            node,
            after: [writers.id],
            action: { type: 'mark', node, to: readers, backlog: true },
          }),
        ];
  const before = [drain[0]?.id ?? writers.id];
  const drops = readers.map((each) =>
    step({
      id: `drop:${each.node}:${each.subscription}`,
      title: `Drop ${each.subscription}`,
      node: each.node,
      after: before,
      risk: 'data',
      riskText: `${each.node} receives nothing of ${node} any more.`,
      undo: `Nothing, once it is dropped: ${node} must be copied again.`,
      action: { type: 'unsubscribe', node: each.node, provider: node, subscription: each.subscription },
    }),
  );
  const afterDrops = drops.length === 0 ? before : drops.map(({ id }) => id);
  const ownDrops = subscriptions.map((each) =>
    step({
      id: `drop:${node}:${each.name}`,
      title: `Drop ${each.name}`,
      node,
      after: afterDrops,
      risk: 'data',
      riskText: `${node} receives nothing of ${each.provider} any more.`,
      undo: `Nothing, once it is dropped: ${node} must be copied again.`,
      action: { type: 'unsubscribe', node, provider: each.provider, subscription: each.name },
    }),
  );
  const drop = step({
    id: 'node',
    title: `Drop node ${own}`,
    node,
    after: [...afterDrops, ...ownDrops.map(({ id }) => id)],
    risk: 'data',
    riskText: `${node} leaves the cluster, with its replication sets.`,
    undo: `Nothing: ${node} must be copied again to return.`,
    action: { type: 'sql', node, timeoutSeconds: SQL_SECONDS, units: [nodes.dropOwn(own)] },
  });
  const left = remaining.flatMap((each) => {
    const { knows, keepsProgress } = each.facts;
    const units = nodes.leftovers(own, {
      knowsIt: knows.includes(own),
      keepsProgress: keepsProgress === true,
      id: each.nodeId,
    });
    if (units.length === 0) return [];
    return step({
      id: `node:${each.name}`,
      title: `Drop what is left of ${node}`,
      node: each.name,
      after: [drop.id],
      action: { type: 'sql', node: each.name, timeoutSeconds: SQL_SECONDS, units },
    });
  });
  const forget = step({
    id: 'forget',
    title: `Remove ${node} from this console`,
    node: null,
    after: [drop.id, ...left.map(({ id }) => id)],
    undo: 'Nothing: add it again under Settings.',
    action: { type: 'forget-node', node },
  });
  return {
    steps: [...kept, writers, ...drain, ...drops, ...ownDrops, drop, ...left, forget],
    keepsReadOnly: readOnly?.reset ?? null,
  };
}

/** The two steps of node-read-only, named for a plan that has others. */
const closing = (steps: readonly ExecutableStep[]): ExecutableStep[] =>
  steps.map((each) => ({
    ...each,
    id: `read-only:${each.id}`,
    after: each.after.map((id) => `read-only:${id}`),
  }));

/** Sessions of the node's database; a prepared transaction may write rows when it commits. */
const WRITERS = `SELECT format('process %s (%s) has had a transaction open since %s that has written%s', a.pid, concat_ws(', ', a.usename, nullif(a.application_name, '')), a.xact_start, ': ' || left(nullif(a.query, ''), 200)) AS why, a.xact_start AS since, 'open-transaction' AS reason, a.pid, ${startedAt('a')} AS started_at
  FROM pg_stat_activity a WHERE a.backend_xid IS NOT NULL AND a.backend_type = 'client backend' AND a.datname = current_database()
 UNION ALL
 SELECT format('prepared transaction %L of %s has been open since %s', x.gid, x.owner, x.prepared), x.prepared, 'prepared-transaction', NULL, NULL FROM pg_prepared_xacts x WHERE x.database = current_database()`;

const writersGone = (node: string, after: string | null): ExecutableStep =>
  step({
    id: 'writers',
    title: `Wait until no transaction on ${node} has anything to commit`,
    node,
    after: after === null ? [] : [after],
    action: {
      type: 'wait',
      timeoutSeconds: WRITERS_SECONDS,
      awaited: [
        {
          node,
          text: `no transaction on ${node} has written and is still open`,
          query: sql`SELECT NOT EXISTS (${WRITERS})`,
          hopeless: sql`SELECT w.why, w.reason, w.pid, w.started_at, ${WRITER_PATIENCE_SECONDS} AS patience FROM (${WRITERS}) w ORDER BY w.since LIMIT 1`,
        },
      ],
    },
  });
