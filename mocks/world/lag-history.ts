/** The lag of the past: what was recorded since the world began, and before that a past that leads up to it. */
import type { LagHistory, LagSeries } from '#core/contract/history.ts';
import { historyStep } from '#core/lag/history-step.ts';
import { pairKey } from '#core/model/keys.ts';
import type { LinkSnapshot, Snapshot } from '#core/model/snapshot.ts';
import type { SimCluster } from './model.ts';
import { chance, drift, seedOf } from './random.ts';

export type LagReading = Omit<LagSeries['points'][number], 'at'>;

export interface LagQuery {
  from?: string | undefined;
  to?: string | undefined;
  step?: number | undefined;
  links?: string | undefined;
  worst?: number | undefined;
}

type Lagging = Pick<LinkSnapshot, 'provider' | 'receiver' | 'lagSeconds' | 'lagBytes' | 'walHeldBytes'>;

interface Recorded {
  at: number;
  /** How long this reading stands for, ms. */
  span: number;
  readings: Map<string, LagReading>;
}

/** Readings of one cluster's links; large clusters keep one in ten seconds. */
export class LagRecorder {
  #cluster: SimCluster;
  #everyMs: number;
  #recorded: Recorded[] = [];

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
    this.#everyMs = cluster.nodes.length > 12 ? 10_000 : 1000;
  }

  record(links: readonly Lagging[], at: number): void {
    const last = this.#recorded.at(-1);
    if (last && at - last.at < this.#everyMs) return;
    if (last) last.span = Math.min(at - last.at, 60_000);
    const readings = new Map<string, LagReading>();
    for (const link of links)
      if (link.lagSeconds !== null)
        readings.set(pairKey(link.provider, link.receiver), {
          lagSeconds: link.lagSeconds,
          lagBytes: link.lagBytes,
          walHeldBytes: link.walHeldBytes,
        });
    this.#recorded.push({ at, span: this.#everyMs, readings });
    if (this.#recorded.length > 7200) this.#recorded = this.#recorded.slice(-3600);
  }

  /** Points every `step` seconds, each the largest of its step. */
  read(provider: string, receiver: string, from: number, to: number, step: number): LagSeries['points'] {
    const key = pairKey(provider, receiver);
    const points: LagSeries['points'] = [];
    const stepMs = step * 1000;
    for (let at = Math.ceil(from / stepMs) * stepMs; at <= to; at += stepMs) {
      const point = this.#isUnsampled(at) ? null : this.#worst(key, provider, receiver, at, stepMs);
      if (point) points.push({ at: new Date(at).toISOString(), ...point });
    }
    return points;
  }

  notSampled(from: number, to: number): LagHistory['notSampled'] {
    return this.#cluster.unsampled
      .filter((gap) => gap.to > from && gap.from < to)
      .map((gap) => ({ from: new Date(gap.from).toISOString(), to: new Date(gap.to).toISOString() }));
  }

  #isUnsampled(at: number): boolean {
    return this.#cluster.unsampled.some((gap) => at >= gap.from && at < gap.to);
  }

  #worst(key: string, provider: string, receiver: string, at: number, span: number): LagReading | null {
    const first = this.#recorded[0];
    if (!first || at < first.at) return this.#before(provider, receiver, at);
    let index = this.#indexAt(at);
    let worst: LagReading | null = null;
    let entry = this.#recorded[index];
    if (entry && at - entry.at > entry.span) return null;
    for (; entry && entry.at > at - span; entry = this.#recorded[--index]) {
      const reading = entry.readings.get(key);
      if (reading && (worst?.lagSeconds ?? -1) < (reading.lagSeconds ?? 0)) worst = reading;
    }
    return worst ?? this.#recorded[this.#indexAt(at)]?.readings.get(key) ?? null;
  }

  /** A moment before the cluster began to be lived. */
  #before(provider: string, receiver: string, at: number): LagReading | null {
    if (at < this.#cluster.createdAt) return null;
    const told = this.#cluster.past?.(provider, receiver, at);
    if (told !== undefined) return told;
    const sub = this.#cluster.subscriptions.find(
      (found) => found.provider === provider && found.receiver === receiver,
    );
    const node = this.#cluster.nodes.find((found) => found.name === provider);
    if (!sub || !node) return null;
    return pastLag(sub.slot, sub.baseLagSeconds, node.writeBytesPerSecond, sub.heldBytes, at);
  }

  /** Index of the last recording at or before a moment; -1 when there is none. */
  #indexAt(at: number): number {
    let low = 0;
    let high = this.#recorded.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#recorded[middle]?.at ?? 0) <= at) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/** A made-up reading of a healthy link at a moment before the world began. */
export function pastLag(seedText: string, base: number, rate: number, held: number, at: number): LagReading {
  const seed = seedOf(seedText);
  const spike = chance(seed, Math.floor(at / 20_000)) > 0.995 ? 6 : 1;
  const lagSeconds = Math.max(0, base * spike * (1 + 0.3 * drift(seed, at / 1000, 5)));
  return {
    lagSeconds,
    lagBytes: Math.round(lagSeconds * rate),
    walHeldBytes: Math.round(lagSeconds * rate + held * (1 + 0.3 * drift(seed ^ 1, at / 1000, 11))),
  };
}

/** Points of the links asked for, oldest first: the largest of a step stands for it, and a gap has none. */
export function lagHistory(
  recorder: LagRecorder,
  snapshot: Snapshot,
  now: number,
  query: LagQuery,
): LagHistory {
  const to = query.to ? Date.parse(query.to) : now;
  const from = query.from ? Date.parse(query.from) : to - 15 * 60_000;
  let links = snapshot.links.filter((link) => link.state !== 'missing');
  if (query.links !== undefined) {
    const wanted = `,${query.links},`;
    links = links.filter(({ provider, receiver }) => wanted.includes(`,${provider}>${receiver},`));
  }
  const step = historyStep(keptStep(from, now), (to - from) / 1000, query.worst ?? links.length, query.step);
  if (query.worst !== undefined) {
    const coarse = Math.max(step, (to - from) / 1000 / 60);
    const peak = (link: LinkSnapshot) =>
      recorder
        .read(link.provider, link.receiver, from, Math.min(to, now), coarse)
        .reduce((most, point) => Math.max(most, point.lagSeconds ?? 0), link.lagSeconds ?? 0);
    links = links
      .map((link) => ({ link, peak: peak(link) }))
      .sort((a, b) => b.peak - a.peak)
      .slice(0, query.worst)
      .map(({ link }) => link);
  }
  return {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    step,
    series: links.map(({ provider, receiver }) => ({
      provider,
      receiver,
      points: recorder.read(provider, receiver, from, Math.min(to, now), step),
    })),
    notSampled: recorder.notSampled(from, to),
  };
}

/** One second is kept for 15 minutes, ten for a day, a minute for 30 days. */
function keptStep(from: number, now: number): number {
  const age = (now - from) / 1000;
  return age <= 15 * 60 + 5 ? 1 : age <= 86_400 + 60 ? 10 : 60;
}
