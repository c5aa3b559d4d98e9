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
      ? 'All nodes were read, none has a subscription of this slot, and nobody has come to read it for hours.'
      : `It was that of ${was.subscription} on ${was.receiver}, which is gone. All nodes were read, and none has a subscription of this slot.`;
  return {
    severity: 'warning',
    subject: { node, slot: slot.name },
    title: `${node} keeps a slot that no subscription reads`,
    detail: `${held === null || isLost(slot) ? 'It takes one of the slots' : `It holds ${formatBytes(held)} of WAL, more with every write`} on ${node}. ${why}`,
    evidence: [
      { name: 'slot', value: slot.name },
      { name: 'database', value: slot.database ?? '' },
      {
        name: 'inactive for',
        value: `at least ${formatSeconds(Math.round((input.at - (since ?? input.at)) / 1000))}`,
      },
      ...(neverRead ? [{ name: 'ever read', value: 'not that the console or the server knows of' }] : []),
      { name: 'restart_lsn', value: slot.restartLsn ?? 'NULL' },
      { name: 'nodes read', value: formatNames([...input.nodes.keys()], 8) },
    ],
    remedy: {
      text: `Drop the slot, unless it belongs to a node that the console does not know, or to one that somebody is about to add: dropping that node's slot would cut it off for good.`,
      sql: [`SELECT pg_drop_replication_slot(${quoteLiteral(slot.name)})`],
      plan: { kind: 'slot-drop', cluster: input.facts.cluster, node, slot: slot.name },
    },
  };
}
