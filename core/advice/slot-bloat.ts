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
    return 'The slot is in use but cannot release WAL: its receiver is behind, or a transaction has been open for a long time.';
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
      return `The worker of ${name} on ${receiver} connects to the slot, fails, and connects again.`;
    default:
      return `Nobody reads the slot: ${receiver} is up but not connected to it.`;
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
    return `${said}. How long that takes is unknown, since no SQL function reports free disk space. Enter the free space of ${provider} under Settings.`;
  }
  const full = `the disk of ${provider} is full, which stops ${provider}`;
  const end = ends === 'slot' ? `${provider} loses its slot and ${whom} must be copied again` : full;
  if (bytesLeft <= 0) {
    if (ends === 'slot')
      return `Its limit is reached: the slot is lost at the next checkpoint, and ${whom} must be copied again.`;
    return `${spent(provider, runway)}: check the disk of ${provider} now. When it is full, ${provider} stops.`;
  }
  const text = runwayText(runway);
  const said =
    text === null
      ? `${formatBytes(bytesLeft)} more can be written before ${end}`
      : `At ${formatRate(rate ?? 0)}, ${away ? `${whom} can stay away for about ${text} more` : `there is room for about ${text} more`} before ${end}`;
  if (ends === 'slot' || disk === null) return `${said}.`;
  return `${said}: ${
    disk.room.source === 'machine'
      ? `${formatBytes(bytesLeft)} is free on this machine's disk, where all its servers write`
      : `${formatBytes(bytesLeft)} is left of the ${formatBytes(disk.room.freeBytes)} of free space entered for ${provider} ${agoText(input, disk.room)}${disk.room.heldBytes === null ? ', not counting what was written since' : ''}`
  }.`;
}

function spent(provider: string, { disk }: Runway): string {
  if (disk?.room.source !== 'entered') return "This machine's disk has no free space";
  return `The ${formatBytes(disk.room.freeBytes)} of free space entered for ${provider} is used up`;
}

function freeText(input: AdviceInput, { disk }: Runway): string {
  if (disk === null) return 'unknown: no SQL function reports it';
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
      text: `Look on ${provider} for a transaction that has been open for a long time, and on ${owner?.receiver ?? 'the receiver'} for what its apply worker is waiting for.`,
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
      if (plan === null) return { text: `Bring ${receiver} back: it then receives the waiting changes.` };
      return {
        text: `Bring ${receiver} back. If it is gone for good, give it up: ${provider} releases the WAL, and to return ${receiver} must be copied again.`,
        plan,
      };
    }
    case 'unread':
      return {
        text: `${receiver} cannot be read, so the console cannot tell whether it still uses the slot. See the finding about ${receiver} first, and drop nothing until that is known.`,
      };
    case 'disabled':
      return {
        text: `${receiver} is up, and ${name} is disabled: enable it, and it receives the waiting changes. If they are no longer wanted, drop ${name}; its slot is dropped with it.`,
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
        text: `${receiver} is up, and the worker of ${name} keeps failing: see the finding apply-loop. Drop nothing: the waiting changes would be lost on ${receiver}.`,
      };
    case 'unreached':
      return {
        text: `${receiver} is up but cannot reach ${provider}: see the finding stale-interface. Replication then continues by itself.`,
      };
    default:
      return {
        text: `${receiver} is up, and ${name} is down: see the finding subscription-down. Replication then continues by itself.`,
      };
  }
}

function nobodys(input: AdviceInput, provider: string, slot: SlotFacts): string {
  const node = input.nodes.get(provider);
  const keeper = node && keeperOf(input, node, slot);
  if (keeper) return keeper.advice.remedies['slot-bloat'].group;
  if (slot.type === 'physical')
    return 'It belongs to a standby, or to a program that archives WAL: find out which. Drop it only if nothing will read it again.';
  return 'Find out what this slot is for: a node that the console does not watch, a node that is being added, another program. Drop it only if nothing will read it again.';
}
