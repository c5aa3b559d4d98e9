/**
 * How new data of a query takes the place of the old, for what the event stream writes. What did not change there is the same object
 * already (core/snapshot/change.ts), so that comparing thousands of links in depth, as the query library does, would find nothing
 * and take longer than all else of a poll.
 */

/** The old value where the new one holds the very same things, one level deep, else the new one. */
export function shareFlat(before: unknown, after: unknown): unknown {
  if (before === after || !isObject(before) || !isObject(after)) return after;
  if (Array.isArray(before) || Array.isArray(after))
    return Array.isArray(before) && Array.isArray(after) && haveSameItems(before, after) ? before : after;
  const keys = Object.keys(after);
  if (keys.length !== Object.keys(before).length) return after;
  return keys.every((key) => Object.hasOwn(before, key) && before[key] === after[key]) ? before : after;
}

/** Without a name for each place, as `Object.keys` would make: lists hold thousands. */
const haveSameItems = (before: readonly unknown[], after: readonly unknown[]): boolean =>
  before.length === after.length && after.every((item, place) => item === before[place]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
