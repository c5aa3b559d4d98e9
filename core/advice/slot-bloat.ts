/** A slot that keeps much WAL: the disk of its provider fills, or the slot is lost when its limit is reached. */
import type { SlotFacts } from '#core/model/facts.ts';
import { formatBytes, formatRate, formatSeconds } from '#core/model/format.ts';
import { isLost } from '#core/model/slot.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { causeOf } from './cause.ts';
import { giveUp } from './give-up.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';
import { agoText, type Runway, runwayOf, runwayText } from './runway.ts';
import { keeperOf } from './slot-use.ts';

/** A slot with less time than this left is spoken of whatever it holds, and then it is urgent. */
const urgentSeconds = 30 * 60;

export const slotBloat: Rule = (input) => {
  const findings: RuleFinding[] = [];
  for (const node of input.facts.nodes) {
    if (node.state !== 'up') continue;
    for (const slot of input.nodes.get(node.name)?.fast?.value.slots ?? []) {
      if (isLost(slot)) continue;
      const held = input.memory.lag.lagOf(node.name, slot.name)?.walHeldBytes ?? null;
      const runway = runwayOf(input, node.name, slot, held);
      const urgent =
        slot.walStatus === 'unreserved' ||
        (!slot.active && runway.seconds !== null && runway.seconds < urgentSeconds);
      if (held === null || (held < input.facts.thresholds.walHeldBytes && !urgent)) continue;
      findings.push(findingOf(input, node.name, slot, held, runway, urgent));
    }
  }
  return findings;
};

function findingOf(
  input: AdviceInput,
  provider: string,
  slot: SlotFacts,
  held: number,
  runway: Runway,
  urgent: boolean,
): RuleFinding {
  const owner = input.slotOwners.get(provider, slot.name);
  const rate = input.memory.lag.walBytesPerSecond(provider);
  const inactiveSince = input.memory.workers.slotInactiveSince(provider, slot.name);
  return {
    severity: urgent ? 'critical' : 'warning',
    // When it is reached, nothing goes on: it comes before what is past.
    ...(urgent && { effect: 'stops-data' as const }),
    subject: { node: provider, ...(owner && { receiver: owner.receiver }), slot: slot.name },
    title: `${provider} holds ${formatBytes(held)} of WAL for ${owner?.receiver ?? `the slot ${slot.name}`}`,
    detail: `${why(input, slot, owner)} ${until(input, provider, owner?.receiver ?? null, runway, isAway(input, owner))}`,
    evidence: [
      { name: 'slot', value: slot.name },
      { name: 'active', value: slot.active ? 't' : 'f' },
      ...(inactiveSince === null
        ? []
        : [{ name: 'inactive for', value: formatSeconds(Math.round((input.at - inactiveSince) / 1000)) }]),
      { name: 'restart_lsn', value: slot.restartLsn ?? '' },
      { name: 'confirmed_flush_lsn', value: slot.confirmedFlushLsn ?? '' },
      { name: 'wal_status', value: slot.walStatus ?? 'not visible' },
      ...(rate === null ? [] : [{ name: `${provider} writes`, value: formatRate(rate) }]),
      {
        name: 'max_slot_wal_keep_size',
        value: runway.limitBytes === null ? 'no limit, or not visible' : formatBytes(runway.limitBytes),
      },
      { name: `free on the disk of ${provider}`, value: freeText(input, runway) },
    ],
    remedy: remedy(input, provider, slot, owner),
  };
}

function why(input: AdviceInput, slot: SlotFacts, owner: SubscriptionSnapshot | undefined): string {
  if (slot.active)
    return 'The slot is read, and cannot let go of WAL: its receiver is behind, or a transaction has been open for long.';
  if (owner === undefined) return 'Nobody reads the slot.';
  const { receiver, name } = owner;
  switch (causeOf(input, owner)?.kind) {
    case 'down':
      return `Nobody reads the slot: ${receiver} does not answer.`;
    case 'unread':
      return `Nobody reads the slot, and ${receiver} cannot be read.`;
    case 'disabled':
      return `Nobody reads the slot: ${name} is disabled on ${receiver}, which is up.`;
    case 'disabled-by-exception':
      return `Nobody reads the slot: an exception has disabled ${name} on ${receiver}, which is up.`;
    case 'failing':
      return `The worker of ${name} on ${receiver} comes to the slot, fails, and comes again.`;
    default:
      return `Nobody reads the slot: ${receiver} is up, and not connected to it.`;
  }
}

/** Only of a receiver that is not there it is asked how long it may stay away. */
const isAway = (input: AdviceInput, owner: SubscriptionSnapshot | undefined): boolean =>
  owner !== undefined && causeOf(input, owner)?.kind === 'down';

