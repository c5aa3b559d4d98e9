/** Where a provider's WAL stood and when: what turns a slot's position into seconds (the rule is core/lag's). */
export class WalBook {
  #at: number[] = [];
  #position: number[] = [];
  #keep: number;

  constructor(keep: number) {
    this.#keep = keep;
  }

  add(at: number, position: number): void {
    this.#at.push(at);
    this.#position.push(position);
    if (this.#at.length > this.#keep * 1.5) {
      this.#at = this.#at.slice(-this.#keep);
      this.#position = this.#position.slice(-this.#keep);
    }
  }

  /** Seconds since the position first passed `confirmed`; `atLeast` when that was before the oldest sample. */
  lag(confirmed: number, now: number): { seconds: number; atLeast: boolean } | null {
    const last = this.#position.at(-1);
    const first = this.#position[0];
    const oldest = this.#at[0];
    if (last === undefined || first === undefined || oldest === undefined) return null;
    if (confirmed >= last) return { seconds: 0, atLeast: false };
    if (confirmed < first) return { seconds: (now - oldest) / 1000, atLeast: true };
    let low = 0;
    let high = this.#position.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#position[middle] ?? 0) > confirmed) high = middle;
      else low = middle + 1;
    }
    const p1 = this.#position[low] ?? last;
    const t1 = this.#at[low] ?? now;
    const p0 = this.#position[low - 1] ?? p1;
    const t0 = this.#at[low - 1] ?? t1;
    const passed = p1 > p0 ? t0 + ((confirmed - p0) / (p1 - p0)) * (t1 - t0) : t0;
    return { seconds: Math.max(0, (now - passed) / 1000), atLeast: false };
  }
}
