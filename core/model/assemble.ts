/**
 * Facts of all nodes → the snapshot of the cluster. Pure: all times come with the facts. Called once a second for each
 * cluster, so everything is looked up in maps and nothing is parsed.
 */

import type { AdviceInput, NodeInput, SnapshotFacts, TopologyKind } from '#core/advice/rule.ts';
import { advise } from '#core/advice/rules.ts';
import { healthOf, sentenceOf } from '#core/advice/sentence.ts';
import { assembleLinks } from './assemble-link.ts';
import { assembleNode } from './assemble-node.ts';
import { assembleSubscriptions, judgeSubscriptions } from './assemble-subscription.ts';
import { type ClusterView, viewOf } from './assemble-view.ts';
import { sortedByKey } from './change.ts';
import type { TableFacts } from './facts.ts';
import { nodeKey, replicationSetKey } from './keys.ts';
import type { ClusterMemory } from './memory.ts';
import { PairMap } from './pair-map.ts';
import type { ReplicationSetSnapshot, Snapshot, Thresholds } from './snapshot.ts';
import { compareTables } from './tables.ts';

export interface AssembleInput {
  cluster: string;
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
}

/** Never throws for what a node said: what cannot be made out is null, and `unknown` where a word is due. */
export function assemble(input: AssembleInput): Snapshot {
  const view = viewOf(input);
  const judged = judgeSubscriptions(view);
  const facts: SnapshotFacts = {
    cluster: input.cluster,
    engine: 'spock',
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
  const advice: AdviceInput = {
    at: input.at,
    facts,
    nodes: view.nodes,
    slotOwners: PairMap.from(
      facts.subscriptions.filter(({ provider }) => provider !== null),
      (sub) => [sub.provider ?? '', sub.slot],
    ),
    links: PairMap.from(facts.links, (link) => [link.provider, link.receiver]),
    tables: compareTables(
      input.nodes.map(({ name, slow }) => ({
        node: name,
        tables: slow?.value.tables ?? null,
        complete: slow?.value.tablesComplete ?? false,
      })),
    ),
    memory: input.memory,
    topology: input.topology,
    runUnderWay: input.runUnderWay,
  };
  const findings = advise(advice, input.previous?.findings ?? []);
  const health = healthOf(facts, findings);
  return {
    ...facts,
    findings,
    health,
    healthSince:
      input.previous?.health === health
        ? input.previous.healthSince
        : health === 'unknown'
          ? null
          : facts.observedAt,
    sentence: sentenceOf(advice, findings),
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
