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
  packCodes,
  packMoment,
  quantise,
  unpackCodes,
  unpackMoment,
  type Values,
  worse,
} from './codec.ts';

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

/** libsql's types know no named columns; these are the rows that the statements below give. */
interface MomentRow {
  at: number;
  data: Uint8Array;
}
interface ChunkRow {
  at: number;
  series: number;
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

const floorTo = (seconds: number, step: number): number => Math.floor(seconds / step) * step;

/** The samples of one kind of series (links, nodes) of all clusters, each with the same number of columns. */
export class Samples {
  readonly #db: Database;
  readonly #kind: string;
  readonly #columns: number;
  readonly #ids = new Map<string, Map<string, number>>();

  constructor(db: Database, kind: string, columns: number) {
    this.#db = db;
    this.#kind = kind;
    this.#columns = columns;
  }

  /** Writes one second's readings, and rolls up what has become complete by it. `at` in seconds since the epoch. */
  append(cluster: string, at: number, readings: ReadonlyMap<string, Values>): void {
    const second = Math.floor(at);
    this.#db.transaction(() => {
      const rows = new Map<number, Values>();
      for (const [key, values] of readings) rows.set(this.#idOf(cluster, key), values);
      this.#putMoment(cluster, TIERS[0], second, rows);
      this.#rollUp(cluster, second, TIERS[0], TIERS[1]);
      this.#rollUp(cluster, second, TIERS[1], TIERS[2]);
      // Only now, since a closed chunk's moments are gone and the next tier is made from them.
      this.#closeChunks(cluster, second, TIERS[1]);
      this.#closeChunks(cluster, second, TIERS[2]);
      if (second % MINUTE === 0) this.#dropOld(cluster, second);
    })();
  }

