/**
 * Slots of readers that the console does not know: a node that it does not watch, or one that somebody is adding with another
 * tool. Nothing is wrong with them; dropping one would destroy its node.
 */
import { countOf, formatBytes, formatNames, formatSeconds } from '#core/model/format.ts';
import { isLost } from '#core/model/slot.ts';
import { groupBeyond } from './group.ts';
import { type Joining, joiningNow } from './joining.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';
import { type Ownerless, ownerlessSlots } from './slot-readers.ts';

export const unknownReader: Rule = (input) => {
  const found = ownerlessSlots(input);
  const [join] = joiningNow(input);
  if (join !== undefined && found.length > 0) return [joining(input, join, found)];
  const findings = found.flatMap((each) =>
    each.verdict === 'unknown'
      ? [active(input, each)]
      : each.verdict === 'waiting'
        ? [waiting(input, each)]
        : [],
  );
  return groupBeyond(4, findings, (count) => ({
    title: `${countOf(count, 'slot')} belong to readers that the console does not know`,
    detail:
      'They are read by nodes that are not registered here, or were made for a node that somebody is adding. As far as the console can tell, none of them is left over.',
    remedy: {
      text: 'Watch the nodes that read them. Do not drop these slots: that would cut off their nodes for good.',
    },
  }));
};

/** One finding for all slots: which of them are the new node's, nobody here can tell. */
function joining(
  input: AdviceInput,
  { from, subscription, clientAddress }: Joining,
  slots: readonly Ownerless[],
): RuleFinding {
  const kept = slots.filter(({ since }) => since !== null);
  const held = kept.map(({ node, slot }) => {
    const bytes = input.memory.lag.lagOf(node, slot.name)?.walHeldBytes ?? null;
    return {
      name: `slot on ${node}`,
      value: `${slot.name}${bytes === null ? '' : `, ${formatBytes(bytes)} held`}`,
    };
  });
  return {
    severity: 'info',
    subject: { node: from },
    title: `A node that the console does not watch is being added: it copies from ${from}`,
    detail: `Its subscription ${subscription} takes a copy of ${from} now. ${kept.length === 0 ? 'The other nodes keep nothing for it.' : `${formatNames([...new Set(kept.map(({ node }) => node))])} ${kept.length === 1 ? 'keeps' : 'keep'} WAL for it meanwhile.`} When the copy is there its slots are read, and then the nodes subscribe to it; its own side is not seen from here. No slot of this cluster is reported as left over before that.`,
    evidence: [
      { name: 'subscription', value: subscription },
      ...(clientAddress === null ? [] : [{ name: 'client_addr', value: clientAddress }]),
      ...held,
    ],
    remedy: {
      text: 'Wait, or watch that node too: add its address under Settings. Do not drop these slots.',
    },
  };
}

/** Somebody reads it now. */
function active(input: AdviceInput, { node, slot }: Ownerless): RuleFinding {
  const walsender = input.nodes.get(node)?.fast?.value.walsenders.find(({ pid }) => pid === slot.activePid);
  return {
    severity: 'info',
    subject: { node, slot: slot.name },
    title: `A node that the console does not know reads from ${node}`,
    detail: `The slot ${slot.name} is in use, but no subscription of a watched node names it, so the console does not know whether that node is healthy. Meanwhile no slot of this cluster is reported as left over.`,
    evidence: [
      { name: 'slot', value: slot.name },
      { name: 'active', value: 't' },
      ...(walsender?.applicationName ? [{ name: 'application_name', value: walsender.applicationName }] : []),
      ...(walsender?.clientAddress ? [{ name: 'client_addr', value: walsender.clientAddress }] : []),
      { name: 'nodes read', value: formatNames([...input.nodes.keys()], 8) },
    ],
    remedy: { text: `Watch that node too: add its address under Settings.` },
  };
}

/** Made for a reader that has not come yet, or of one that nobody here knows. */
function waiting(input: AdviceInput, { node, slot, since, was, neverRead }: Ownerless): RuleFinding {
  const held = input.memory.lag.lagOf(node, slot.name)?.walHeldBytes ?? null;
  const rest = formatSeconds(Math.round((input.at - (since ?? input.at)) / 1000));
  return {
    severity: 'info',
    subject: { node, slot: slot.name },
    title: neverRead
      ? `${node} keeps a slot that nobody has read yet`
      : `${node} keeps the slot of an unknown reader`,
    detail: `${story(was, neverRead)}${held === null || isLost(slot) ? '' : ` It holds ${formatBytes(held)} of WAL.`}`,
    evidence: [
      { name: 'slot', value: slot.name },
      { name: 'inactive for', value: `at least ${rest}` },
      { name: 'restart_lsn', value: slot.restartLsn ?? 'NULL' },
      { name: 'nodes read', value: formatNames([...input.nodes.keys()], 8) },
    ],
    remedy: {
      text: 'Find out whether somebody is adding a node, and watch that node too. Do not drop the slot: without it, that node could not join or continue.',
    },
  };
}

function story(was: Ownerless['was'], neverRead: boolean): string {
  if (was !== null)
    return `It belonged to ${was.subscription} on ${was.receiver}, which the console no longer sees; and a node that the console does not watch reads from this cluster, or is named in it.`;
  return neverRead
    ? 'No subscription of a watched node names it, and nobody has read from it: it may have been made for a node that is being added.'
    : 'No subscription of a watched node names it. A node that the console does not watch has read it.';
}
