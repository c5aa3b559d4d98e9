/** A map by two names, provider and receiver or node and slot: no key is composed, which thousands a second would cost. */
export class PairMap<T> {
  readonly #byFirst = new Map<string, Map<string, T>>();

  static from<T>(items: Iterable<T>, names: (item: T) => readonly [string, string]): PairMap<T> {
    const map = new PairMap<T>();
    for (const item of items) map.set(...names(item), item);
    return map;
  }

  get(first: string, second: string): T | undefined {
    return this.#byFirst.get(first)?.get(second);
  }

  set(first: string, second: string, item: T): void {
    const known = this.#byFirst.get(first);
    if (known) known.set(second, item);
    else this.#byFirst.set(first, new Map([[second, item]]));
  }
}
