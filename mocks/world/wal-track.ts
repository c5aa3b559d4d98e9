/** Where a simulated server's WAL stood in the last half hour: what lets a receiver be a given time behind. */
const KEPT_MS = 45 * 60_000;

export class WalTrack {
  #at: number[] = [];
  #position: number[] = [];

  add(at: number, position: number): void {
    this.#at.push(at);
    this.#position.push(position);
    if ((this.#at[0] ?? at) < at - 2 * KEPT_MS) {
      const from = this.#firstFrom(at - KEPT_MS);
      this.#at = this.#at.slice(from);
      this.#position = this.#position.slice(from);
    }
  }

  /** The position at a moment, between two known ones by interpolation; the oldest known one before them. */
  positionAt(moment: number): number {
    const index = this.#firstFrom(moment);
    const at = this.#at[index];
    const position = this.#position[index];
    if (at === undefined || position === undefined) return this.#position.at(-1) ?? 0;
    const before = this.#at[index - 1];
    const from = this.#position[index - 1];
    if (before === undefined || from === undefined || at === before) return position;
    return Math.floor(from + ((moment - before) / (at - before)) * (position - from));
  }

  /** When it first had written up to the position, as far as it is known; null: that is longer ago than is kept, or never. */
  momentOf(position: number): number | null {
    const index = this.#position.findIndex((each) => each >= position);
    return this.#at[index] ?? null;
  }

  #firstFrom(moment: number): number {
    let low = 0;
    let high = this.#at.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#at[middle] ?? 0) < moment) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
