/**
 * Facts of all nodes → the snapshot of the cluster. Pure: all times come with the facts. Called once a second for each
 * cluster, so everything is looked up in maps and nothing is parsed.
 */

import type { AdviceInput, NodeInput, SnapshotFacts, TopologyKind } from '#core/advice/rule.ts';
import { advise } from '#core/advice/rules.ts';
import { healthOf, sentenceOf } from '#core/advice/sentence.ts';
import { assembleLinks } from './assemble-link.ts';
import { assembleNode, type ClusterView, viewOf } from './assemble-node.ts';
import { assembleSubscriptions } from './assemble-subscription.ts';
import { compareKeys } from './change.ts';
import { nodeKey, pairKey, replicationSetKey } from './keys.ts';
import type { ClusterMemory } from './memory.ts';
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
  const facts: SnapshotFacts = {
    cluster: input.cluster,
    engine: 'spock',
    observedAt: new Date(input.at).toISOString(),
    pollSeconds: input.pollSeconds,
    thresholds: input.thresholds,
    nodes: input.nodes.map((node) => assembleNode(node, view)).sort(byKey(nodeKey)),
    subscriptions: assembleSubscriptions(view),
    links: assembleLinks(view),
    replicationSets: input.nodes.flatMap((node) => setsOf(node, view)).sort(byKey(replicationSetKey)),
  };
  const advice: AdviceInput = {
    at: input.at,
    facts,
    nodes: view.nodes,
    slotOwners: new Map(
      facts.subscriptions.flatMap((sub) =>
        sub.provider === null ? [] : [[pairKey(sub.provider, sub.slot), sub] as const],
      ),
    ),
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

const byKey =
  <T>(key: (item: T) => string) =>
  (a: T, b: T) =>
    compareKeys(key(a), key(b));

function setsOf(node: NodeInput, view: ClusterView): ReplicationSetSnapshot[] {
  const slow = node.slow?.value;
  const tables = new Map<string, number>();
  for (const table of slow?.tables ?? []) {
    for (const { set } of table.memberships) tables.set(set, (tables.get(set) ?? 0) + 1);
  }
  return (slow?.sets ?? []).map((set) => ({
    node: node.name,
    name: set.name,
    insert: set.insert,
    update: set.update,
    delete: set.delete,
    truncate: set.truncate,
    tables: slow?.tables ? (tables.get(set.name) ?? 0) : null,
    sequences: set.sequences?.length ?? null,
    observedAt: view.observedAt.get(node.name) ?? null,
  }));
}
