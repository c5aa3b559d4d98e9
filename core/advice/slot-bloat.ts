/** A slot that keeps much WAL: the disk of its provider fills, or the slot is lost when its limit is reached. */
import type { SlotFacts } from '#core/model/facts.ts';
import { formatBytes, formatRate, formatSeconds } from '#core/model/format.ts';
import { isLost } from '#core/model/slot.ts';
import type { AdviceInput, FindingDraft, Rule } from './rule.ts';
import { type Runway, runwayOf, runwayText } from './runway.ts';

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
    detail: [why(slot, owner?.receiver ?? null), until(provider, owner?.receiver ?? null, runway, rate)].join(
      ' ',
    ),
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
    ],
    remedy: remedy(provider, slot, owner?.receiver ?? null),
  };
}

function why(slot: SlotFacts, receiver: string | null): string {
  if (!slot.active)
    return `Nobody reads the slot${receiver === null ? '' : `: ${receiver} is not connected to it`}.`;
  return 'The slot is read, and cannot let go of WAL: its receiver is behind, or a transaction has been open for long.';
}

function until(provider: string, receiver: string | null, runway: Runway, rate: number | null): string {
  const whom = receiver ?? 'its receiver';
  if (runway.bytesLeft === null) {
    const disk = `no limit is set (max_slot_wal_keep_size), so it grows until the disk of ${provider} is full, which stops ${provider}`;
    return rate === null || rate <= 0 ? `${upper(disk)}.` : `At ${formatRate(rate)}, ${disk}.`;
  }
  const text = runwayText(runway);
  if (runway.bytesLeft <= 0)
    return `Its limit is reached: the slot is lost at the next checkpoint, and ${whom} must be copied anew.`;
  if (text === null)
    return `${formatBytes(runway.bytesLeft)} more may be written before the slot is lost and ${whom} must be copied anew.`;
  return `At ${formatRate(rate ?? 0)}, ${whom} may stay away about ${text} more before ${provider} loses its slot and ${whom} must be copied anew.`;
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
