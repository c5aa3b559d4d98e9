/** A slot that keeps much WAL: the disk of its provider fills, or the slot is lost when its limit is reached. */
import type { SlotFacts } from '#core/model/facts.ts';
import { formatBytes, formatRate, formatSeconds } from '#core/model/format.ts';
import { isLost } from '#core/model/slot.ts';
import type { AdviceInput, FindingDraft, Rule } from './rule.ts';
import { agoText, type Runway, runwayOf, runwayText } from './runway.ts';

/** A slot with less time than this left is spoken of whatever it holds, and then it is urgent. */
const urgentSeconds = 30 * 60;

export const slotBloat: Rule = (input) => {
  const drafts: FindingDraft[] = [];
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
      drafts.push(draft(input, node.name, slot, held, runway, urgent));
    }
  }
  return drafts;
};

function draft(
  input: AdviceInput,
  provider: string,
  slot: SlotFacts,
  held: number,
  runway: Runway,
  urgent: boolean,
): FindingDraft {
  const owner = input.slotOwners.get(provider, slot.name);
  const rate = input.memory.lag.walBytesPerSecond(provider);
  const inactiveSince = input.memory.workers.slotInactiveSince(provider, slot.name);
  return {
    severity: urgent ? 'critical' : 'warning',
    subject: { node: provider, ...(owner && { receiver: owner.receiver }), slot: slot.name },
    title: `${provider} holds ${formatBytes(held)} of WAL for ${owner?.receiver ?? `the slot ${slot.name}`}`,
    detail: `${why(slot, owner?.receiver ?? null)} ${until(input, provider, owner?.receiver ?? null, runway)}`,
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
    remedy: remedy(provider, slot, owner?.receiver ?? null),
  };
}

function why(slot: SlotFacts, receiver: string | null): string {
  if (!slot.active)
    return `Nobody reads the slot${receiver === null ? '' : `: ${receiver} is not connected to it`}.`;
  return 'The slot is read, and cannot let go of WAL: its receiver is behind, or a transaction has been open for long.';
}

function until(input: AdviceInput, provider: string, receiver: string | null, runway: Runway): string {
  const whom = receiver ?? 'its receiver';
  const { ends, bytesLeft, rate, disk } = runway;
  if (ends === null || bytesLeft === null) {
    const writes = input.memory.lag.walBytesPerSecond(provider);
    const full = `no limit is set (max_slot_wal_keep_size), so it grows until the disk of ${provider} is full, which stops ${provider}`;
    const said = writes === null || writes <= 0 ? upper(full) : `At ${formatRate(writes)}, ${full}`;
    return `${said}. When, is not known: no SQL function tells the free disk. Say under Settings how much ${provider} has.`;
  }
  const full = `the disk of ${provider} is full, which stops ${provider}`;
  const end = ends === 'slot' ? `${provider} loses its slot and ${whom} must be copied anew` : full;
  if (bytesLeft <= 0) {
    if (ends === 'slot')
      return `Its limit is reached: the slot is lost at the next checkpoint, and ${whom} must be copied anew.`;
    return `${spent(provider, runway)}: look at the disk of ${provider} now. When it is full, ${provider} stops.`;
  }
  const text = runwayText(runway);
  const said =
    text === null
      ? `${formatBytes(bytesLeft)} more may be written before ${end}`
      : `At ${formatRate(rate ?? 0)}, ${whom} may stay away about ${text} more before ${end}`;
  if (ends === 'slot' || disk === null) return `${said}.`;
  return `${said}: ${
    disk.room.source === 'machine'
      ? `${formatBytes(bytesLeft)} are free, as this machine's disk tells; all its servers write there`
      : `${formatBytes(bytesLeft)} are left of the ${formatBytes(disk.room.freeBytes)} that you said ${provider} has free, ${agoText(input, disk.room)}${disk.room.heldBytes === null ? ', without what was written since' : ''}`
  }.`;
}

function spent(provider: string, { disk }: Runway): string {
  if (disk?.room.source !== 'entered') return "Nothing is free on this machine's disk";
  return `The ${formatBytes(disk.room.freeBytes)} that you said ${provider} has free are used up`;
}

function freeText(input: AdviceInput, { disk }: Runway): string {
  if (disk === null) return 'not known: no SQL function tells it';
  const left = formatBytes(Math.max(0, disk.bytesLeft));
  if (disk.room.source === 'machine') return `${left}, this machine's file system`;
  return `${left} of ${formatBytes(disk.room.freeBytes)}, entered ${agoText(input, disk.room)}`;
}

const upper = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function remedy(provider: string, slot: SlotFacts, receiver: string | null): FindingDraft['remedy'] {
  if (slot.active) {
    return {
      text: `Look on ${provider} for a transaction that is open for long, and on ${receiver ?? 'the receiver'} for what its apply worker waits for.`,
      sql: [
        'SELECT pid, usename, application_name, state, xact_start, query FROM pg_stat_activity WHERE xact_start IS NOT NULL ORDER BY xact_start',
      ],
    };
  }
  return {
    text:
      receiver === null
        ? `Find out who this slot is for. Drop it only when nobody will ever read it again.`
        : `Bring ${receiver} back. If it will not come back, drop its subscription to ${provider}: its slot goes with it.`,
  };
}
