/** A subscription that does not apply, and no other finding says why. */
import { quoteLiteral } from '#core/engines/quote.ts';
import { pairKey } from '#core/model/keys.ts';
import { isLost } from '#core/model/slot.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { restartsOfALoop } from './apply-loop.ts';
import { failuresOf } from './exceptions.ts';
import type { AdviceInput, FindingDraft, Rule } from './rule.ts';
import { unreached } from './unreached.ts';

/** A worker that restarts is down for a moment. */
const graceMs = 3000;

export const subscriptionDown: Rule = (input) => {
  const states = new Map(input.facts.nodes.map((node) => [node.name, node.state]));
  const byException = new Set(
    failuresOf(input).flatMap(({ receiver, subscription, disabling }) =>
      subscription && disabling ? [pairKey(receiver, subscription.name)] : [],
    ),
  );
  const drafts: FindingDraft[] = [];
  for (const sub of input.facts.subscriptions) {
    if (sub.status === 'disabled' && !byException.has(pairKey(sub.receiver, sub.name)))
      drafts.push(disabled(input, sub));
    if (sub.status !== 'down' || sub.provider === null) continue;
    // A node that does not answer is a finding of its own, and takes its subscriptions with it.
    if (states.get(sub.provider) !== 'up' || states.get(sub.receiver) !== 'up') continue;
    const slot = input.nodes.get(sub.provider)?.fast?.value.slots.find(({ name }) => name === sub.slot);
    if (slot && isLost(slot)) continue;
    if (input.memory.workers.workerOf(sub.receiver, sub.name).restarts >= restartsOfALoop) continue;
    const link = input.links.get(sub.provider, sub.receiver);
    if (link?.since && input.at - Date.parse(link.since) < graceMs) continue;
    if (unreached(input, sub) !== null) continue;
    drafts.push(down(sub, link?.reason ?? null, slot?.active ?? null));
  }
  return drafts;
};

function down(sub: SubscriptionSnapshot, reason: string | null, slotActive: boolean | null): FindingDraft {
  return {
    severity: 'critical',
    subject: { provider: sub.provider ?? undefined, receiver: sub.receiver, subscription: sub.name },
    title: `${sub.name} on ${sub.receiver} is down`,
    detail: `Nothing that ${sub.provider} writes reaches ${sub.receiver}${reason === null ? '' : `: ${reason}`}. Both nodes answer the console.`,
    evidence: [
      { name: `${sub.receiver} says`, value: sub.reportedStatus ?? 'not visible' },
      { name: 'slot', value: sub.slot },
      {
        name: `slot on ${sub.provider}`,
        value: slotActive === null ? 'not there' : slotActive ? 'active' : 'inactive',
      },
      ...sub.sync.slice(0, 3).map((sync) => ({ name: 'sync_status', value: sync.status })),
    ],
    remedy: {
      text: `The server log of ${sub.receiver} says what its apply worker met: no way to ${sub.provider}, a password, no free slot or walsender there, or an error in a row.`,
    },
  };
}

function disabled(input: AdviceInput, sub: SubscriptionSnapshot): FindingDraft {
  return {
    severity: 'warning',
    subject: { provider: sub.provider ?? undefined, receiver: sub.receiver, subscription: sub.name },
    title: `${sub.name} on ${sub.receiver} is disabled`,
    detail: `Nothing that ${sub.provider} writes reaches ${sub.receiver} until it is enabled, and ${sub.provider} holds its WAL meanwhile.`,
    evidence: [
      { name: 'sub_enabled', value: sub.enabled ? 't' : 'f' },
      { name: 'slot', value: sub.slot },
    ],
    remedy: {
      text: `Enable ${sub.name} when what it was disabled for is done.`,
      sql: [`SELECT spock.sub_enable(${quoteLiteral(sub.name)}, true)`],
      plan: {
        kind: 'subscription-enable',
        cluster: input.facts.cluster,
        receiver: sub.receiver,
        subscription: sub.name,
      },
    },
  };
}
