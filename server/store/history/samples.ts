/**
 * Samples of many series, at three steps: each second for 15 minutes, each 10 s for a day, each minute for 30 days.
 *
 * What is new is written moment by moment (all series of a cluster in one row), so that a `kill -9` loses at most the
 * second under way. When a chunk of a coarser step is full it is turned around (one row a series), so that one link's
 * month is read without the other 4,031. Both are packed: see codec.ts.
 */
import type { Database } from '#server/store/database.ts';
import {
  dequantise,
  type Moment,
  packCodes,
  packMoment,
  quantise,
  unpackCodes,
  unpackMoment,
} from './codec.ts';
import { Grid } from './grid.ts';

/** One series at one moment: as many values as its kind has columns; null is unknown, and stays null. */
export type Values = readonly (number | null)[];

/** Step of a tier, how long it is kept, and how much of it stands in one chunk; in seconds. */
export interface Tier {
  readonly step: number;
  readonly keep: number;
  readonly chunk: number | null;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;

export const TIERS: readonly [Tier, Tier, Tier] = [
  { step: 1, keep: 15 * MINUTE, chunk: null },
  { step: 10, keep: DAY, chunk: HOUR },
  { step: MINUTE, keep: 30 * DAY, chunk: 6 * HOUR },
];

interface ChunkRow {
  at: number;
  data: Uint8Array;
}

export const SAMPLE_TABLES = [
  `CREATE TABLE sample_series (id INTEGER PRIMARY KEY, cluster TEXT NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL,
     UNIQUE (cluster, kind, key))`,
  // at: seconds since the epoch, the begin of the step
  `CREATE TABLE sample_moment (cluster TEXT NOT NULL, kind TEXT NOT NULL, step INTEGER NOT NULL, at INTEGER NOT NULL,
     data BLOB NOT NULL, PRIMARY KEY (cluster, kind, step, at)) WITHOUT ROWID`,
  // peak: the largest value of the first column in the chunk, so that the worst series are found without unpacking
  `CREATE TABLE sample_chunk (series INTEGER NOT NULL REFERENCES sample_series ON DELETE CASCADE, step INTEGER NOT NULL,
     at INTEGER NOT NULL, peak REAL, data BLOB NOT NULL, PRIMARY KEY (series, step, at))`,
  'CREATE INDEX sample_chunk_age ON sample_chunk (step, at, series, peak)',
  // up to where each step has been rolled up, and been turned into chunks
  `CREATE TABLE sample_progress (cluster TEXT NOT NULL, kind TEXT NOT NULL, step INTEGER NOT NULL, rolled INTEGER NOT NULL,
     chunked INTEGER NOT NULL, PRIMARY KEY (cluster, kind, step)) WITHOUT ROWID`,
  // stretches in which the console sampled, so that a gap can be told from an unknown
  `CREATE TABLE sample_stretch (cluster TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
     PRIMARY KEY (cluster, first)) WITHOUT ROWID`,
];

/** What is turned around within one append. */
const SERIES_A_SLICE = 512;

const closedKey = (cluster: string, tier: Tier): string => `${cluster}\n${tier.step}`;
const floorTo = (seconds: number, step: number): number => Math.floor(seconds / step) * step;

/** The samples of one kind of series (links, nodes) of all clusters, each with the same number of columns. */
export class Samples {
  readonly #db: Database;
  readonly #kind: string;
  readonly #columns: number;
  readonly #ids = new Map<string, Map<string, number>>();
  /** How many series of the chunk that is being closed are done, by cluster and step. */
  readonly #closed = new Map<string, number>();

  constructor(db: Database, kind: string, columns: number) {
    this.#db = db;
    this.#kind = kind;
    this.#columns = columns;
  }

