/** The lag of the past: what was recorded since the world began, and before that a past that leads up to it. */
import type { LagHistory, LagSeries } from '#core/contract/history.ts';
import { pairKey } from '#core/model/keys.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { SimCluster } from './model.ts';
import { chance, drift, seedOf } from './random.ts';

const MAX_POINTS = 2000;
const STEPS = [1, 10, 60, 600, 3600];

export type LagReading = Omit<LagSeries['points'][number], 'at'>;

export interface LagQuery {
  from?: string | undefined;
  to?: string | undefined;
  step?: number | undefined;
  links?: string | undefined;
  worst?: number | undefined;
}

/** Readings of one cluster's links; large clusters keep one in ten seconds. */
export class LagRecorder {
  #cluster: SimCluster;
  #begin: number;
  #stepMs: number;
  #recorded = new Map<number, Map<string, LagReading>>();

  constructor(cluster: SimCluster, begin: number) {
    this.#cluster = cluster;
    this.#begin = begin;
    this.#stepMs = cluster.nodes.length > 12 ? 10_000 : 1000;
  }

  record(snapshot: Snapshot, at: number): void {
    const slot = Math.floor(at / this.#stepMs);
    if (this.#recorded.has(slot)) return;
    const readings = new Map<string, LagReading>();
    for (const link of snapshot.links)
      if (link.lagSeconds !== null)
        readings.set(pairKey(link.provider, link.receiver), {
          lagSeconds: link.lagSeconds,
          lagBytes: link.lagBytes,
          walHeldBytes: link.walHeldBytes,
        });
    this.#recorded.set(slot, readings);
    if (this.#recorded.size > 3600) {
      const oldest = this.#recorded.keys().next().value;
      if (oldest !== undefined) this.#recorded.delete(oldest);
    }
  }

  at(provider: string, receiver: string, at: number): LagReading | null {
    if (at >= this.#begin)
      return this.#recorded.get(Math.floor(at / this.#stepMs))?.get(pairKey(provider, receiver)) ?? null;
    if (at < this.#cluster.createdAt) return null;
    const told = this.#cluster.past?.(provider, receiver, (this.#begin - at) / 1000);
    if (told !== undefined) return told;
    const sub = this.#cluster.subscriptions.find(
      (found) => found.provider === provider && found.receiver === receiver,
    );
    const node = this.#cluster.nodes.find((found) => found.name === provider);
    if (!sub || !node) return null;
    return pastLag(sub.slot, sub.baseLagSeconds, node.writeBytesPerSecond, sub.heldBytes, at);
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

export interface LagSource {
  snapshot: Snapshot;
  lagAt(provider: string, receiver: string, at: number): LagReading | null;
}

export function lagHistory(source: LagSource, now: number, query: LagQuery): LagHistory {
  const to = query.to ? Date.parse(query.to) : now;
  const from = query.from ? Date.parse(query.from) : to - 15 * 60_000;
  const fits = (to - from) / 1000 / MAX_POINTS;
  const asked = query.step ?? (to - from > 24 * 3600_000 ? 60 : to - from > 15 * 60_000 ? 10 : 1);
  const step = STEPS.find((kept) => kept >= Math.max(asked, fits)) ?? 3600;
  const wanted = query.links?.split(',').map((pair) => pair.trim());
  let links = source.snapshot.links.filter(
    (link) => link.state !== 'missing' && (!wanted || wanted.includes(`${link.provider}>${link.receiver}`)),
  );
  if (query.worst !== undefined)
    links = [...links].sort((a, b) => (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0)).slice(0, query.worst);
  const series = links.map((link): LagSeries => {
    const points: LagSeries['points'] = [];
    for (let at = Math.ceil(from / 1000 / step) * step * 1000; at <= Math.min(to, now); at += step * 1000) {
      const point = source.lagAt(link.provider, link.receiver, at);
      if (point) points.push({ at: new Date(at).toISOString(), ...point });
    }
    return { provider: link.provider, receiver: link.receiver, points };
  });
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString(), step, series, notSampled: [] };
}
