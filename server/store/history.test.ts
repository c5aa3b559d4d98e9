import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { dequantise, quantise } from './history/codec.ts';
import { LagHistory, type LinkReading } from './history.ts';

const NOON = Date.parse('2026-11-20T12:00:00Z');
const link = (lagSeconds: number | null, bytes: number | null = 0): LinkReading => ({
  provider: 'n1',
  receiver: 'n"2→',
  lagSeconds,
  lagBytes: bytes,
  walHeldBytes: bytes,
});

describe('lag history', () => {
  let dir: string;
  let db: Database;
  let history: LagHistory;
  beforeEach(() => {
    vi.useFakeTimers();
    dir = mkdtempSync(join(tmpdir(), 'history-'));
    db = openDatabase(dir);
    history = new LagHistory(db);
  });

  afterEach(() => {
    vi.useRealTimers();
    db.close();
    rmSync(dir, { recursive: true });
  });

  /** Feeds one reading a second and sets the clock to the last. */
  function feed(seconds: number, reading: (second: number) => LinkReading[] | null, from = NOON): number {
    for (let second = 0; second < seconds; second++) {
      const links = reading(second);
      if (links) history.append('demo', from + second * 1000, links);
    }
    const now = from + seconds * 1000;
    vi.setSystemTime(now);
    return now;
  }

  it('gives back each second exactly for the last 15 minutes', () => {
    const now = feed(60, (second) => [link(second / 8, second * 1000)]);
    const { series, step } = history.read('demo', { fromMs: NOON, toMs: now });
    expect(step).toBe(1);
    expect(series).toHaveLength(1);
    expect(series[0]?.receiver).toBe('n"2→');
    expect(series[0]?.points).toHaveLength(60);
    expect(series[0]?.points[17]).toEqual({
      at: new Date(NOON + 17_000).toISOString(),
      lagSeconds: 17 / 8,
      lagBytes: 17_000,
      walHeldBytes: 17_000,
    });
  });

  it('keeps the peak when it rolls up, within the rounding of 2.2 %', () => {
    const now = feed(2 * 3600 + 30, (second) => [link(second === 1234 ? 90 : 0.2)]);
    const { series, step } = history.read('demo', { fromMs: NOON, toMs: now, stepSeconds: 10 });
    expect(step).toBe(10);
    const peak = series[0]?.points.find((point) => point.at === new Date(NOON + 1_230_000).toISOString());
    expect(peak?.lagSeconds).toBeGreaterThan(90 * 0.978);
    expect(peak?.lagSeconds).toBeLessThan(90 * 1.022);
    // each ten seconds that are over, of the closed hours and of the open one alike
    expect(series[0]?.points).toHaveLength(722);
  });

  it('leaves a gap where the lag was unknown, and tells it from not sampled', () => {
    const now = feed(300, (second) => {
      if (second >= 100 && second < 160) return null;
      return [link(second >= 200 && second < 220 ? null : 1, second >= 200 && second < 220 ? null : 5)];
    });
    const { series, notSampled } = history.read('demo', { fromMs: NOON, toMs: now });
    expect(series[0]?.points).toHaveLength(300 - 60 - 20);
    expect(notSampled).toEqual([
      { from: new Date(NOON + 99_000).toISOString(), to: new Date(NOON + 160_000).toISOString() },
    ]);
  });

  it('says that nothing was sampled before the cluster was watched', () => {
    const now = feed(10, () => [link(0)]);
    const { notSampled } = history.read('demo', { fromMs: NOON - 60_000, toMs: now });
    expect(notSampled[0]).toEqual({
      from: new Date(NOON - 60_000).toISOString(),
      to: new Date(NOON).toISOString(),
    });
  });

  it('loses nothing of the last minute of an hour when it was stopped over the full hour', () => {
    const begin = NOON + 3500_000;
    feed(97, () => [link(3)], begin);
    const now = feed(200, () => [link(1)], begin + 600_000);
    const { series } = history.read('demo', { fromMs: begin, toMs: now, stepSeconds: 60 });
    const threes = series[0]?.points.filter((point) => (point.lagSeconds ?? 0) > 2);
    expect(threes?.map((point) => point.at)).toEqual([
      '2026-11-20T12:58:00.000Z',
      '2026-11-20T12:59:00.000Z',
    ]);
  });

  it('picks the worst links of the range', () => {
    const reading = (receiver: string, lagSeconds: number) => ({ ...link(lagSeconds), receiver });
    const now = feed(30, (s) => [reading('a', 1), reading('b', s === 5 ? 99 : 0), reading('c', 2)]);
    const { series } = history.read('demo', { fromMs: NOON, toMs: now, worst: 2 });
    expect(series.map((one) => one.receiver)).toEqual(['b', 'c']);
  });

  it('moves with a rename and goes with a forget', () => {
    const now = feed(5, () => [link(1)]);
    history.rename('demo', 'orders');
    expect(history.read('orders', { fromMs: NOON, toMs: now }).series).toHaveLength(1);
    history.forget('orders');
    expect(history.read('orders', { fromMs: NOON, toMs: now }).series).toHaveLength(0);
    expect(db.prepare('SELECT count(*) AS n FROM sample_moment').get()).toMatchObject({ n: 0 });
  });
});

describe('quantise', () => {
  it('keeps unknown and zero apart, and stays within 2.2 %', () => {
    expect(dequantise(quantise(Number.NaN))).toBeNaN();
    expect(dequantise(quantise(0))).toBe(0);
    for (const value of [0.001, 0.4, 14.2, 3600, 46.6e6, 3.1e9, 9e15]) {
      const back = dequantise(quantise(value));
      expect(Math.abs(back / value - 1)).toBeLessThan(0.022);
    }
  });
});
