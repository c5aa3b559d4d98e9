/** Where the objects of a snapshot's lists stand, by their keys: thousands of keys are not made anew with each poll. */
import { linkKey } from '#core/model/keys.ts';
import type { LinkSnapshot } from '#core/model/snapshot.ts';

const places = new WeakMap<readonly unknown[], ReadonlyMap<string, number>>();

/** The place of each key in a list. A list must not be changed after it was asked about; it is reckoned once. */
export function placesOf<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, number> {
  const known = places.get(items);
  if (known !== undefined) return known;
  const made = new Map(items.map((item, index) => [key(item), index]));
  places.set(items, made);
  return made;
}

/** Says that a list holds objects of the same keys in the same order as one before it. */
export function samePlaces(next: readonly unknown[], before: readonly unknown[]): void {
  const known = places.get(before);
  if (known !== undefined) places.set(next, known);
}

/** The link of that key (`linkKey`) among the links of a snapshot. */
export function linkOfKey(links: readonly LinkSnapshot[], key: string): LinkSnapshot | undefined {
  const place = placesOf(links, linkKey).get(key);
  return place === undefined ? undefined : links[place];
}
