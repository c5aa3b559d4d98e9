/** A slot that nobody will ever read: its subscription was seen to go, or it has had no reader and no owner for hours. */
import { quoteLiteral } from '#core/engines/quote.ts';
import { formatBytes, formatNames, formatSeconds } from '#core/model/format.ts';
import { isLost } from '#core/model/slot.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';
import { type Ownerless, ownerlessSlots } from './slot-readers.ts';

export const orphanSlot: Rule = (input) =>
  ownerlessSlots(input).flatMap((each) => (each.verdict === 'orphan' ? [findingOf(input, each)] : []));

function findingOf(input: AdviceInput, { node, slot, since, was, neverRead }: Ownerless): RuleFinding {
  const held = input.memory.lag.lagOf(node, slot.name)?.walHeldBytes ?? null;
  const why =
    was === null
      ? 'All nodes were read, no subscription uses this slot, and nobody has read it for hours.'
      : `It belonged to ${was.subscription} on ${was.receiver}, which is gone. All nodes were read, and no subscription uses this slot.`;
  return {
    severity: 'warning',
    subject: { node, slot: slot.name },
    title: `${node} keeps a slot that no subscription reads`,
    detail: `${held === null || isLost(slot) ? `It uses up one of the replication slots of ${node}` : `It holds ${formatBytes(held)} of WAL on ${node}, and more with every write`}. ${why}`,
    evidence: [
      { name: 'slot', value: slot.name },
      { name: 'database', value: slot.database ?? '' },
      {
        name: 'inactive for',
        value: `at least ${formatSeconds(Math.round((input.at - (since ?? input.at)) / 1000))}`,
      },
      ...(neverRead ? [{ name: 'ever read', value: 'not as far as the console or the server knows' }] : []),
      { name: 'restart_lsn', value: slot.restartLsn ?? 'NULL' },
      { name: 'nodes read', value: formatNames([...input.nodes.keys()], 8) },
    ],
    remedy: {
      text: `Drop the slot, unless it belongs to a node that the console does not know or that somebody is about to add: without its slot, that node would be cut off for good.`,
      sql: [`SELECT pg_drop_replication_slot(${quoteLiteral(slot.name)})`],
      plan: { kind: 'slot-drop', cluster: input.facts.cluster, node, slot: slot.name },
    },
  };
}
