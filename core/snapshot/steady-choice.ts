/** Which of several nearly equal things was named last, so that a sentence does not name another one each second. */

/** Another thing takes the name when it is worse by more than this part. */
const margin = 0.15;

export class SteadyChoice {
  readonly #named = new Map<string, string>();

  /**
   * The worst of `items`: the one that was named for `what` before, while none is worse by more than 15 %, else the
   * worst of all. Of equal ones the first by `keyOf`.
   * @param badness 0 or more; the greater the worse
   */
  worst<T>(
    what: string,
    items: readonly T[],
    keyOf: (item: T) => string,
    badness: (item: T) => number,
  ): T | undefined {
    let worst: T | undefined;
    let before: T | undefined;
    for (const item of items) {
      if (keyOf(item) === this.#named.get(what)) before = item;
      const beyond = worst === undefined ? 1 : badness(item) - badness(worst);
      if (worst === undefined || beyond > 0 || (beyond === 0 && keyOf(item) < keyOf(worst))) worst = item;
    }
    if (worst === undefined) {
      this.#named.delete(what);
      return undefined;
    }
    const chosen = before !== undefined && badness(worst) <= badness(before) * (1 + margin) ? before : worst;
    this.#named.set(what, keyOf(chosen));
    return chosen;
  }
}
