/** The maps by which the parts of a snapshot find what belongs together. */
import type { Engine, EngineOf } from '#core/engines/engine.ts';
import type { EngineName } from '#core/model/engine-name.ts';
import { readAt, type SlotFacts } from '#core/model/facts.ts';
import type { LinkSnapshot, NodeSnapshot, NodeState, Snapshot, Thresholds } from '#core/model/snapshot.ts';
import type { NodeInput, TopologyKind } from './assembled.ts';
import type { ClusterMemory } from './memory.ts';
import { PairMap } from './pair-map.ts';

/** What `assemble` is given, indexed. */
export interface ClusterView {
  at: number;
  engine: Engine;
  thresholds: Thresholds;
  topology: TopologyKind;
  memory: ClusterMemory;
  /** By registry name, in the order of the registry. */
  nodes: ReadonlyMap<string, NodeInput>;
  states: ReadonlyMap<string, NodeState>;
  /** ISO text of each node's last good poll. */
  observedAt: ReadonlyMap<string, string | null>;
  /** The name that a node has in the catalogs → the registry's name. */
  registryName: ReadonlyMap<string, string>;
  /** By node and name, of nodes that were read. */
  slots: PairMap<SlotFacts>;
  previous: {
    nodes: ReadonlyMap<string, NodeSnapshot>;
    /** By provider and receiver. */
    links: PairMap<LinkSnapshot>;
  };
  /** ISO text of now. */
  now: string;
}

interface ViewInput {
  at: number;
  engine: EngineName;
  engineOf: EngineOf;
  thresholds: Thresholds;
  topology: TopologyKind;
  nodes: readonly NodeInput[];
  memory: ClusterMemory;
  previous: Snapshot | null;
}

export function viewOf(input: ViewInput): ClusterView {
  const slots = new PairMap<SlotFacts>();
  const registryName = new Map<string, string>();
  for (const node of input.nodes) {
    for (const slot of node.fast?.value.slots ?? []) slots.set(node.name, slot.name, slot);
    const own = node.fast?.value.localNode;
    if (own != null && !registryName.has(own)) registryName.set(own, node.name);
  }
  // A node that was never read is taken at the registry's word.
  for (const { name } of input.nodes) if (!registryName.has(name)) registryName.set(name, name);
  return {
    at: input.at,
    engine: input.engineOf(input.engine),
    thresholds: input.thresholds,
    topology: input.topology,
    memory: input.memory,
    nodes: new Map(input.nodes.map((node) => [node.name, node])),
    states: new Map(input.nodes.map((node) => [node.name, stateOf(node)])),
    observedAt: new Map(
      input.nodes.map((node) => [node.name, node.fast ? new Date(readAt(node.fast)).toISOString() : null]),
    ),
    registryName,
    slots,
    previous: {
      nodes: new Map(input.previous?.nodes.map((node) => [node.name, node])),
      links: PairMap.from(input.previous?.links ?? [], (link) => [link.provider, link.receiver]),
    },
    now: new Date(input.at).toISOString(),
  };
}

/** Nothing came back from it at all. A server that answers with an error, or lets nobody in, is not down: nothing is known of it. */
const silent: ReadonlySet<string> = new Set(['refused', 'timeout', 'network']);

function stateOf(node: NodeInput): NodeState {
  if (!node.failure) return node.fast ? 'up' : 'unknown';
  return node.failure.sqlstate === null && silent.has(node.failure.code) ? 'down' : 'unknown';
}

/**
 * The node's facts may be used as of now: its last poll was good, and it was the node that answered. A standby says what
 * its primary wrote, and has slots and workers of its own: nothing of the node can be told from it.
 */
export const isReadable = (view: ClusterView, node: string): boolean =>
  view.states.get(node) === 'up' && !isStandby(view, node);

const isStandby = (view: ClusterView, node: string): boolean =>
  view.nodes.get(node)?.fast?.value.standby === true;

/** Why it is not readable, in a few words. */
export function unreadText(view: ClusterView, name: string): string {
  const node = view.nodes.get(name);
  if (node === undefined) return `the console does not watch ${name}`;
  if (node.failure?.code === 'replaced') return `another server answers as ${name}`;
  if (view.states.get(name) === 'up' && isStandby(view, name)) return `a standby answers as ${name}`;
  return `${name} cannot be read`;
}

/** A subscription's provider by the name that the registry has for it; a name it has not is given as it stands. */
export function registryNameOf(view: ClusterView, catalogName: string | null): string | null {
  return catalogName === null ? null : (view.registryName.get(catalogName) ?? catalogName);
}

export function rounded(value: number, digits = 3): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
