/** Subscriptions of a snapshot: what their receivers have of them, and what `judge` says of them. */

import type { InterfaceFacts } from '#core/model/facts.ts';
import { subscriptionKey } from '#core/model/keys.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import type { ClusterView } from './assemble-view.ts';
import type { NodeInput } from './assembled.ts';
import { sortedByKey } from './change.ts';
import type { JudgedSubscription } from './judge.ts';

export function assembleSubscriptions(
  view: ClusterView,
  judged: JudgedSubscription[],
): SubscriptionSnapshot[] {
  const interfaces = new Map([...view.nodes.values()].map((node) => [node.name, interfacesById(node)]));
  return sortedByKey(
    judged.map((subscription) => {
      const used = interfaces.get(subscription.receiver)?.get(subscription.facts.originInterfaceId ?? '');
      const assembled = assembleSubscription(view, subscription, used ?? null);
      return [subscriptionKey(assembled), assembled];
    }),
  );
}

const interfacesById = ({ slow }: NodeInput) => new Map(slow?.value.interfaces?.map((one) => [one.id, one]));

function assembleSubscription(
  view: ClusterView,
  { receiver, provider, facts, status, loop }: JudgedSubscription,
  used: InterfaceFacts | null,
): SubscriptionSnapshot {
  return {
    name: facts.name,
    receiver,
    engine: facts.engine,
    provider,
    status,
    failing: loop !== null,
    reportedStatus: facts.reportedStatus,
    enabled: facts.enabled,
    slot: facts.slot,
    replicationSets: facts.replicationSets,
    forwardOrigins: facts.forwardOrigins,
    applyDelaySeconds: facts.applyDelaySeconds,
    forceTextTransfer: facts.forceTextTransfer,
    skipLsn: facts.skipLsn,
    skipSchema: facts.skipSchema,
    createdAt: facts.createdAt === null ? null : new Date(facts.createdAt).toISOString(),
    providerDsn: used?.dsn ?? null,
    workerPid: facts.workerPid,
    workerStatus: facts.workerStatus,
    sync: facts.sync,
    observedAt: view.observedAt.get(receiver) ?? null,
  };
}
