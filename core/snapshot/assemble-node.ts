/** One node of the snapshot. */

import { type FastFacts, readAt, type SlowFacts } from '#core/model/facts.ts';
import { capacityOf, settingsOf } from '#core/model/settings.ts';
import type { NodeSnapshot, NodeState } from '#core/model/snapshot.ts';
import { isStandin } from '#core/model/standin.ts';
import { type ClusterView, rounded } from './assemble-view.ts';
import type { NodeInput } from './assembled.ts';

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
    readOnly: fast?.readOnly?.on ?? null,
    standby: fast?.standby ?? null,
    systemIdentifier: fast?.systemIdentifier ?? null,
    timeline: fast?.timeline ?? null,
    walLsn: fast?.walLsn ?? null,
    walBytesPerSecond: state === 'up' ? view.memory.lag.lastWalRate(node.name) : null,
    ...clockOf(node),
    capacity: capacityOf(slow, fast),
    settings: settingsOf(slow, view.nodes.size, view.engine.settings),
    interfaces: interfacesOf(slow, fast),
    snowflakeNode: slow?.snowflakeNode ?? null,
    unseen: [...(node.capabilities?.unseen ?? [])],
  };
}

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
    .map(({ name, dsn }) => ({ name, dsn }));
}
