/**
 * The lag of every link, from the provider's side and the console's clock alone (docs/lag.md gives the reasons):
 * bytes behind is the WAL that the receiver has not confirmed, time behind is how long ago the provider's WAL went past
 * the confirmed position. It holds when the receiver is dead, when nothing is written, and for all engines with slots.
 */
import type { FastFacts, OriginFacts, SlotFacts, WalsenderFacts } from '#core/model/facts.ts';
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
  'systemIdentifier' | 'timeline' | 'walLsn' | 'slots' | 'walsenders' | 'sentRows'
>;

interface SlotMemory {
  lag: SlotLag;
  /** The last moment at which nothing was waiting; the lag is never older than that. */
  caughtUpAt: number | null;
  confirmed: bigint | null;
  /** Up to here nothing is waiting: see `reachedBy`. */
  reached: bigint | null;
  /** What had been sent when rows were last counted; 0: nothing, the slot or its reader came later. */
  countedSent: bigint | null;
  /** WAL that was sent after this position held no row for anybody, when rows were last counted. */
  quietFrom: bigint | null;
  at: number;
}

/** One slot in one poll of its provider, kept so that what its receiver says a moment later can be added. */
interface SlotReading {
  position: bigint;
  at: number;
  slot: SlotFacts;
  walsender: WalsenderFacts | undefined;
  before: SlotMemory | undefined;
  /** Rows that left the provider: not counted in this poll, as many as when they were last counted, or more. */
  rows: 'uncounted' | 'as-many' | 'more';
}

interface ProviderBook {
  samples: ProviderSamples;
  slots: Map<string, { reading: SlotReading; memory: SlotMemory }>;
  sentRows: number | null;
  /** Bytes per second between the last two readings. */
  lastRate: number | null;
}

/** Rates over a minute are steady enough to divide by; see `walBytesPerSecond`. */
const rateWindowMs = 60_000;
/** A receiver that was read after its provider may be ahead of it by this much, and not by the WAL of another server. */
const aheadBytes = 64n << 20n;

