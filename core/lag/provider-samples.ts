/**
 * Where the WAL of one provider stood, and when: kept so that a position can be turned into the moment it was passed.
 * No clock of its own. About 250 kB when full: see `tiers`.
 */

/** What is kept: samples at least `everyMs` apart up to an age of `untilMs`. Older than the last: forgotten. */
const tiers = [
  { untilMs: 15 * 60_000, everyMs: 0 },
  { untilMs: 24 * 3_600_000, everyMs: 15_000 },
  { untilMs: 30 * 86_400_000, everyMs: 300_000 },
] as const;

/** Thinning goes over all samples, so it waits until this many have come. */
const thinAfter = 300;

/** The moment at which a position was first passed. `before`: it was passed before the oldest sample, at or before `at`. */
export interface Passing {
  at: number;
  /** The last moment at which it is known not to have been passed; `at` where that is long before, or not known. */
  from: number;
  before: boolean;
}

/** Samples further apart than this have been thinned: the earlier one says nothing of when between them. */
const nextSampleMs = 5000;

/** Rates of neighbouring samples that differ by more than this are of a burst. */
const unevenTimes = 3;

export class ProviderSamples {
  /** Positions are kept as bytes after the first one: exact, and numbers rather than bigints. */
  #base = 0n;
  #at: number[] = [];
  #offset: number[] = [];
  #identity: string | null = null;
  #sinceThinned = 0;

  /**
   * Takes a reading. Samples before it are cut when they speak of another WAL: another server or timeline, a position
   * or a clock that went back (a restored server; a console whose clock was set).
   * @returns whether older samples were cut
   */
  record(identity: string, at: number, position: bigint): boolean {
    const lastAt = this.#at.at(-1);
    const lastOffset = this.#offset.at(-1);
    const cut =
      lastAt !== undefined &&
      lastOffset !== undefined &&
      (identity !== this.#identity || at < lastAt || position < this.#base + BigInt(lastOffset));
    if (cut) this.clear();
    if (this.#at.length === 0) {
      this.#base = position;
      this.#identity = identity;
    }
    const offset = Number(position - this.#base);
    // While the WAL stands still its first and last moment say all.
    if (this.#offset.at(-1) === offset && this.#offset.at(-2) === offset) this.#at[this.#at.length - 1] = at;
    else {
      this.#at.push(at);
      this.#offset.push(offset);
    }
    this.#sinceThinned += 1;
    if (this.#sinceThinned >= thinAfter) this.#thin(at);
    return cut;
  }

  clear(): void {
    this.#at = [];
    this.#offset = [];
    this.#identity = null;
  }

  get count(): number {
    return this.#at.length;
  }

  /** The newest position; null when there is none. */
  get newest(): bigint | null {
    const offset = this.#offset.at(-1);
    return offset === undefined ? null : this.#base + BigInt(offset);
  }

  get newestAt(): number | null {
    return this.#at.at(-1) ?? null;
  }

  /**
   * When the WAL first went past `position`; null: it has not yet. Between two samples by interpolation, and as early as
   * may be where a burst began or ended between them: then bytes say nothing of time.
   */
  passed(position: bigint): Passing | null {
    const wanted = Number(position - this.#base);
    const index = this.#firstAfter(wanted);
    const at = this.#at[index];
    const offset = this.#offset[index];
    if (at === undefined || offset === undefined) return null;
    const previousAt = this.#at[index - 1];
    const previousOffset = this.#offset[index - 1];
    if (previousAt === undefined || previousOffset === undefined) return { at, from: at, before: true };
    const part = (wanted - previousOffset) / (offset - previousOffset);
    const evenly = previousAt + part * (at - previousAt);
    if (at - previousAt > nextSampleMs) return { at: evenly, from: evenly, before: false };
    return { at: this.#isEven(index) ? evenly : previousAt, from: previousAt, before: false };
  }

  /** Whether WAL was written as fast before and after the samples `index - 1` and `index`: no burst began or ended there. */
  #isEven(index: number): boolean {
    const rate = this.#rateBefore(index) ?? 0;
    return [this.#rateBefore(index - 1), this.#rateBefore(index + 1)].every(
      (other) => other === null || (other <= rate * unevenTimes && rate <= other * unevenTimes),
    );
  }

  #rateBefore(index: number): number | null {
    const [at, previousAt] = [this.#at[index], this.#at[index - 1]];
    const [offset, previousOffset] = [this.#offset[index], this.#offset[index - 1]];
    if (at === undefined || previousAt === undefined || at <= previousAt) return null;
    return ((offset ?? 0) - (previousOffset ?? 0)) / (at - previousAt);
  }

  /** WAL written per second over the last `windowMs`; null with fewer than two samples. */
  rate(windowMs: number): number | null {
    const lastAt = this.#at.at(-1);
    const lastOffset = this.#offset.at(-1);
    const firstAt = this.#at[0];
    if (lastAt === undefined || lastOffset === undefined || firstAt === undefined) return null;
    const from = Math.max(lastAt - windowMs, firstAt);
    if (lastAt <= from) return null;
    return ((lastOffset - this.#offsetAt(from)) / (lastAt - from)) * 1000;
  }

  /** The position, as an offset, at a moment within the samples. */
  #offsetAt(moment: number): number {
    let index = this.#at.length - 1;
    while (index > 0 && (this.#at[index] ?? 0) > moment) index -= 1;
    const at = this.#at[index] ?? 0;
    const offset = this.#offset[index] ?? 0;
    const nextAt = this.#at[index + 1];
    const nextOffset = this.#offset[index + 1];
    if (nextAt === undefined || nextOffset === undefined || nextAt === at) return offset;
    return offset + ((moment - at) / (nextAt - at)) * (nextOffset - offset);
  }

  /** Index of the first sample whose position is beyond `wanted`; the number of samples when none is. */
  #firstAfter(wanted: number): number {
    let low = 0;
    let high = this.#offset.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#offset[middle] ?? 0) > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #thin(now: number): void {
    this.#sinceThinned = 0;
    const at: number[] = [];
    const offset: number[] = [];
    for (let index = 0; index < this.#at.length; index += 1) {
      const moment = this.#at[index] ?? 0;
      const tier = tiers.find((candidate) => now - moment <= candidate.untilMs);
      if (tier === undefined) continue;
      const keptAt = at.at(-1);
      // The sample before the next tier stays, or the first one kept would seem to be the oldest ever taken.
      if (keptAt !== undefined && moment - keptAt < tier.everyMs) continue;
      at.push(moment);
      offset.push(this.#offset[index] ?? 0);
    }
    this.#at = at;
    this.#offset = offset;
  }
}
