import { describe, expect, it } from 'vitest';
import type { LagHistory } from '#core/contract/history.ts';
import { aLink, at } from '#src/api/fixture.ts';
import { placed } from './chart-marks.tsx';
import { lagModel, logTicks, ticksFor, tickText } from './lag-lines.ts';

const plain = (value: string): string => value.replaceAll('\u00a0', ' ');
const point = (seconds: number, lagSeconds: number | null) => ({
  at: at(seconds),
  lagSeconds,
  lagBytes: null,
  walHeldBytes: null,
});
const series = (provider: string, receiver: string, ...points: [number, number | null][]) => ({
  provider,
  receiver,
  points: points.map(([seconds, lag]) => point(seconds, lag)),
});
const history = (...all: LagHistory['series']): LagHistory => ({
  from: at(-900),
  to: at(0),
  step: 5,
  series: all,
  notSampled: [],
});
const labels = (model: ReturnType<typeof lagModel>) =>
  model.labels.map((label) => plain(`${label.text} ${label.tail}`));

describe('the lines of the chart', () => {
  it('names what is not well and merges the names of those that agree', () => {
    const model = lagModel(
      history(
        series('n1', 'n3', [-5, 12], [0, 14.2]),
        series('n1', 'n2', [-5, 0.2], [0, 0.2]),
        series('n2', 'n1', [-5, 0.1], [0, 0.4]),
      ),
      [aLink('n1', 'n3', { behind: true, lagSeconds: 14.2 }), aLink('n1', 'n2'), aLink('n2', 'n1')],
      'time',
    );
    expect(labels(model)).toEqual(['n1 → n3 14.2 s', '2 others ≤ 0.4 s']);
    expect(model.lines.map((line) => line.tone)).toEqual(['warn', 'plain', 'plain']);
    expect(model.max).toBe(14.2);
  });

  it('draws nothing through a stretch without points', () => {
    const model = lagModel(
      history(series('n1', 'n2', [-100, 1], [-95, 1], [-20, 1])),
      [aLink('n1', 'n2')],
      'time',
    );
    expect(model.rows.map((row) => row.values)).toEqual([[1], [1], [null], [1]]);
  });

  it('puts links that cannot be read into the lane under the axis, from the first moment', () => {
    const dark = { state: 'unknown' as const, lagSeconds: null };
    const links = [
      aLink('n3', 'n1', { ...dark, since: at(-30) }),
      aLink('n3', 'n2', { ...dark, since: at(-60) }),
    ];
    const model = lagModel(history(series('n3', 'n1', [-5, null])), links, 'time');
    expect(model.noData).toEqual({ text: '2 links no data', from: Date.parse(at(-60)) });
    expect(model.labels).toEqual([]);
  });

  it('keeps the names of what is not well among many', () => {
    const names = ['n1', 'n2', 'n3', 'n4', 'n5'];
    const pairs = names.flatMap((provider) =>
      names.filter((name) => name !== provider).map((receiver) => [provider, receiver] as const),
    );
    const lag = (provider: string, receiver: string) => (provider === 'n1' && receiver === 'n3' ? 90 : 0.3);
    const model = lagModel(
      history(
        ...pairs.map(([provider, receiver]) => series(provider, receiver, [0, lag(provider, receiver)])),
      ),
      pairs.map(([provider, receiver]) =>
        aLink(provider, receiver, { behind: lag(provider, receiver) > 10 }),
      ),
      'time',
    );
    expect(labels(model)).toEqual(['n1 → n3 1 m 30 s', '19 others ≤ 0.3 s']);
    expect(model.lines.map((line) => line.name)).toEqual(['n1 → n3', 'worst of 19 others', 'half of them']);
  });

  it('has a median of thousands only from the moment on at which it was measured', () => {
    const worst = Array.from({ length: 24 }, (_, number) =>
      series(`p${number}`, 'r', [-10, 30 - number], [-5, 30 - number]),
    );
    const links = Array.from({ length: 400 }, (_, number) => aLink(`p${number}`, 'r'));
    const model = lagModel(history(...worst), links, 'time', [
      { at: Date.parse(at(0)), worst: 31, twentieth: 12, half: 0.3 },
    ]);
    expect(model.rows.map((row) => row.values)).toEqual([
      [30, 11, null],
      [30, 11, null],
      [31, 12, 0.3],
    ]);
    expect(labels(model)).toEqual(['worst 31.0 s', '20th worst 12.0 s', 'half under 0.3 s']);
  });
});

describe('ticks', () => {
  it.each([
    [0.4, ['0', '0.1 s', '0.2 s', '0.3 s', '0.4 s']],
    [41, ['0', '15 s', '30 s', '45 s']],
    [261, ['0', '2 m', '4 m', '6 m']],
  ])('up to %d s', (max, words) => {
    expect(ticksFor(max, 'time').map((tick) => plain(tickText(tick, 'time')))).toEqual(words);
  });
  it('of a log axis hold the largest', () => {
    expect(logTicks(221, 'time').at(-1)).toBeGreaterThanOrEqual(221);
    expect(logTicks(0.2, 'time')).toEqual([0.1, 1, 10]);
    expect(logTicks(7 * 2 ** 30, 'bytes').at(-1)).toBeGreaterThanOrEqual(7 * 2 ** 30);
  });
});

it('keeps the names at the ends of lines apart and inside the plot', () => {
  const label = (value: number) => ({ text: `n${value}`, tail: '', tone: 'plain' as const, value });
  // Four lines at the top, one on the floor: a plot from 30 to 200 px, 1 px a unit from below.
  const ends = placed([170, 169, 168, 167, 0].map(label), (value) => 200 - value, 30, 200);
  const heights = ends.map(({ at }) => at);
  expect(Math.min(...heights)).toBeGreaterThanOrEqual(30);
  expect(heights[0]).toBe(196);
  for (const [at, height] of heights.entries())
    if (at > 0) expect((heights[at - 1] ?? 0) - height).toBeGreaterThanOrEqual(15);
});
