/** One node of the snapshot, and the maps by which the other parts find what belongs together. */
import type { NodeInput, TopologyKind } from '#core/advice/rule.ts';
import { type FastFacts, readAt, type SlotFacts, type SlowFacts } from './facts.ts';
import { pairKey } from './keys.ts';
import { maskDsn } from './mask-dsn.ts';
import type { ClusterMemory } from './memory.ts';
import { capacityOf, settingsOf } from './settings.ts';
import type { LinkSnapshot, NodeSnapshot, NodeState, Snapshot, Thresholds } from './snapshot.ts';

/** What `assemble` is given, indexed. */
export interface ClusterView {
  at: number;
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
  /** Slots by `pairKey(node, slot)`, of nodes that were read. */
  slots: ReadonlyMap<string, SlotFacts>;
  previous: {
    nodes: ReadonlyMap<string, NodeSnapshot>;
    links: ReadonlyMap<string, LinkSnapshot>;
  };
  /** ISO text of now. */
  now: string;
}

interface ViewInput {
  at: number;
  thresholds: Thresholds;
  topology: TopologyKind;
  nodes: readonly NodeInput[];
  memory: ClusterMemory;
  previous: Snapshot | null;
}

export function viewOf(input: ViewInput): ClusterView {
  const slots = new Map<string, SlotFacts>();
  const registryName = new Map<string, string>();
  for (const node of input.nodes) {
    for (const slot of node.fast?.value.slots ?? []) slots.set(pairKey(node.name, slot.name), slot);
    const own = node.fast?.value.localNode;
    if (own != null && !registryName.has(own)) registryName.set(own, node.name);
  }
  // A node that was never read is taken at the registry's word.
  for (const { name } of input.nodes) if (!registryName.has(name)) registryName.set(name, name);
  return {
    at: input.at,
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
      links: new Map(input.previous?.links.map((link) => [pairKey(link.provider, link.receiver), link])),
    },
    now: new Date(input.at).toISOString(),
  };
}

/** A server that answers, and will not let us read, is not down: nothing is known of it. */
const silent = new Set(['refused', 'timeout', 'network']);

function stateOf(node: NodeInput): NodeState {
  if (node.failure) return silent.has(node.failure.code) ? 'down' : 'unknown';
  return node.fast ? 'up' : 'unknown';
}

/** The node's facts may be used as of now: its last poll was good. */
export const isReadable = (view: ClusterView, node: string): boolean => view.states.get(node) === 'up';

export function assembleNode(node: NodeInput, view: ClusterView): NodeSnapshot {
  const fast = node.fast?.value ?? null;
  const slow = node.slow?.value ?? null;
  const state = view.states.get(node.name) ?? 'unknown';
  const previous = view.previous.nodes.get(node.name);
  const self = fast?.peers.find(({ id }) => id === fast.localNodeId);
  return {
    name: node.name,
    state,
    observedAt: view.observedAt.get(node.name) ?? null,
    since: sinceOf(node, state, previous, view.now),
    error: node.failure && {
      code: node.failure.code,
      message: node.failure.message,
      sqlstate: node.failure.sqlstate,
      since: new Date(node.failure.since).toISOString(),
      tries: node.failure.tries,
    },
    address: node.address,
    roundTripMs: node.fast && !node.failure ? rounded(node.fast.receivedAt - node.fast.sentAt) : null,
    serverVersion: node.capabilities?.serverVersion ?? null,
    engineVersion: node.capabilities?.extensionVersion ?? slow?.engineVersion ?? null,
    standin: slow?.standin ?? isStandin(node.capabilities?.extensionVersion),
    location: self?.location ?? null,
    country: self?.country ?? null,
    readOnly: fast?.readOnly == null ? null : fast.readOnly !== 'off',
    standby: fast?.standby ?? null,
    systemIdentifier: fast?.systemIdentifier ?? null,
    timeline: fast?.timeline ?? null,
    walLsn: fast?.walLsn ?? null,
    walBytesPerSecond: state === 'up' ? view.memory.lag.lastWalRate(node.name) : null,
    ...clockOf(node),
    capacity: capacityOf(slow, fast),
    settings: settingsOf(slow, view.nodes.size),
    interfaces: interfacesOf(slow, fast),
    snowflakeNode: slow?.snowflakeNode ?? null,
    unseen: [...(node.capabilities?.unseen ?? [])],
  };
}

export const isStandin = (version: string | null | undefined): boolean => /standin/i.test(version ?? '');

function sinceOf(
  node: NodeInput,
  state: NodeState,
  previous: NodeSnapshot | undefined,
  now: string,
): string | null {
  if (previous?.state === state) return previous.since;
  if (node.failure) return new Date(node.failure.since).toISOString();
  return node.fast ? now : null;
}

/** The node's clock minus the console's; it was read somewhere within the round trip. */
function clockOf({ fast }: NodeInput): Pick<NodeSnapshot, 'clockOffsetSeconds' | 'clockUncertaintySeconds'> {
  if (fast?.value.clock == null) return { clockOffsetSeconds: null, clockUncertaintySeconds: null };
  return {
    clockOffsetSeconds: rounded((fast.value.clock - readAt(fast)) / 1000, 4),
    clockUncertaintySeconds: rounded((fast.receivedAt - fast.sentAt) / 2000, 4),
  };
}

function interfacesOf(slow: SlowFacts | null, fast: FastFacts | null): NodeSnapshot['interfaces'] {
  return (slow?.interfaces ?? [])
    .filter(({ nodeId }) => nodeId === fast?.localNodeId)
    .map(({ name, rawDsn }) => ({ name, dsn: rawDsn === null ? null : maskDsn(rawDsn) }));
}

/** A subscription's provider by the name that the registry has for it; a name it has not is given as it stands. */
export function registryNameOf(view: ClusterView, catalogName: string | null): string | null {
  return catalogName === null ? null : (view.registryName.get(catalogName) ?? catalogName);
}

export function rounded(value: number, digits = 3): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}
