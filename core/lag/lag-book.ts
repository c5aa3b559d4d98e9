/**
 * The lag of every link, from the provider's side and the console's clock alone (docs/lag.md gives the reasons):
 * bytes behind is the WAL that the receiver has not confirmed, time behind is how long ago the provider's WAL went past
 * the confirmed position. It holds when the receiver is dead, when nothing is written, and for all engines with slots.
 */
import type { FastFacts, SlotFacts, WalsenderFacts } from '#core/model/facts.ts';
import { lsnDistance, parseLsn } from './lsn.ts';
import { ProviderSamples } from './provider-samples.ts';

/** The lag of one slot as its provider was last read. Null is unknown. */
export interface SlotLag {
  lagBytes: number | null;
  lagSeconds: number | null;
  /** The lag is this or more. */
  lagAtLeast: boolean;
  /** WAL that the slot keeps from being removed. */
  walHeldBytes: number | null;
  /** WAL confirmed per second, from the last two readings. */
  bytesPerSecond: number | null;
}

/** What a provider says of its WAL and its slots in one poll. */
export type ProviderReading = Pick<
  FastFacts,
  'systemIdentifier' | 'timeline' | 'walLsn' | 'slots' | 'walsenders'
>;

interface SlotMemory {
  lag: SlotLag;
  /** The last moment at which nothing was waiting; the lag is never older than that. */
  caughtUpAt: number | null;
  confirmed: bigint | null;
  at: number;
}

interface ProviderBook {
  samples: ProviderSamples;
  slots: Map<string, SlotMemory>;
  /** Bytes per second between the last two readings. */
  lastRate: number | null;
}

/** Rates over a minute are steady enough to divide by; see `walBytesPerSecond`. */
const rateWindowMs = 60_000;

export class LagBook {
  #providers = new Map<string, ProviderBook>();

  /**
   * Takes one good poll of a provider and works out the lag of its slots.
   * @param at milliseconds on the console's clock: the moment that the reading speaks of
   */
  observe(provider: string, at: number, reading: ProviderReading): void {
    const book = this.#bookOf(provider);
    const position = parseLsn(reading.walLsn);
    if (position === null) {
      // A standby, or no answer: positions from before would be compared with those of another WAL.
      book.samples.clear();
      book.slots.clear();
      book.lastRate = null;
      return;
    }
    const newest = book.samples.newest;
    const newestAt = book.samples.newestAt;
    const identity = `${reading.systemIdentifier ?? '?'}/${reading.timeline ?? '?'}`;
    const cut = book.samples.record(identity, at, position);
    if (cut) book.slots.clear();
    const elapsed = cut || newest === null || newestAt === null ? 0 : at - newestAt;
    book.lastRate = elapsed > 0 ? (lsnDistance(newest ?? position, position) / elapsed) * 1000 : null;
    const walsenders = new Map(reading.walsenders.map((walsender) => [walsender.pid, walsender]));
    const slots = new Map<string, SlotMemory>();
    for (const slot of reading.slots) {
      const walsender = slot.activePid === null ? undefined : walsenders.get(slot.activePid);
      slots.set(slot.name, measure(book.samples, position, at, slot, walsender, book.slots.get(slot.name)));
    }
    book.slots = slots;
  }

  /** The lag of a slot in the provider's last good poll; null when the slot was not in it. */
  lagOf(provider: string, slot: string): SlotLag | null {
    return this.#providers.get(provider)?.slots.get(slot)?.lag ?? null;
  }

  /** WAL written per second between the last two readings; null until there are two. */
  lastWalRate(provider: string): number | null {
    return this.#providers.get(provider)?.lastRate ?? null;
  }

  /** WAL written per second over the last minute; null until there are two readings. */
  walBytesPerSecond(provider: string): number | null {
    return this.#providers.get(provider)?.samples.rate(rateWindowMs) ?? null;
  }

  /** Takes a sample of an earlier life from the history, oldest first, before the first `observe`. */
  restore(provider: string, identity: string, at: number, walLsn: string): void {
    const position = parseLsn(walLsn);
    if (position !== null) this.#bookOf(provider).samples.record(identity, at, position);
  }

  forget(provider: string): void {
    this.#providers.delete(provider);
  }

  #bookOf(provider: string): ProviderBook {
    const known = this.#providers.get(provider);
    if (known) return known;
    const book = { samples: new ProviderSamples(), slots: new Map<string, SlotMemory>(), lastRate: null };
    this.#providers.set(provider, book);
    return book;
  }
}

function measure(
  samples: ProviderSamples,
  position: bigint,
  at: number,
  slot: SlotFacts,
  walsender: WalsenderFacts | undefined,
  before: SlotMemory | undefined,
): SlotMemory {
  const confirmed = parseLsn(slot.confirmedFlushLsn);
  const restart = parseLsn(slot.restartLsn);
  const walHeldBytes = restart === null ? null : Math.max(0, lsnDistance(restart, position));
  const bytesPerSecond = confirmationRate(confirmed, at, before);
  const remember = (
    lag: Pick<SlotLag, 'lagBytes' | 'lagSeconds' | 'lagAtLeast'>,
    caughtUpAt: number | null,
  ) => ({
    lag: { ...lag, walHeldBytes, bytesPerSecond },
    caughtUpAt,
    confirmed,
    at,
  });
  if (confirmed === null) return remember({ lagBytes: null, lagSeconds: null, lagAtLeast: false }, null);
  if (confirmed >= position || isCaughtUp(confirmed, walsender)) {
    return remember({ lagBytes: 0, lagSeconds: 0, lagAtLeast: false }, at);
  }
  const caughtUpAt = before?.caughtUpAt ?? null;
  const passing = samples.passed(confirmed);
  const passedAt = passing?.at ?? at;
  const behindSince = caughtUpAt === null ? passedAt : Math.max(passedAt, caughtUpAt);
  return remember(
    {
      lagBytes: lsnDistance(confirmed, position),
      lagSeconds: Math.max(0, at - behindSince) / 1000,
      lagAtLeast: passing?.before === true && caughtUpAt === null,
    },
    caughtUpAt,
  );
}

/**
 * The walsender has sent all there is to send, all of it is confirmed, and it waits for more to be written. What P − C
 * then shows (a partial record, WAL of an open or rolled back transaction) is not waiting for the receiver.
 * PostgreSQL 17 spells the event WalSenderWaitForWal.
 */
function isCaughtUp(confirmed: bigint, walsender: WalsenderFacts | undefined): boolean {
  if (walsender?.waitEvent?.toLowerCase() !== 'walsenderwaitforwal') return false;
  const sent = parseLsn(walsender.sentLsn);
  return sent !== null && confirmed >= sent;
}

function confirmationRate(
  confirmed: bigint | null,
  at: number,
  before: SlotMemory | undefined,
): number | null {
  if (confirmed === null || before === undefined || before.confirmed === null || at <= before.at) return null;
  return Math.max(0, (lsnDistance(before.confirmed, confirmed) / (at - before.at)) * 1000);
}
