import { describe, expect, it } from 'vitest';
import type { LagSeries } from '#core/contract/history.ts';
import { refreshFor, stepFor, viewOf } from './lag-range.ts';
import { statsOf, worstFirst } from './link-stats.ts';

const T0 = Date.parse('2025-11-20T14:00:00Z');
const series = (provider: string, lag: (number | null)[]): LagSeries => ({
  provider,
  receiver: 'n9',
  points: lag.map((lagSeconds, second) => ({
    at: new Date(T0 + second * 1000).toISOString(),
    lagSeconds,
    lagBytes: null,
    walHeldBytes: 8192,
  })),
});

describe('viewOf', () => {
  const view = (query: string) => viewOf(new URLSearchParams(query));
  it('is 15 minutes, seconds and linear when nothing is said', () => {
    expect(view('')).toEqual({
      range: { kind: 'live', name: '15m', seconds: 900 },
      metric: 'seconds',
      scale: 'linear',
      link: null,
    });
  });
  it('reads a range that was dragged, and all else that stands there', () => {
    expect(
      view('from=2025-11-20T14:00:00Z&to=2025-11-20T15:00:00Z&measure=held&scale=log&link=n1%3En2'),
    ).toEqual({
      range: { kind: 'custom', from: T0, to: T0 + 3_600_000 },
      metric: 'held',
      scale: 'log',
      link: 'n1>n2',
    });
  });
  it('does not stumble over a range that is none', () => {
    expect(view('from=x&to=2025-11-20T15:00:00Z&range=99y').range).toMatchObject({ name: '15m' });
    expect(view('from=2025-11-20T15:00:00Z&to=2025-11-20T14:00:00Z&range=7d').range).toMatchObject({
      name: '7d',
    });
  });
  it('asks for no more points than a chart can show', () => {
    for (const seconds of [900, 3600, 86_400, 30 * 86_400])
      expect(seconds / stepFor(seconds)).toBeLessThanOrEqual(480);
    expect(refreshFor(900)).toBe(5_000);
    expect(refreshFor(30 * 86_400)).toBe(300_000);
  });
});

describe('statsOf', () => {
  it('counts what was measured and says how much was not', () => {
    expect(statsOf(series('n1', [1, null, 4, 2, null]), 'seconds')).toMatchObject({
      max: 4,
      maxAt: '2025-11-20T14:00:02.000Z',
      median: 2,
      unknown: 0.4,
    });
  });
  it('knows nothing of a measure that was never read', () => {
    expect(statsOf(series('n1', [1, 2]), 'bytes')).toMatchObject({ max: null, median: null, unknown: 1 });
    expect(statsOf(series('n1', []), 'seconds')).toMatchObject({ max: null, unknown: 1 });
    expect(statsOf(series('n1', [0, 0]), 'seconds')).toMatchObject({ max: 0, median: 0, unknown: 0 });
  });
  it('puts the worst first and the unknown last', () => {
    const stats = [series('n1', [1]), series('n2', [null]), series('n3', [7])].map((one) =>
      statsOf(one, 'seconds'),
    );
    expect(worstFirst(stats).map((one) => one.provider)).toEqual(['n3', 'n1', 'n2']);
  });
});
