/**
 * Facts of all nodes → the cluster put together. Pure: all times come with the facts. Called once a second for each
 * cluster, so everything is looked up in maps and nothing is parsed.
 */

import type { Engine, EngineOf } from '#core/engines/engine.ts';
import type { EngineName } from '#core/model/engine-name.ts';
import type { TableFacts } from '#core/model/facts.ts';
import { nodeKey, replicationSetKey } from '#core/model/keys.ts';
import type { ReplicationSetSnapshot, Snapshot, Thresholds } from '#core/model/snapshot.ts';
import { STORAGE_OK, type Storage } from '#core/model/storage.ts';
import { assembleLinks } from './assemble-link.ts';
import { assembleNode } from './assemble-node.ts';
import { assembleSubscriptions } from './assemble-subscription.ts';
import { type ClusterView, isReadable, viewOf } from './assemble-view.ts';
import type { Assembled, NodeInput, SnapshotFacts, TopologyKind } from './assembled.ts';
import { sortedByKey } from './change.ts';
import { judgeSubscriptions } from './judge.ts';
import type { ClusterMemory } from './memory.ts';
import { PairMap } from './pair-map.ts';
import { compareTables } from './tables.ts';

export interface AssembleInput<E extends Engine = Engine> {
  cluster: string;
  /** The cluster's main one. */
  engine: EngineName;
  engineOf: EngineOf<E>;
  /** Now, milliseconds, console's clock. */
  at: number;
  pollSeconds: number;
  thresholds: Thresholds;
  topology: TopologyKind;
  nodes: readonly NodeInput[];
  /** Has observed every reading in `nodes`. */
  memory: ClusterMemory;
  /** For `since`; null at the start. */
  previous: Snapshot | null;
  runUnderWay: boolean;
  /** Whether the console can keep what it sees; ok unless given. */
  storage?: Storage;
}

/** Never throws for what a node said: what cannot be made out is null, and `unknown` where a word is due. */
export function assemble<E extends Engine>(input: AssembleInput<E>): Assembled<E> {
  const view = viewOf(input);
  const judged = judgeSubscriptions(view);
  const facts: SnapshotFacts = {
    cluster: input.cluster,
    engine: input.engine,
    observedAt: new Date(input.at).toISOString(),
    pollSeconds: input.pollSeconds,
    thresholds: input.thresholds,
    nodes: sorted(
      input.nodes.map((node) => assembleNode(node, view)),
      nodeKey,
    ),
    subscriptions: assembleSubscriptions(view, judged),
    links: assembleLinks(view, judged),
    replicationSets: sorted(
      input.nodes.flatMap((node) => setsOf(node, view)),
      replicationSetKey,
    ),
  };
  const names = new Set([facts.engine, ...facts.subscriptions.map(({ engine }) => engine)]);
  return {
    at: input.at,
    engineOf: input.engineOf,
    engines: [...names].map(input.engineOf),
    facts,
    nodes: view.nodes,
    slotOwners: PairMap.from(
      facts.subscriptions.filter(({ provider }) => provider !== null),
      (sub) => [sub.provider ?? '', sub.slot],
    ),
    links: PairMap.from(facts.links, (link) => [link.provider, link.receiver]),
    // Of a node that cannot be read the last facts are of another moment.
    tables: compareTables(
      input.nodes
        .filter(({ name }) => isReadable(view, name))
        .map(({ name, slow }) => ({
          node: name,
          tables: slow?.value.tables ?? null,
          complete: slow?.value.tablesComplete ?? false,
        })),
    ),
    memory: input.memory,
    topology: input.topology,
    runUnderWay: input.runUnderWay,
    storage: input.storage ?? STORAGE_OK,
  };
}

const sorted = <T>(items: T[], key: (item: T) => string): T[] =>
  sortedByKey(items.map((item) => [key(item), item]));

function setsOf(node: NodeInput, view: ClusterView): ReplicationSetSnapshot[] {
  const slow = node.slow?.value;
  const tables = slow?.tables ? countedBySet(slow.tables) : null;
  const count = (set: string) => (slow?.tablesInSets ? slow.tablesInSets[set] : tables?.get(set)) ?? 0;
  return (slow?.sets ?? []).map((set) => ({
    node: node.name,
    name: set.name,
    insert: set.insert,
    update: set.update,
    delete: set.delete,
    truncate: set.truncate,
    tables: tables === null ? null : count(set.name),
    sequences: set.sequences?.length ?? null,
    observedAt: view.observedAt.get(node.name) ?? null,
  }));
}

/** Counted once for each reading of the tables, not every second. */
const counted = new WeakMap<TableFacts[], ReadonlyMap<string, number>>();

function countedBySet(tables: TableFacts[]): ReadonlyMap<string, number> {
  const known = counted.get(tables);
  if (known) return known;
  const counts = new Map<string, number>();
  for (const { memberships } of tables) {
    for (const { set } of memberships) counts.set(set, (counts.get(set) ?? 0) + 1);
  }
  counted.set(tables, counts);
  return counts;
}
