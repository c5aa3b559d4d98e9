/**
 * How large the history of 64 nodes gets, and how long it takes to write and to read. Six hours are written second by
 * second, with noise on every value; the rest of the day and of the month are copies of those chunks, moved in time.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { openDatabase } from '#server/store/database.ts';
import { LagHistory, type LinkReading } from '#server/store/history.ts';

const NODES = 64;
const LINKS = NODES * (NODES - 1);
const HOUR = 3600;
const BEGIN = Date.UTC(2026, 9, 1) / 1000;

/** mulberry32: the same noise in every run. */
function noise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

it(`history of ${LINKS} links`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'bench-history-'));
  const db = openDatabase(dir);
  const history = new LagHistory(db);
  const random = noise(1);
  const links: LinkReading[] = [];
  for (let from = 0; from < NODES; from++) {
    for (let to = 0; to < NODES; to++) {
      if (from !== to)
        links.push({ provider: `n${from}`, receiver: `n${to}`, lagSeconds: 0, lagBytes: 0, walHeldBytes: 0 });
    }
  }

  const begun = performance.now();
  let slowest = 0;
  const seconds = 6 * HOUR + 20;
  for (let second = 0; second < seconds; second++) {
    for (const link of links) {
      // A busy cluster: lag between 0.1 and 0.4 s, bytes behind and WAL held with an octave of noise each.
      link.lagSeconds = 0.1 + random() * 0.3;
      link.lagBytes = 200_000 + random() * 400_000;
      link.walHeldBytes = 9e6 + random() * 9e6;
    }
    const before = performance.now();
    history.append('bench', (BEGIN + second) * 1000, links);
    slowest = Math.max(slowest, performance.now() - before);
  }
  const perAppend = (performance.now() - begun) / seconds;

  const copy = db.prepare(
    'INSERT INTO sample_chunk (series, step, at, peak, data) SELECT series, step, at - ?, peak, data FROM sample_chunk WHERE step = ? AND at >= ?',
  );
  for (let shift = 1; shift < 4; shift++) copy.run(shift * 6 * HOUR, 10, BEGIN);
  for (let shift = 1; shift < 120; shift++) copy.run(shift * 6 * HOUR, 60, BEGIN);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  const megabytes = statSync(join(dir, 'tricorder.db')).size / 2 ** 20;

  vi.setSystemTime((BEGIN + seconds) * 1000);
  const timed = (read: () => unknown) => {
    const before = performance.now();
    read();
    return performance.now() - before;
  };
  const toMs = (BEGIN + seconds) * 1000;
  const month = { fromMs: toMs - 30 * 24 * HOUR * 1000, toMs };
  const one = timed(() => history.read('bench', { ...month, links: [{ provider: 'n1', receiver: 'n2' }] }));
  const worst = timed(() => history.read('bench', { ...month, worst: 10 }));
  const recent = timed(() => history.read('bench', { fromMs: toMs - 900_000, toMs }));

  console.log(`history, ${LINKS} links, 30 days: ${megabytes.toFixed(0)} MB`);
  console.log(
    `append of one second: ${perAppend.toFixed(1)} ms mean with the noise made, ${slowest.toFixed(0)} ms the slowest (a chunk closed)`,
  );
  console.log(
    `read: one link's month ${one.toFixed(0)} ms, ten worst of the month ${worst.toFixed(0)} ms, all links' 15 min ${recent.toFixed(0)} ms`,
  );
  db.close();
  rmSync(dir, { recursive: true });
  expect(megabytes).toBeLessThan(500);
});
