import { describe, expect, it } from 'vitest';
import type { LagHistory } from '#core/contract/history.ts';
import { aLink, at } from '#core/testing/two-nodes.ts';
import { drawnLines, unknownNow } from './recent-lag.tsx';

const series = (provider: string, receiver: string, ...points: [number, number | null][]) => ({
  provider,
  receiver,
  points: points.map(([seconds, lagSeconds]) => ({
    at: at(seconds),
    lagSeconds,
    lagBytes: null,
    walHeldBytes: null,
  })),
});
const history = (...all: LagHistory['series']) => ({ step: 5, series: all });
const nameOf = ({ name, provider, receiver }: ReturnType<typeof drawnLines>[number]) =>
  name ?? `${provider} → ${receiver}`;
const values = ({ points }: ReturnType<typeof drawnLines>[number]) => points.map((point) => point.lagSeconds);

describe('the lines of the last minutes', () => {
  it('few links have each its own, in the tone of its state', () => {
    const lines = drawnLines(
      history(series('n1', 'n3', [-5, 12], [0, 14.2]), series('n1', 'n2', [-5, 0.2], [0, 0.2])),
      [aLink('n1', 'n3', { behind: true, lagSeconds: 14.2 }), aLink('n1', 'n2')],
      'seconds',
    );
    expect(lines.map((line) => [nameOf(line), line.tone])).toEqual([
      ['n1 → n3', 'warn'],
      ['n1 → n2', 'quiet'],
    ]);
  });

  it('keeps the lines of what is not well among many, and of the others the worst and the median', () => {
    const names = ['n1', 'n2', 'n3', 'n4', 'n5'];
    const pairs = names.flatMap((provider) =>
      names.filter((name) => name !== provider).map((receiver) => [provider, receiver] as const),
    );
    const lag = (provider: string, receiver: string) =>
      provider === 'n1' && receiver === 'n3' ? 90 : receiver === 'n5' ? 0.7 : 0.3;
    const lines = drawnLines(
      history(
        ...pairs.map(([provider, receiver]) => series(provider, receiver, [0, lag(provider, receiver)])),
      ),
      pairs.map(([provider, receiver]) =>
        aLink(provider, receiver, { behind: lag(provider, receiver) > 10 }),
      ),
      'seconds',
    );
    expect(lines.map((line) => [nameOf(line), line.tone, values(line)])).toEqual([
      ['n1 → n3', 'warn', [90]],
      ['worst of 19 others', 'quiet', [0.7]],
      ['median', 'quiet', [0.3]],
    ]);
  });

  it('has a median of thousands only from the moment on at which it was measured', () => {
    const worst = Array.from({ length: 24 }, (_, number) =>
      series(`p${number}`, 'r', [-10, 30 - number], [-5, 30 - number]),
    );
    const links = Array.from({ length: 400 }, (_, number) => aLink(`p${number}`, 'r'));
    const lines = drawnLines(history(...worst), links, 'seconds', [
      { at: Date.parse(at(0)), worst: 31, twentieth: 12, half: 0.3 },
    ]);
    expect(lines.map((line) => [nameOf(line), values(line)])).toEqual([
      ['worst', [30, 30, 31]],
      ['20th worst', [11, 11, 12]],
      ['median', [null, null, 0.3]],
    ]);
  });

  it('puts links that cannot be read under the axis, from the first moment', () => {
    const dark = { state: 'unknown' as const, lagSeconds: null };
    const links = [
      aLink('n3', 'n1', { ...dark, since: at(-30) }),
      aLink('n3', 'n2', { ...dark, since: at(-60) }),
      aLink('n1', 'n2'),
    ];
    const to = Date.parse(at(0));
    expect(unknownNow(links, to)).toEqual([
      { from: Date.parse(at(-60)), to, now: true, links: [links[0], links[1]] },
    ]);
    expect(unknownNow([aLink('n1', 'n2')], to)).toEqual([]);
  });
});
