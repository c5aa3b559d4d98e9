/** The lag of every link over time: one second for 15 minutes, ten for a day, a minute for 30 days. */

import type { LagHistory as LagHistoryAnswer } from '#core/contract/history.ts';
import { historyStep } from '#core/lag/history-step.ts';
import { pairKey } from '#core/model/keys.ts';
import type { LinkSnapshot } from '#core/model/snapshot.ts';
import { type Database, migrate } from './database.ts';
import type { Grid } from './history/grid.ts';
import { SAMPLE_TABLES, Samples, TIERS, type Tier, type Values } from './history/samples.ts';

/** What is kept of a link. */
export type LinkReading = Pick<
  LinkSnapshot,
  'provider' | 'receiver' | 'lagSeconds' | 'lagBytes' | 'walHeldBytes'
>;

export interface LagQuery {
  fromMs: number;
  toMs: number;
  /** What is asked for; answered with the next larger step that is kept (core/lag/history-step.ts). */
  stepSeconds?: number;
  links?: readonly { provider: string; receiver: string }[];
  /** Only the links with the largest lag in the range. */
  worst?: number;
}

/** Readings this far apart are no gap: a poll may be late. */
const GAP_SECONDS = 5;

export class LagHistory {
  readonly #db: Database;
  readonly #samples: Samples;
  /** The stretch under way, by cluster: begun with the first reading after a pause. */
  readonly #stretch = new Map<string, { first: number; last: number }>();

  constructor(db: Database) {
    migrate(db, 'samples', SAMPLE_TABLES);
    this.#db = db;
    this.#samples = new Samples(db, 'link', 3);
  }

  /** Keeps one poll's readings. Survives a kill of the console right after it returns. */
  append(cluster: string, atMs: number, links: readonly LinkReading[]): void {
    const readings = new Map<string, Values>();
    for (const link of links) {
      readings.set(pairKey(link.provider, link.receiver), [
        link.lagSeconds,
        link.lagBytes,
        link.walHeldBytes,
      ]);
    }
    const at = Math.floor(atMs / 1000);
    this.#samples.append(cluster, at, readings);
    this.#noteStretch(cluster, at);
  }

  /** Points of the links asked for, oldest first. A point is missing where nothing was known; the largest value of a step stands for it. */
  read(cluster: string, query: LagQuery): LagHistoryAnswer {
    const now = Date.now() / 1000;
    const from = query.fromMs / 1000;
    const to = query.toMs / 1000;
    const tier = tierFor(from, query.stepSeconds, now);
    const ids = this.#wanted(cluster, tier, from, to, query);
    const step = historyStep(tier.step, to - from, ids.size, query.stepSeconds);
    const grid = this.#samples.read(cluster, tier, { from, to, step }, new Set(ids.keys()));
    const series = [...ids].map(([id, key]) => {
      const [provider, receiver] = JSON.parse(key) as [string, string];
      return { provider, receiver, points: pointsOf(grid, id) };
    });
    return {
      from: new Date(query.fromMs).toISOString(),
      to: new Date(query.toMs).toISOString(),
      step,
      series,
      notSampled: this.#notSampled(cluster, from, to),
    };
  }

  forget(cluster: string): void {
    this.#samples.forget(cluster);
    this.#db.prepare('DELETE FROM sample_stretch WHERE cluster = ?').run(cluster);
    this.#stretch.delete(cluster);
  }

  rename(from: string, to: string): void {
    this.#samples.rename(from, to);
    this.#db.prepare('UPDATE sample_stretch SET cluster = ? WHERE cluster = ?').run(to, from);
    this.#stretch.delete(from);
  }

  #wanted(cluster: string, tier: Tier, from: number, to: number, query: LagQuery): Map<number, string> {
    const only = query.links && new Set(query.links.map((link) => pairKey(link.provider, link.receiver)));
    const all = this.#samples.series(cluster, only);
    if (query.worst === undefined) return all;
    const worst = this.#samples.byPeak(cluster, tier, from, to).filter((id) => all.has(id));
    return new Map(worst.slice(0, query.worst).map((id) => [id, all.get(id) as string]));
  }

  #noteStretch(cluster: string, at: number): void {
    const known = this.#stretch.get(cluster);
    const stretch = known && at - known.last <= GAP_SECONDS ? known : { first: at, last: at };
    stretch.last = Math.max(stretch.last, at);
    this.#stretch.set(cluster, stretch);
    this.#db
      .prepare('INSERT OR REPLACE INTO sample_stretch (cluster, first, last) VALUES (?, ?, ?)')
      .run(cluster, stretch.first, stretch.last);
    if (stretch !== known) {
      const oldest = at - TIERS[2].keep;
      this.#db.prepare('DELETE FROM sample_stretch WHERE cluster = ? AND last < ?').run(cluster, oldest);
    }
  }

  #notSampled(cluster: string, from: number, to: number): LagHistoryAnswer['notSampled'] {
    const stretches = this.#db
      .prepare(
        'SELECT first, last FROM sample_stretch WHERE cluster = ? AND last >= ? AND first <= ? ORDER BY first',
      )
      .all(cluster, from, to) as { first: number; last: number }[];
    const gaps: { from: number; to: number }[] = [];
    let reached = from;
    for (const stretch of [...stretches, { first: to, last: to }]) {
      if (stretch.first - reached > GAP_SECONDS) gaps.push({ from: reached, to: stretch.first });
      reached = Math.max(reached, stretch.last);
    }
    return gaps.map((gap) => ({ from: iso(gap.from), to: iso(gap.to) }));
  }
}

const iso = (seconds: number): string => new Date(Math.round(seconds * 1000)).toISOString();

/** The finest tier that reaches back to `from`, unless a coarser step is enough. */
function tierFor(from: number, step: number | undefined, now: number): Tier {
  const reaching = TIERS.filter((tier) => from >= now - tier.keep - tier.step);
  const fitting = reaching.filter((tier) => step === undefined || tier.step <= step);
  // Of those that reach, the coarsest that is fine enough is the cheapest to read; without a wish, the finest.
  return (step === undefined ? reaching[0] : (fitting.at(-1) ?? reaching[0])) ?? TIERS[2];
}

function pointsOf(grid: Grid, id: number): LagHistoryAnswer['series'][number]['points'] {
  const cells = grid.cells.get(id);
  if (!cells) return [];
  const value = (column: number, window: number): number | null => {
    const cell = cells[column * grid.windows + window] as number;
    return Number.isNaN(cell) ? null : cell;
  };
  const points = [];
  for (let window = 0; window < grid.windows; window++) {
    const [lagSeconds, lagBytes, walHeldBytes] = [value(0, window), value(1, window), value(2, window)];
    if (lagSeconds === null && lagBytes === null && walHeldBytes === null) continue;
    points.push({ at: iso(grid.begin + window * grid.step), lagSeconds, lagBytes, walHeldBytes });
  }
  return points;
}