  /** Series ids and their keys; `only` keeps those asked for. */
  series(cluster: string, only?: ReadonlySet<string>): Map<number, string> {
    const found = new Map<number, string>();
    for (const [key, id] of this.#known(cluster)) if (!only || only.has(key)) found.set(id, key);
    return found;
  }

  /** Readings of a tier in `[from, to]` (seconds), oldest first, by series id. */
  read(
    cluster: string,
    tier: Tier,
    from: number,
    to: number,
    ids: ReadonlySet<number>,
  ): Map<number, Map<number, Values>> {
    const found = new Map<number, Map<number, Values>>();
    const put = (id: number, at: number, values: Values) => {
      const points = found.get(id) ?? new Map<number, Values>();
      found.set(id, points);
      points.set(at, values);
    };
    if (tier.chunk !== null) {
      const first = floorTo(from, tier.chunk);
      const statement = this.#db.prepare(
        'SELECT at, series, data FROM sample_chunk WHERE series = ? AND step = ? AND at BETWEEN ? AND ? ORDER BY at',
      );
      for (const id of ids) {
        for (const chunk of statement.all(id, tier.step, first, to) as ChunkRow[]) {
          this.#unpackChunk(chunk, tier, (at, values) => {
            if (at >= from && at <= to) put(id, at, values);
          });
        }
      }
    }
    const moments = this.#db
      .prepare(
        'SELECT at, data FROM sample_moment WHERE cluster = ? AND kind = ? AND step = ? AND at BETWEEN ? AND ? ORDER BY at',
      )
      .all(cluster, this.#kind, tier.step, Math.floor(from), to) as MomentRow[];
    for (const moment of moments) {
      const rows = unpackMoment(moment.data, this.#columns, tier === TIERS[0], ids);
      for (const [id, values] of rows) put(id, moment.at, values);
    }
    return found;
  }

  /** The series whose first column was largest in the range, worst first; those with no reading come last. */
  worst(cluster: string, tier: Tier, from: number, to: number, count: number): number[] {
    const peaks = new Map<number, number>();
    const all = this.series(cluster);
    const note = (id: number, peak: number | null) => {
      if (all.has(id)) peaks.set(id, Math.max(peaks.get(id) ?? -1, peak ?? -1));
    };
    if (tier.chunk !== null) {
      const chunks = this.#db
        .prepare(
          'SELECT series, max(peak) AS peak FROM sample_chunk WHERE step = ? AND at BETWEEN ? AND ? GROUP BY series',
        )
        .all(tier.step, floorTo(from, tier.chunk), to) as { series: number; peak: number | null }[];
      for (const chunk of chunks) note(chunk.series, chunk.peak);
    }
    const moments = this.#db
      .prepare(
        'SELECT at, data FROM sample_moment WHERE cluster = ? AND kind = ? AND step = ? AND at BETWEEN ? AND ?',
      )
      .all(cluster, this.#kind, tier.step, Math.floor(from), to) as MomentRow[];
    for (const moment of moments) {
      const rows = unpackMoment(moment.data, this.#columns, tier === TIERS[0]);
      for (const [id, values] of rows) note(id, values[0] ?? null);
    }
    return [...peaks.entries()]
      .sort((a, b) => b[1] - a[1])
      .slice(0, count)
      .map(([id]) => id);
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
    this.#ids.delete(cluster);
  }

  rename(from: string, to: string): void {
    this.#db.transaction(() => {
      for (const table of ['sample_series', 'sample_moment', 'sample_progress']) {
        this.#db
          .prepare(`UPDATE ${table} SET cluster = ? WHERE cluster = ? AND kind = ?`)
          .run(to, from, this.#kind);
      }
    })();
    this.#ids.delete(from);
    this.#ids.delete(to);
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

  #putMoment(cluster: string, tier: Tier, at: number, rows: ReadonlyMap<number, Values>): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO sample_moment (cluster, kind, step, at, data) VALUES (?, ?, ?, ?, ?)')
      .run(cluster, this.#kind, tier.step, at, packMoment(rows, this.#columns, tier === TIERS[0]));
  }

  /** Turns what is complete of a fine tier into moments of the next one. */
  #rollUp(cluster: string, now: number, fine: Tier, coarse: Tier): void {
    const progress = this.#progress(cluster, coarse, now);
    const complete = floorTo(now, coarse.step);
    if (complete <= progress.rolled) return;
    const moments = this.#db
      .prepare(
        'SELECT at, data FROM sample_moment WHERE cluster = ? AND kind = ? AND step = ? AND at >= ? AND at < ? ORDER BY at',
      )
      .all(cluster, this.#kind, fine.step, progress.rolled, complete) as MomentRow[];
    const windows = new Map<number, Map<number, Values>>();
    for (const moment of moments) {
      const window = floorTo(moment.at, coarse.step);
      const rows = windows.get(window) ?? new Map<number, Values>();
      windows.set(window, rows);
      for (const [id, values] of unpackMoment(moment.data, this.#columns, fine === TIERS[0])) {
        rows.set(id, worse(rows.get(id), values));
      }
    }
    for (const [at, rows] of windows) this.#putMoment(cluster, coarse, at, rows);
    this.#db
      .prepare('UPDATE sample_progress SET rolled = ? WHERE cluster = ? AND kind = ? AND step = ?')
      .run(complete, cluster, this.#kind, coarse.step);
  }

  #closeChunks(cluster: string, now: number, tier: Tier): void {
    const { rolled, chunked } = this.#progress(cluster, tier, now);
    const length = tier.chunk ?? tier.step;
    const full = floorTo(rolled, length);
    if (chunked >= full) return;
    for (let at = chunked; at < full; at += length) this.#closeChunk(cluster, tier, at);
    this.#db
      .prepare('UPDATE sample_progress SET chunked = ? WHERE cluster = ? AND kind = ? AND step = ?')
      .run(full, cluster, this.#kind, tier.step);
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

  #closeChunk(cluster: string, tier: Tier, at: number): void {
    const length = (tier.chunk ?? tier.step) / tier.step;
    const end = at + length * tier.step;
    const moments = this.#db
      .prepare(
        'SELECT at, data FROM sample_moment WHERE cluster = ? AND kind = ? AND step = ? AND at >= ? AND at < ?',
      )
      .all(cluster, this.#kind, tier.step, at, end) as MomentRow[];
    const bySeries = new Map<number, { codes: Uint16Array; peak: number | null }>();
    for (const moment of moments) {
      const slot = (moment.at - at) / tier.step;
      for (const [id, values] of unpackMoment(moment.data, this.#columns, false)) {
        const chunk = bySeries.get(id) ?? { codes: new Uint16Array(length * this.#columns), peak: null };
        bySeries.set(id, chunk);
        values.forEach((value, column) => {
          chunk.codes[column * length + slot] = quantise(value);
        });
        const first = values[0] ?? null;
        if (first !== null) chunk.peak = Math.max(chunk.peak ?? 0, first);
      }
    }
    const insert = this.#db.prepare(
      'INSERT OR REPLACE INTO sample_chunk (series, step, at, peak, data) VALUES (?, ?, ?, ?, ?)',
    );
    for (const [id, chunk] of bySeries) insert.run(id, tier.step, at, chunk.peak, packCodes(chunk.codes));
    this.#db
      .prepare('DELETE FROM sample_moment WHERE cluster = ? AND kind = ? AND step = ? AND at >= ? AND at < ?')
      .run(cluster, this.#kind, tier.step, at, end);
  }

  #unpackChunk(chunk: ChunkRow, tier: Tier, each: (at: number, values: Values) => void): void {
    const codes = unpackCodes(chunk.data);
    const length = codes.length / this.#columns;
    for (let slot = 0; slot < length; slot++) {
      const values: (number | null)[] = [];
      for (let column = 0; column < this.#columns; column++) {
        values.push(dequantise(codes[column * length + slot] as number));
      }
      if (values.some((value) => value !== null)) each(chunk.at + slot * tier.step, values);
    }
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
