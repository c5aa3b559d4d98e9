import { describe, expect, it } from 'vitest';
import type { LagSeries } from '#core/contract/history.ts';
import { linksInWords, shapeLag } from './lag-shape.ts';

const T0 = Date.parse('2025-11-20T14:00:00Z');
const iso = (second: number) => new Date(T0 + second * 1000).toISOString();

/** Seconds → lag; a second that is not named has no sample. */
function series(provider: string, receiver: string, lag: Record<number, number | null>): LagSeries {
  return {
    provider,
    receiver,
    points: Object.entries(lag).map(([second, value]) => ({
      at: iso(Number(second)),
      lagSeconds: value,
      lagBytes: value === null ? null : value * 1000,
      walHeldBytes: 4096,
    })),
  };
}

const range = (seconds: number) => ({
  from: T0,
  to: T0 + seconds * 1000,
  step: 1,
  metric: 'seconds' as const,
  notSampled: [],
});

const every = (to: number, value: (s: number) => number | null) =>
  Object.fromEntries(Array.from({ length: to + 1 }, (_, s) => [s, value(s)]));

describe('shapeLag', () => {
  it('keeps an unknown value as a gap, never as 0', () => {
    const shaped = shapeLag(
      [
        series(
          'n1',
          'n2',
          every(10, (s) => (s === 5 ? null : 0.2)),
        ),
      ],
      range(10),
    );
    expect(shaped.rows.map((row) => row.v[0])).toEqual([
      0.2,
      0.2,
      0.2,
      0.2,
      0.2,
      null,
      0.2,
      0.2,
      0.2,
      0.2,
      0.2,
    ]);
  });

  it('bridges a sample that is only late, and breaks the line over a longer hole', () => {
    const lag = { 0: 1, 1: 1, 3: 1, 4: 1, 9: 2, 10: 2 };
    const shaped = shapeLag([series('n1', 'n2', lag)], range(10));
    expect(shaped.rows.map((row) => row.v[0])).toEqual([1, 1, 1, 1, 1, null, null, null, null, 2, 2]);
  });

  it('keeps the peak when several samples share a column', () => {
    const lag = every(3600, (s) => (s === 1801 ? 41 : 0.1));
    const shaped = shapeLag([series('n1', 'n3', lag)], range(3600));
    expect(shaped.rows.length).toBeLessThanOrEqual(721);
    expect(Math.max(...shaped.rows.map((row) => row.v[0] ?? 0))).toBe(41);
    expect(shaped.lines[0]?.max).toBe(41);
  });

  it('puts all links on one axis, and a link that came later has nothing before', () => {
    const shaped = shapeLag(
      [
        series(
          'n1',
          'n2',
          every(4, () => 1),
        ),
        series('n2', 'n1', { 3: 5, 4: 5 }),
      ],
      range(4),
    );
    expect(shaped.rows.map((row) => row.v)).toEqual([
      [1, null],
      [1, null],
      [1, null],
      [1, 5],
      [1, 5],
    ]);
  });

  it('says from when a link is unknown, and ends its line there', () => {
    const lag = every(60, (s) => (s > 40 ? null : 0.3));
    const shaped = shapeLag(
      [
        series('n3', 'n1', lag),
        series('n3', 'n2', lag),
        series(
          'n1',
          'n2',
          every(60, () => 0.1),
        ),
      ],
      range(60),
    );
    expect(shaped.lanes).toEqual([
      {
        from: T0 + 40_000,
        to: T0 + 60_000,
        now: true,
        links: [
          { provider: 'n3', receiver: 'n1' },
          { provider: 'n3', receiver: 'n2' },
        ],
      },
    ]);
    expect(shaped.lines.map((line) => line.open)).toEqual([true, true, false]);
    expect(shaped.lines[0]?.last).toEqual({ t: T0 + 40_000, v: 0.3 });
  });

  it('does not blame a link for what the console did not sample', () => {
    const lag = Object.fromEntries(
      Object.entries(every(60, () => 1)).filter(([s]) => Number(s) < 20 || Number(s) > 50),
    );
    const shaped = shapeLag([series('n1', 'n2', lag)], {
      ...range(60),
      notSampled: [{ from: T0 + 19_000, to: T0 + 51_000 }],
    });
    expect(shaped.lanes).toEqual([]);
    expect(shaped.rows[30]?.v[0]).toBeNull();
    expect(shaped.lines[0]?.open).toBe(false);
  });

  it('tells a link never read from one that was read as 0', () => {
    const shaped = shapeLag(
      [
        series('n1', 'n2', {}),
        series(
          'n2',
          'n1',
          every(10, () => 0),
        ),
      ],
      range(10),
    );
    expect(shaped.lines[0]).toMatchObject({ last: null, open: true, max: null });
    expect(shaped.lines[1]).toMatchObject({ last: { v: 0 }, open: false, max: 0 });
    expect(shaped.lanes[0]).toMatchObject({ from: T0, now: true });
  });
});

describe('linksInWords', () => {
  it('names links that share an end, and gives up on the others', () => {
    expect(linksInWords([{ provider: 'n1', receiver: 'n3' }])).toBe('n1 → n3');
    expect(
      linksInWords([
        { provider: 'n1', receiver: 'n3' },
        { provider: 'n2', receiver: 'n3' },
      ]),
    ).toBe('n1, n2 → n3');
    expect(
      linksInWords([
        { provider: 'n1', receiver: 'n3' },
        { provider: 'n2', receiver: 'n1' },
      ]),
    ).toBeNull();
  });
});