  /** Writes one second's readings, and rolls up what has become complete by it. `at` in seconds since the epoch. */
  append(cluster: string, at: number, readings: ReadonlyMap<string, Values>): void {
    const second = Math.floor(at);
    try {
      this.#db.transaction(() => {
        this.#putMoment(cluster, TIERS[0], second, this.#momentOf(cluster, readings));
        this.#rollUp(cluster, second, TIERS[0], TIERS[1]);
        this.#rollUp(cluster, second, TIERS[1], TIERS[2]);
        // Only now, since a closed chunk's moments are gone and the next tier is made from them.
        this.#closeChunks(cluster, second, TIERS[1]);
        this.#closeChunks(cluster, second, TIERS[2]);
        if (second % MINUTE === 0) this.#dropOld(cluster, second);
      })();
    } catch (error) {
      this.#forgetCached(cluster);
      throw error;
    }
  }

  /** What was taken back on disk: ids that another series would be given next, slices that would never be written. */
  #forgetCached(cluster: string): void {
    this.#ids.delete(cluster);
    for (const tier of TIERS) this.#closed.delete(closedKey(cluster, tier));
  }

  /** Series ids and their keys; `only` keeps those asked for. */
  series(cluster: string, only?: ReadonlySet<string>): Map<number, string> {
    const found = new Map<number, string>();
    for (const [key, id] of this.#known(cluster)) if (!only || only.has(key)) found.set(id, key);
    return found;
  }

  /** Readings of the series `ids` in `[from, to]` (seconds), gathered into windows of `step`, a multiple of the tier's own. */
  read(
    cluster: string,
    tier: Tier,
    range: { from: number; to: number; step: number },
    ids: ReadonlySet<number>,
  ): Grid {
    const grid = new Grid(range.from, range.to + 1, range.step, this.#columns);
    if (tier.chunk !== null) {
      const statement = this.#db.prepare(
        'SELECT at, data FROM sample_chunk WHERE series = ? AND step = ? AND at BETWEEN ? AND ?',
      );
      const first = floorTo(grid.begin, tier.chunk);
      for (const id of ids) {
        for (const chunk of statement.all(id, tier.step, first, range.to) as ChunkRow[]) {
          const values = Float32Array.from(unpackCodes(chunk.data), dequantise);
          grid.putSeries(id, chunk.at, tier.step, values);
        }
      }
    }
    for (const row of this.#moments(cluster, tier, grid.begin, range.to + 1))
      grid.putMoment(row.at, row.moment, ids);
    return grid;
  }

  /** The series of a cluster by the largest value of their first column in the range, worst first; those with no reading come last. */
  byPeak(cluster: string, tier: Tier, from: number, to: number): number[] {
    const peaks = new Map([...this.series(cluster).keys()].map((id) => [id, -1]));
    const note = (id: number, peak: number | null) => {
      const known = peaks.get(id);
      if (known !== undefined && peak !== null && peak > known) peaks.set(id, peak);
    };
    if (tier.chunk !== null) {
      const chunks = this.#db
        .prepare(
          'SELECT series, max(peak) AS peak FROM sample_chunk WHERE step = ? AND at BETWEEN ? AND ? GROUP BY series',
        )
        .all(tier.step, floorTo(from, tier.chunk), to) as { series: number; peak: number | null }[];
      for (const chunk of chunks) note(chunk.series, chunk.peak);
    }
    for (const { moment } of this.#moments(cluster, tier, from, to + 1)) {
      moment.ids.forEach((id, row) => {
        note(id, moment.values[row] as number);
      });
    }
    return [...peaks.entries()].sort((a, b) => b[1] - a[1]).map(([id]) => id);
  }

  forget(cluster: string): void {
    this.#db.transaction(() => {
      this.#db
        .prepare(
          'DELETE FROM sample_chunk WHERE series IN (SELECT id FROM sample_series WHERE cluster = ? AND kind = ?)',
        )
        .run(cluster, this.#kind);
      for (const table of ['sample_series', 'sample_moment', 'sample_progress']) {
        this.#db.prepare(`DELETE FROM ${table} WHERE cluster = ? AND kind = ?`).run(cluster, this.#kind);
      }
    })();
    this.#forgetCached(cluster);
  }

  rename(from: string, to: string): void {
    this.#db.transaction(() => {
      for (const table of ['sample_series', 'sample_moment', 'sample_progress']) {
        this.#db
          .prepare(`UPDATE ${table} SET cluster = ? WHERE cluster = ? AND kind = ?`)
          .run(to, from, this.#kind);
      }
    })();
    this.#forgetCached(from);
    this.#forgetCached(to);
  }

  #known(cluster: string): Map<string, number> {
    let ids = this.#ids.get(cluster);
    if (!ids) {
      const rows = this.#db
        .prepare('SELECT id, key FROM sample_series WHERE cluster = ? AND kind = ?')
        .all(cluster, this.#kind) as { id: number; key: string }[];
      ids = new Map(rows.map((row) => [row.key, row.id]));
      this.#ids.set(cluster, ids);
    }
    return ids;
  }

  #idOf(cluster: string, key: string): number {
    const ids = this.#known(cluster);
    let id = ids.get(key);
    if (id === undefined) {
      const made = this.#db
        .prepare('INSERT INTO sample_series (cluster, kind, key) VALUES (?, ?, ?)')
        .run(cluster, this.#kind, key);
      id = Number(made.lastInsertRowid);
      ids.set(key, id);
    }
    return id;
  }

  #momentOf(cluster: string, readings: ReadonlyMap<string, Values>): Moment {
    const rows = [...readings]
      .map(([key, values]) => ({ id: this.#idOf(cluster, key), values }))
      .sort((a, b) => a.id - b.id);
    const values = new Float32Array(rows.length * this.#columns);
    rows.forEach((row, index) => {
      for (let column = 0; column < this.#columns; column++) {
        values[column * rows.length + index] = row.values[column] ?? Number.NaN;
      }
    });
    return { ids: Uint32Array.from(rows, (row) => row.id), values };
  }

  #putMoment(cluster: string, tier: Tier, at: number, moment: Moment): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO sample_moment (cluster, kind, step, at, data) VALUES (?, ?, ?, ?, ?)')
      .run(cluster, this.#kind, tier.step, at, packMoment(moment, tier === TIERS[0]));
  }

  /** Moments of a tier in `[from, end)`, oldest first. */
  #moments(cluster: string, tier: Tier, from: number, end: number): { at: number; moment: Moment }[] {
    const rows = this.#db
      .prepare(
        'SELECT at, data FROM sample_moment WHERE cluster = ? AND kind = ? AND step = ? AND at >= ? AND at < ? ORDER BY at',
      )
      .all(cluster, this.#kind, tier.step, Math.floor(from), end) as { at: number; data: Uint8Array }[];
    return rows.map(({ at, data }) => ({ at, moment: unpackMoment(data, tier === TIERS[0]) }));
  }

  /** Turns what is complete of a fine tier into moments of the next one. */
  #rollUp(cluster: string, now: number, fine: Tier, coarse: Tier): void {
    const { rolled } = this.#progress(cluster, coarse, now);
    const complete = floorTo(now, coarse.step);
    if (complete <= rolled) return;
    const windows = new Map<number, Grid>();
    for (const { at, moment } of this.#moments(cluster, fine, rolled, complete)) {
      const begin = floorTo(at, coarse.step);
      const window = windows.get(begin) ?? new Grid(begin, begin + coarse.step, coarse.step, this.#columns);
      windows.set(begin, window);
      window.putMoment(at, moment);
    }
    for (const window of windows.values()) this.#putMoment(cluster, coarse, window.begin, window.moment(0));
    this.#db
      .prepare('UPDATE sample_progress SET rolled = ? WHERE cluster = ? AND kind = ? AND step = ?')
      .run(complete, cluster, this.#kind, coarse.step);
  }

  /**
   * Turns moments into one row a series, once a chunk is full. A large cluster's chunk takes a second of work, so it is
   * done a slice at a time; begun again after a crash it comes to the same, since rows are replaced and moments go last.
   */
  #closeChunks(cluster: string, now: number, tier: Tier): void {
    const { rolled, chunked } = this.#progress(cluster, tier, now);
    const end = chunked + (tier.chunk ?? tier.step);
    if (end > rolled) return;
    const key = closedKey(cluster, tier);
    const ids = [...this.series(cluster).keys()];
    const done = this.#closed.get(key) ?? 0;
    const slice = new Set(ids.slice(done, done + SERIES_A_SLICE));
    if (slice.size > 0) this.#closeSlice(cluster, tier, chunked, end, slice);
    this.#closed.set(key, done + slice.size);
    if (done + slice.size < ids.length) return;
    this.#closed.delete(key);
    this.#db
      .prepare('DELETE FROM sample_moment WHERE cluster = ? AND kind = ? AND step = ? AND at >= ? AND at < ?')
      .run(cluster, this.#kind, tier.step, chunked, end);
    this.#db
      .prepare('UPDATE sample_progress SET chunked = ? WHERE cluster = ? AND kind = ? AND step = ?')
      .run(end, cluster, this.#kind, tier.step);
  }

  #closeSlice(cluster: string, tier: Tier, at: number, end: number, ids: ReadonlySet<number>): void {
    const grid = new Grid(at, end, tier.step, this.#columns);
    for (const row of this.#moments(cluster, tier, at, end)) grid.putMoment(row.at, row.moment, ids);
    const insert = this.#db.prepare(
      'INSERT OR REPLACE INTO sample_chunk (series, step, at, peak, data) VALUES (?, ?, ?, ?, ?)',
    );
    for (const [id, cells] of grid.cells) {
      const known = cells.subarray(0, grid.windows).filter((value) => !Number.isNaN(value));
      const peak = known.length > 0 ? known.reduce((a, b) => Math.max(a, b)) : null;
      insert.run(id, tier.step, at, peak, packCodes(Uint16Array.from(cells, quantise)));
    }
  }

  #progress(cluster: string, tier: Tier, now: number): { rolled: number; chunked: number } {
    const row = this.#db
      .prepare('SELECT rolled, chunked FROM sample_progress WHERE cluster = ? AND kind = ? AND step = ?')
      .get(cluster, this.#kind, tier.step) as { rolled: number; chunked: number } | undefined;
    if (row) {
      // After a long stop there is nothing to find in most of the chunks between then and now.
      const oldest = floorTo(now - tier.keep, tier.chunk ?? tier.step);
      return { rolled: row.rolled, chunked: Math.max(row.chunked, oldest) };
    }
    const fresh = { rolled: floorTo(now, tier.step), chunked: floorTo(now, tier.chunk ?? tier.step) };
    this.#db
      .prepare('INSERT INTO sample_progress (cluster, kind, step, rolled, chunked) VALUES (?, ?, ?, ?, ?)')
      .run(cluster, this.#kind, tier.step, fresh.rolled, fresh.chunked);
    return fresh;
  }

  #dropOld(cluster: string, now: number): void {
    for (const tier of TIERS) {
      this.#db
        .prepare('DELETE FROM sample_moment WHERE cluster = ? AND kind = ? AND step = ? AND at < ?')
        .run(cluster, this.#kind, tier.step, now - tier.keep - tier.step);
      if (tier.chunk !== null) {
        this.#db
          .prepare('DELETE FROM sample_chunk WHERE step = ? AND at < ?')
          .run(tier.step, now - tier.keep - tier.chunk);
      }
    }
  }
}
