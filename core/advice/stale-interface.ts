/**
 * A receiver that is content, and a provider that nobody reads from: the receiver is connected to another server than
 * the provider that the console reaches. DSN texts are never compared: behind NAT they differ and are right.
 */
import type { FindingDraft, Rule } from './rule.ts';

/** Longer than wal_sender_timeout and wal_receiver_timeout, within which both ends notice a broken connection. */
const settledMs = 90_000;

export const staleInterface: Rule = (input) => {
  const states = new Map(input.facts.nodes.map((node) => [node.name, node.state]));
  const drafts: FindingDraft[] = [];
  for (const sub of input.facts.subscriptions) {
    if (!sub.enabled || sub.provider === null || sub.reportedStatus !== 'replicating') continue;
    if (sub.workerStatus !== 'running' || sub.status !== 'down') continue;
    if (states.get(sub.provider) !== 'up' || states.get(sub.receiver) !== 'up') continue;
    const since = input.links.get(sub.provider, sub.receiver)?.since;
    if (!since || input.at - Date.parse(since) < settledMs) continue;
    const address = input.nodes.get(sub.provider)?.address ?? '';
    drafts.push({
      severity: 'warning',
      subject: { provider: sub.provider, receiver: sub.receiver, subscription: sub.name },
      title: `${sub.receiver} reads ${sub.provider} at another server`,
      detail: `${sub.receiver} says “replicating”, and on the ${sub.provider} that the console reaches nobody reads its slot. The interface that ${sub.name} uses may lead to a server that ${sub.provider} has left.`,
      evidence: [
        { name: `${sub.receiver} uses`, value: sub.providerDsn ?? 'not visible' },
        { name: `console reaches ${sub.provider} at`, value: address },
        { name: `slot on ${sub.provider}`, value: sub.slot },
      ],
      sinceAt: Date.parse(since),
      remedy: {
        text: `Where ${sub.provider} has moved, tell ${sub.receiver} its new address with spock.node_add_interface, then point ${sub.name} to it with spock.sub_alter_interface.`,
      },
    });
  }
  return drafts;
};
