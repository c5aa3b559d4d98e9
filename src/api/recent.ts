/**
 * What the page remembers of the last minutes between two fetches: polls for the tape, points for the sparks and the chart.
 * Fetched once, then carried on by the event stream. Pure.
 */
import type { LagHistory, LagSeries } from '#core/contract/history.ts';
import { linkKey } from '#core/model/keys.ts';
import type { LinkSnapshot, NodeSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { linkOfKey } from '#core/snapshot/places.ts';
import { timeOf } from '#src/lib/point-time.ts';

export interface PollList {
  nodes: Record<string, { at: string; roundTripMs: number | null }[]>;
}

export const TAPE_POLLS = 60;

/** Adds what one event said of each node: a node that was polled anew gets a tick, with null where no answer came. */
export function appendPolls(polls: PollList, before: Snapshot | undefined, after: Snapshot): PollList {
  const was = new Map(before?.nodes.map((node) => [node.name, node]));
  const nodes: PollList['nodes'] = {};
  for (const node of after.nodes) {
    const list = polls.nodes[node.name] ?? [];
    const tick = newTick(was.get(node.name), node, after.observedAt);
    const seen = tick !== null && (list.at(-1)?.at ?? '') >= tick.at;
    nodes[node.name] = tick === null || seen ? list : [...list.slice(1 - TAPE_POLLS), tick];
  }
  return { nodes };
}

function newTick(
  was: NodeSnapshot | undefined,
  now: NodeSnapshot,
  at: string,
): PollList['nodes'][string][number] | null {
  if (now.error) return was?.error?.tries === now.error.tries ? null : { at, roundTripMs: null };
  if (now.observedAt === null || was?.observedAt === now.observedAt) return null;
  return { at: now.observedAt, roundTripMs: now.roundTripMs };
}

/** The stretch that the overview shows, in milliseconds. */
export const RECENT_MS = 15 * 60_000;

/** Carries the history on by the present values: one point a step, the newest overwritten until its step is over. */
export function appendLag(history: LagHistory, snapshot: Snapshot): LagHistory {
  const now = Date.parse(snapshot.observedAt);
  const stepMs = history.step * 1000;
  const series = history.series.map((one) => {
    const link = linkOfKey(snapshot.links, linkKey(one));
    return link ? { ...one, points: appendPoint(one.points, link, now, stepMs) } : one;
  });
  // A link that is new to this cluster has no history yet; a choice of the worst keeps to its choice.
  if (series.length === 0 || snapshot.links.length <= MAX_SERIES) {
    const drawn = new Set(series.map(linkKey));
    for (const link of snapshot.links) {
      if (link.state !== 'missing' && !drawn.has(linkKey(link)))
        series.push({
          provider: link.provider,
          receiver: link.receiver,
          points: appendPoint([], link, now, stepMs),
        });
    }
  }
  return { ...history, from: new Date(now - RECENT_MS).toISOString(), to: snapshot.observedAt, series };
}

/** Names the step at which a history stands, and how many series it has: what changes when a chart of it gets a new point. */
export const stepKey = (history: LagHistory | undefined): string =>
  history === undefined
    ? ''
    : `${Math.floor(Date.parse(history.to) / (history.step * 1000))} ${history.step} ${history.series.length}`;

/** Links of 12 nodes: up to here every link has its own series. */
export const MAX_SERIES = 132;

function appendPoint(
  points: LagSeries['points'],
  link: LinkSnapshot,
  now: number,
  stepMs: number,
): LagSeries['points'] {
  const point = {
    at: new Date(now).toISOString(),
    lagSeconds: link.lagSeconds,
    lagBytes: link.lagBytes,
    walHeldBytes: link.walHeldBytes,
  };
  const last = points.at(-1);
  const lastAt = last ? Date.parse(last.at) : 0;
  if (last && lastAt >= now) return points;
  // The newest point stands for the step that is going on; it is overwritten until the next one begins.
  const open = last !== undefined && Math.floor(lastAt / stepMs) === Math.floor(now / stepMs);
  const kept = open ? points.slice(0, -1) : points;
  return [...kept.slice(firstWithin(kept, now - RECENT_MS)), point];
}

/** Where the points begin that are no older; they stand oldest first, so that few times have to be read. */
function firstWithin(points: LagSeries['points'], from: number): number {
  const first = points.findIndex((point) => timeOf(point) >= from);
  return first === -1 ? points.length : first;
}

/** One moment of a cluster of many links: its worst, 20th worst and median lag. */
export interface LagRanks {
  at: number;
  worst: number | null;
  twentieth: number | null;
  half: number | null;
}

/**
 * Adds the ranks of this moment, over all links that can be read. Of many links only the worst are kept as history, so
 * that the median is known from the moment on at which the page was opened, and not before.
 */
export function appendRanks(ranks: LagRanks[], snapshot: Snapshot, stepMs: number): LagRanks[] {
  const at = Date.parse(snapshot.observedAt);
  const last = ranks.at(-1);
  if (last && last.at >= at) return ranks;
  // Numbers alone, the least first: thousands are sorted each second.
  const known = new Float64Array(snapshot.links.length);
  let count = 0;
  for (const { lagSeconds } of snapshot.links) if (lagSeconds !== null) known[count++] = lagSeconds;
  const sorted = known.subarray(0, count).sort();
  const now = {
    at,
    worst: sorted.at(-1) ?? null,
    twentieth: sorted.at(-20) ?? null,
    half: sorted.at(-1 - Math.floor(count / 2)) ?? null,
  };
  const open = last !== undefined && Math.floor(last.at / stepMs) === Math.floor(at / stepMs);
  return [...(open ? ranks.slice(0, -1) : ranks).filter((one) => one.at >= at - RECENT_MS), now];
}