export class LagBook {
  #providers = new Map<string, ProviderBook>();
  /** By slot: the last commit of the provider that the receiver has applied. */
  #applied = new Map<string, { receiver: string; position: bigint }>();

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
      book.sentRows = null;
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
    const sentRows = reading.sentRows ?? null;
    const rows = sentRows === null ? 'uncounted' : !cut && sentRows === book.sentRows ? 'as-many' : 'more';
    if (cut || sentRows !== null) book.sentRows = sentRows;
    const slots: ProviderBook['slots'] = new Map();
    for (const slot of reading.slots) {
      const walsender = slot.activePid === null ? undefined : walsenders.get(slot.activePid);
      const before = book.slots.get(slot.name)?.memory;
      const slotReading = { position, at, slot, walsender, before, rows } as const;
      slots.set(slot.name, { reading: slotReading, memory: this.#measure(book.samples, slotReading) });
    }
    book.slots = slots;
  }

  /**
   * Takes what a receiver's replication origins say, which are named as the slots: the last commit that was applied.
   * A receiver may be slow to confirm what it has applied, while the provider decodes a large transaction.
   */
  applied(receiver: string, origins: readonly OriginFacts[]): void {
    for (const { name, remoteLsn } of origins) {
      const position = parseLsn(remoteLsn);
      if (position === null || this.#applied.get(name)?.position === position) continue;
      this.#applied.set(name, { receiver, position });
      for (const book of this.#providers.values()) {
        const known = book.slots.get(name);
        if (known) known.memory = this.#measure(book.samples, known.reading);
      }
    }
  }

  #measure(samples: ProviderSamples, reading: SlotReading): SlotMemory {
    const applied = this.#applied.get(reading.slot.name)?.position ?? null;
    const usable = applied !== null && applied < reading.position + aheadBytes;
    return measure(samples, reading, usable ? applied : null);
  }

  /** The lag of a slot in the provider's last good poll; null when the slot was not in it. */
  lagOf(provider: string, slot: string): SlotLag | null {
    return this.#providers.get(provider)?.slots.get(slot)?.memory.lag ?? null;
  }

  /** What the slot of a provider that holds most WAL held in its last good poll; 0 without slots, null when not known. */
  mostHeldBytes(provider: string): number | null {
    const slots = this.#providers.get(provider)?.slots;
    if (slots === undefined) return null;
    let most = 0;
    for (const { memory } of slots.values()) most = Math.max(most, memory.lag.walHeldBytes ?? 0);
    return most;
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

  /** Both as a provider and as a receiver. */
  forget(provider: string): void {
    this.#providers.delete(provider);
    for (const [slot, { receiver }] of this.#applied) if (receiver === provider) this.#applied.delete(slot);
  }

  #bookOf(provider: string): ProviderBook {
    const known = this.#providers.get(provider);
    if (known) return known;
    const book: ProviderBook = {
      samples: new ProviderSamples(),
      slots: new Map(),
      sentRows: null,
      lastRate: null,
    };
    this.#providers.set(provider, book);
    return book;
  }
}

function measure(samples: ProviderSamples, reading: SlotReading, applied: bigint | null): SlotMemory {
  const { position, at, slot, walsender, before } = reading;
  const confirmed = parseLsn(slot.confirmedFlushLsn);
  const restart = parseLsn(slot.restartLsn);
  const walHeldBytes = restart === null ? null : Math.max(0, lsnDistance(restart, position));
  const bytesPerSecond = confirmationRate(confirmed, at, before);
  const sent = parseLsn(walsender?.sentLsn);
  const quiet = quietOf(reading, sent);
  const quietFrom = reading.rows === 'as-many' ? quiet.quietFrom : null;
  const reached = confirmed === null ? null : reachedBy({ confirmed, applied, sent, quietFrom, position });
  const remember = (
    lag: Pick<SlotLag, 'lagBytes' | 'lagSeconds' | 'lagAtLeast'>,
    caughtUpAt: number | null,
  ) => ({
    lag: { ...lag, walHeldBytes, bytesPerSecond },
    caughtUpAt,
    confirmed,
    reached,
    ...quiet,
    at,
  });
  if (confirmed === null || reached === null) {
    return remember({ lagBytes: null, lagSeconds: null, lagAtLeast: false }, null);
  }
  if (reached >= position || isCaughtUp(reached, walsender)) {
    return remember({ lagBytes: 0, lagSeconds: 0, lagAtLeast: false }, at);
  }
  const caughtUpAt = before?.caughtUpAt ?? null;
  const passing = samples.passed(reached);
  // What stands still was passed as early as may be: a burst's last rows come at its end, not evenly with its bytes.
  const passedAt = (before?.reached === reached ? passing?.from : passing?.at) ?? at;
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

/** Equal counts tell of all the time between them, polls without a count included. */
function quietOf(
  { rows, before }: SlotReading,
  sent: bigint | null,
): Pick<SlotMemory, 'countedSent' | 'quietFrom'> {
  // Of a slot that was not there when rows were last counted, all that was sent was sent since.
  const countedSent = before === undefined ? 0n : before.countedSent;
  const quietFrom = before?.quietFrom ?? null;
  if (rows === 'uncounted') return { countedSent, quietFrom };
  return { countedSent: sent ?? 0n, quietFrom: rows === 'as-many' ? (quietFrom ?? countedSent) : null };
}

/**
 * The position up to which nothing is waiting: what is confirmed; or what the receiver has applied and not confirmed yet;
 * or, where all rows that ever left are there, what was sent since (empty transactions wait for an apply delay as well).
 */
function reachedBy(by: {
  confirmed: bigint;
  applied: bigint | null;
  sent: bigint | null;
  quietFrom: bigint | null;
  position: bigint;
}): bigint {
  const { confirmed, applied, sent, quietFrom, position } = by;
  const known = applied === null ? confirmed : greater(confirmed, lesser(applied, position));
  if (sent === null || quietFrom === null || known < quietFrom) return known;
  return greater(known, lesser(sent, position));
}

const greater = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const lesser = (a: bigint, b: bigint): bigint => (a < b ? a : b);

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
