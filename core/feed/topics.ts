/**
 * What one stream may follow, and where a reader of it stands. One id names the positions of all clusters on the stream, so that
 * a standard `Last-Event-ID` picks all of them up again; who wants one of them whole leaves its position out.
 */

/** `cluster:orders`, `run:4`. */
export type Topic = `cluster:${string}` | `run:${string}`;

export interface Followed {
  clusters: string[];
  runs: string[];
}

/** As the query takes them: separated by commas, which no name of a cluster has. */
export const listText = (names: readonly string[]): string => names.join(',');

/** Each once, in the order given. */
export const namesIn = (text: string | undefined): string[] => [
  ...new Set((text ?? '').split(',').filter((name) => name !== '')),
];

export const topicsOf = ({ clusters, runs }: Followed): Topic[] => [
  ...clusters.map((name): Topic => `cluster:${name}`),
  ...runs.map((id): Topic => `run:${id}`),
];

export function followedBy(topics: Iterable<Topic>): Followed {
  const followed: Followed = { clusters: [], runs: [] };
  for (const topic of topics) {
    if (topic.startsWith('cluster:')) followed.clusters.push(topic.slice('cluster:'.length));
    else followed.runs.push(topic.slice('run:'.length));
  }
  return followed;
}

/** By cluster: the id of the last event that was read of it. */
export type Positions = ReadonlyMap<string, string>;

/** `orders@a1-12,demo@a1-4`, in ASCII whatever the names, since it goes into a header. Empty: none. */
export const positionsText = (positions: Positions): string =>
  [...positions].map(([cluster, id]) => `${encodeURIComponent(cluster)}@${id}`).join(',');

/** What cannot be read is left out: its cluster is sent whole. */
export function positionsIn(text: string | null | undefined): Map<string, string> {
  const positions = new Map<string, string>();
  for (const part of (text ?? '').split(',')) {
    const at = part.indexOf('@');
    if (at <= 0 || at === part.length - 1) continue;
    try {
      positions.set(decodeURIComponent(part.slice(0, at)), part.slice(at + 1));
    } catch {
      // A stray % sign: not an id of ours.
    }
  }
  return positions;
}