function until(
  input: AdviceInput,
  provider: string,
  receiver: string | null,
  runway: Runway,
  away: boolean,
): string {
  const whom = receiver ?? 'its receiver';
  const { ends, bytesLeft, rate, disk } = runway;
  if (ends === null || bytesLeft === null) {
    const writes = input.memory.lag.walBytesPerSecond(provider);
    const full = `no limit is set (max_slot_wal_keep_size), so it grows until the disk of ${provider} is full, which stops ${provider}`;
    const said = writes === null || writes <= 0 ? upper(full) : `At ${formatRate(writes)}, ${full}`;
    return `${said}. When, is not known: no SQL function reports the free disk. Enter under Settings how much ${provider} has.`;
  }
  const full = `the disk of ${provider} is full, which stops ${provider}`;
  const end = ends === 'slot' ? `${provider} loses its slot and ${whom} must be copied again` : full;
  if (bytesLeft <= 0) {
    if (ends === 'slot')
      return `Its limit is reached: the slot is lost at the next checkpoint, and ${whom} must be copied again.`;
    return `${spent(provider, runway)}: look at the disk of ${provider} now. When it is full, ${provider} stops.`;
  }
  const text = runwayText(runway);
  const said =
    text === null
      ? `${formatBytes(bytesLeft)} more may be written before ${end}`
      : `At ${formatRate(rate ?? 0)}, ${away ? `${whom} may stay away about ${text} more` : `there is room for about ${text} more`} before ${end}`;
  if (ends === 'slot' || disk === null) return `${said}.`;
  return `${said}: ${
    disk.room.source === 'machine'
      ? `${formatBytes(bytesLeft)} are free, as this machine's disk reports; all its servers write there`
      : `${formatBytes(bytesLeft)} are left of the ${formatBytes(disk.room.freeBytes)} that you said ${provider} has free, ${agoText(input, disk.room)}${disk.room.heldBytes === null ? ', without what was written since' : ''}`
  }.`;
}

function spent(provider: string, { disk }: Runway): string {
  if (disk?.room.source !== 'entered') return "Nothing is free on this machine's disk";
  return `The ${formatBytes(disk.room.freeBytes)} that you said ${provider} has free are used up`;
}

function freeText(input: AdviceInput, { disk }: Runway): string {
  if (disk === null) return 'not known: no SQL function reports it';
  const left = formatBytes(Math.max(0, disk.bytesLeft));
  if (disk.room.source === 'machine') return `${left}, this machine's file system`;
  return `${left} of ${formatBytes(disk.room.freeBytes)}, entered ${agoText(input, disk.room)}`;
}

const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** By why the slot is not read: what is up is not to be brought back, and what is only disabled is not to be dropped. */
function remedy(
  input: AdviceInput,
  provider: string,
  slot: SlotFacts,
  owner: SubscriptionSnapshot | undefined,
): RuleFinding['remedy'] {
  if (slot.active) {
    return {
      text: `Look on ${provider} for a transaction that is open for long, and on ${owner?.receiver ?? 'the receiver'} for what its apply worker waits for.`,
      sql: [
        'SELECT pid, usename, application_name, state, xact_start, query FROM pg_stat_activity WHERE xact_start IS NOT NULL ORDER BY xact_start',
      ],
    };
  }
  if (owner === undefined) return { text: nobodys(input, provider, slot) };
  const { receiver, name } = owner;
  const cause = causeOf(input, owner);
  switch (cause?.kind) {
    case 'down': {
      const plan = giveUp(input, receiver, true);
      if (plan === null) return { text: `Bring ${receiver} back: then it takes what waits.` };
      return {
        text: `Bring ${receiver} back. If it is gone for good, give it up: ${provider} lets go of what it holds, and ${receiver} must be copied again to return.`,
        plan,
      };
    }
    case 'unread':
      return {
        text: `${receiver} cannot be read, so whether it reads the slot by another way is not known: see what is said of ${receiver} first. Drop nothing until that is known.`,
      };
    case 'disabled':
      return {
        text: `${receiver} is up, and ${name} is disabled: enable it, and it takes what waits. If what it would take is no longer wanted, drop ${name}: its slot goes with it.`,
        sql: input.engineOf(owner.engine).advice.remedies['slot-bloat'].disabled(owner),
        plan: {
          kind: 'subscription-enable',
          cluster: input.facts.cluster,
          receiver,
          subscription: name,
        },
      };
    case 'disabled-by-exception':
      return {
        text: `${receiver} is up, and a transaction that it could not apply has disabled ${name}: see the finding disabled-by-exception.`,
      };
    case 'failing':
      return {
        text: `${receiver} is up, and the worker of ${name} fails again and again: see the finding apply-loop. Drop nothing: what waits would be lost on ${receiver}.`,
      };
    case 'unreached':
      return {
        text: `${receiver} is up, and does not get to ${provider}: see the finding stale-interface. What waits then goes on by itself.`,
      };
    default:
      return {
        text: `${receiver} is up, and ${name} is down: see the finding subscription-down. What waits then goes on by itself.`,
      };
  }
}

function nobodys(input: AdviceInput, provider: string, slot: SlotFacts): string {
  const node = input.nodes.get(provider);
  const keeper = node && keeperOf(input, node, slot);
  if (keeper) return keeper.advice.remedies['slot-bloat'].group;
  if (slot.type === 'physical')
    return 'It is that of a standby, or of a program that archives WAL: find out whose. Drop it only when nobody will ever read it again.';
  return 'Find out who this slot is for: a node that the console does not watch, one that is being added, another program. Drop it only when nobody will ever read it again.';
}
