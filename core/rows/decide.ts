/**
 * What two readings of a row on several nodes say of it. While applications write, nodes differ for as long as a change travels:
 * a row is different only if it was read twice with the same hash and xmin on every side, and all that had been committed
 * anywhere before the first reading's end was applied everywhere before the second began.
 */
import type { KeyValues } from './blocks.ts';

/** Of a row on one node. Null in place of it: the row is not there. */
export interface Version {
  hash: string;
  xmin: string;
  /** Written by the node itself; only where that was asked for. */
  own: boolean;
}

/** What one node said: its rows by `keyId`. */
export type Reading = ReadonlyMap<string, Version>;

/** A row that was not the same on all nodes; `versions` in the order of the nodes. */
export interface Suspect {
  key: KeyValues;
  versions: (Version | null)[];
  /** Of how many readings one after the other each node did not have it. */
  absences: number[];
}

export const keyId = (key: KeyValues): string => JSON.stringify(key);
export const keyOfId = (id: string): KeyValues => JSON.parse(id) as KeyValues;

/** Rows of a reading by their keys. `width`: the key's columns k0, k1, …, or 1 where there is no key. */
export function readingOf(rows: readonly Record<string, unknown>[], width: number): Reading {
  const reading = new Map<string, Version>();
  for (const row of rows) {
    const id = keyId(Array.from({ length: width }, (_, index) => String(row[`k${index}`])));
    const version = { hash: String(row.hash), xmin: String(row.xmin), own: row.own === true };
    const before = reading.get(id);
    reading.set(id, before === undefined ? version : together(before, version));
  }
  return reading;
}

/** Keys that the type holds different and that print alike, or an index that lets a key in twice. */
const together = (a: Version, b: Version): Version => {
  const [first, second] = a.hash < b.hash ? [a, b] : [b, a];
  return {
    hash: `${first.hash}+${second.hash}`,
    xmin: `${first.xmin}+${second.xmin}`,
    own: first.own || second.own,
  };
};

const isSame = (versions: readonly (Version | null)[]): boolean =>
  versions.every((version) => version?.hash === versions[0]?.hash);

/** Rows that these readings of the same keys do not hold alike. */
export function suspectsOf(readings: readonly Reading[]): Suspect[] {
  const ids = new Set(readings.flatMap((reading) => [...reading.keys()]));
  const suspects: Suspect[] = [];
  for (const id of ids) {
    const versions = readings.map((reading) => reading.get(id) ?? null);
    if (isSame(versions)) continue;
    suspects.push({ key: keyOfId(id), versions, absences: versions.map((each) => (each === null ? 1 : 0)) });
  }
  return suspects;
}

export interface Decided {
  /** The same on all nodes now. */
  same: number;
  different: Suspect[];
  /** Changed between the readings: they are read again. */
  again: Suspect[];
}

/** `now`: read after all marks. */
export function decide(suspects: readonly Suspect[], now: readonly Reading[]): Decided {
  const decided: Decided = { same: 0, different: [], again: [] };
  for (const { key, versions, absences } of suspects) {
    const id = keyId(key);
    const read = now.map((reading) => reading.get(id) ?? null);
    const stands = read.every(
      (version, node) => version?.hash === versions[node]?.hash && version?.xmin === versions[node]?.xmin,
    );
    const suspect = {
      key,
      versions: read,
      absences: read.map((version, node) => (version === null ? (absences[node] ?? 0) + 1 : 0)),
    };
    if (isSame(read)) decided.same++;
    else if (stands) decided.different.push(suspect);
    else decided.again.push(suspect);
  }
  return decided;
}

/**
 * Whether a row that never came to rest was missing on some node in each of `readings` readings, and on another in none: it is
 * not said to change, since an update of a row that is not there stays without effect for ever.
 */
export const neverThere = ({ absences }: Suspect, readings: number): boolean =>
  absences.some((times) => times >= readings) && absences.some((times) => times === 0);

/** How many rows differ, and how. */
export interface Differences {
  /** By node, rows that it has not and another has. */
  missing: number[];
  /** Rows that all have, with other values; without a key, as often on one as on another. */
  values: number;
  total: number;
  /** Keys of the first ones; none where rows have no key. */
  examples: KeyValues[];
}

export const noDifferences = (nodes: number): Differences => ({
  missing: Array.from({ length: nodes }, () => 0),
  values: 0,
  total: 0,
  examples: [],
});

const EXAMPLES = 3;

/** Adds to `differences`. `keyed`: the rows have a key to be told by. */
export function count(differences: Differences, suspects: readonly Suspect[], keyed = true): void {
  for (const { key, versions } of suspects) {
    differences.total++;
    if (versions.every((version) => version !== null)) differences.values++;
    versions.forEach((version, node) => {
      if (version === null) differences.missing[node] = (differences.missing[node] ?? 0) + 1;
    });
    if (keyed && differences.examples.length < EXAMPLES) differences.examples.push(key);
  }
}
