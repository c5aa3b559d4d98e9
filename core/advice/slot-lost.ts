/** A slot whose WAL is gone: its receiver can never catch up, and the subscription stays down until it is made anew. */
import { quoteLiteral } from '#core/engines/quote.ts';
import { isLost } from '#core/model/slot.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';

export const slotLost: Rule = (input) => {
  const findings: RuleFinding[] = [];
  for (const node of input.facts.nodes) {
    if (node.state !== 'up') continue;
    for (const slot of input.nodes.get(node.name)?.fast?.value.slots ?? []) {
      if (!isLost(slot)) continue;
      const owner = input.slotOwners.get(node.name, slot.name);
      const receiver = owner?.receiver ?? null;
      findings.push({
        severity: 'critical',
        subject: { node: node.name, ...(owner && { receiver: owner.receiver }), slot: slot.name },
        title:
          receiver === null
            ? `${node.name} has lost the slot ${slot.name}`
            : `${node.name} has lost the slot of ${receiver}`,
        detail:
          receiver === null
            ? 'The WAL that its reader still needs has been removed. The slot cannot recover.'
            : `The WAL that ${receiver} still needs has been removed on ${node.name}. The subscription cannot recover by itself: what ${node.name} has written since is missing on ${receiver}, and must be copied again.`,
        evidence: [
          { name: 'slot', value: slot.name },
          { name: 'wal_status', value: slot.walStatus ?? 'not visible' },
          { name: 'restart_lsn', value: slot.restartLsn ?? 'NULL' },
          { name: 'confirmed_flush_lsn', value: slot.confirmedFlushLsn ?? 'NULL' },
          ...(slot.invalidationReason
            ? [{ name: 'invalidation_reason', value: slot.invalidationReason }]
            : []),
        ],
        remedy: owner
          ? recreate(input, owner)
          : {
              text: 'Drop the slot: nothing can be read from it any more.',
              sql: [dropSlot(slot.name)],
              plan: { kind: 'slot-drop', cluster: input.facts.cluster, node: node.name, slot: slot.name },
            },
      });
    }
  }
  return findings;
};

const dropSlot = (slot: string) => `SELECT pg_drop_replication_slot(${quoteLiteral(slot)})`;

function recreate(input: AdviceInput, sub: SubscriptionSnapshot): RuleFinding['remedy'] {
  return {
    text: `On ${sub.receiver}, drop ${sub.name} and create it again with its data copied from ${sub.provider}; compare the rows afterwards. A larger max_slot_wal_keep_size on ${sub.provider} gives more time in future.`,
    sql: input.engineOf(sub.engine).advice.remedies['slot-lost'](sub),
  };
}
