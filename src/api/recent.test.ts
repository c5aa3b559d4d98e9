import { describe, expect, it } from 'vitest';
import type { LagHistory } from '#core/contract/history.ts';
import { aLink, aNode, aSnapshot, at } from '#core/testing/two-nodes.ts';
import {
  appendLag,
  appendPolls,
  appendRanks,
  type LagRanks,
  RECENT_MS,
  stepKey,
  TAPE_POLLS,
} from './recent.ts';

describe('the poll tape', () => {
  const none = { nodes: {} };

  it('gets a tick for each node that answered anew', () => {
    const before = aSnapshot();
    const after = aSnapshot({
      observedAt: at(1),
      nodes: [aNode('n1', { observedAt: at(1), roundTripMs: 2 }), aNode('n2')],
    });
    const polls = appendPolls(appendPolls(none, undefined, before), before, after);
    expect(polls.nodes).toEqual({
      n1: [
        { at: at(0), roundTripMs: 0.7 },
        { at: at(1), roundTripMs: 2 },
      ],
      n2: [{ at: at(0), roundTripMs: 0.7 }],
    });
  });

  it('gets a hole for each try that brought no answer, and none between tries', () => {
    const error = { code: 'timeout' as const, message: 'no answer', sqlstate: null, since: at(1), tries: 1 };
    const down = (tries: number, seconds: number) =>
      aSnapshot({
        observedAt: at(seconds),
        nodes: [aNode('n1', { state: 'down', error: { ...error, tries } })],
      });
    let polls = appendPolls(none, undefined, aSnapshot());
    polls = appendPolls(polls, aSnapshot(), down(1, 1));
    polls = appendPolls(polls, down(1, 1), down(1, 2));
    polls = appendPolls(polls, down(1, 2), down(2, 3));
    expect(polls.nodes.n1?.map((poll) => poll.roundTripMs)).toEqual([0.7, null, null]);
  });

  it('keeps the last sixty', () => {
    let polls = appendPolls(none, undefined, aSnapshot());
    for (let second = 1; second <= 100; second += 1) {
      const node = aNode('n1', { observedAt: at(second), roundTripMs: second });
      polls = appendPolls(polls, aSnapshot(), aSnapshot({ observedAt: at(second), nodes: [node] }));
    }
    expect(polls.nodes.n1).toHaveLength(TAPE_POLLS);
    expect(polls.nodes.n1?.at(-1)?.roundTripMs).toBe(100);
  });
});

describe('the lag of the last minutes', () => {
  const history: LagHistory = { from: at(-900), to: at(0), step: 5, series: [], notSampled: [] };
  const moment = (seconds: number, lagSeconds: number | null) =>
    aSnapshot({
      observedAt: at(seconds),
      links: [aLink('n1', 'n2', { lagSeconds }), aLink('n2', 'n1', { state: 'missing' })],
    });

  it('has one point a step, the newest overwritten until its step is over', () => {
    // 14:06:32: the step of five seconds ends at :35.
    let now = history;
    for (const second of [0, 1, 2, 3, 4]) now = appendLag(now, moment(second, second));
    expect(now.series).toHaveLength(1);
    expect(now.series[0]?.points.map((point) => [point.at, point.lagSeconds])).toEqual([
      [at(2), 2],
      [at(4), 4],
    ]);
    expect(now.to).toBe(at(4));
  });

  it('keeps unknown as null, never as the last value', () => {
    const now = appendLag(appendLag(history, moment(0, 1)), moment(5, null));
    expect(now.series[0]?.points.map((point) => point.lagSeconds)).toEqual([1, null]);
  });

  it('does not go back when an old event comes again', () => {
    const now = appendLag(history, moment(6, 1));
    expect(appendLag(now, moment(3, 9)).series[0]?.points).toEqual(now.series[0]?.points);
  });

  it('lets go of what is older than its stretch', () => {
    const long = RECENT_MS / 1000 + 30;
    const now = appendLag(appendLag(history, moment(0, 1)), moment(long, 2));
    expect(now.series[0]?.points).toHaveLength(1);
  });
});

it('ranks the lags that are known', () => {
  const links = Array.from({ length: 40 }, (_, lag) =>
    aLink(`p${lag}`, 'r', { lagSeconds: lag < 10 ? null : lag }),
  );
  const ranks: LagRanks[] = appendRanks([], aSnapshot({ links }), 10_000);
  expect(ranks).toEqual([{ at: Date.parse(at(0)), worst: 39, twentieth: 20, half: 24 }]);
  expect(appendRanks(ranks, aSnapshot({ links, observedAt: at(1) }), 10_000)).toHaveLength(1);
});

it('stands at one step until a point of the next one comes, or another series', () => {
  const history: LagHistory = {
    from: at(0),
    to: at(0),
    step: 10,
    notSampled: [],
    series: [],
  };
  const start = Math.ceil(Date.parse(at(0)) / 10_000) * 10_000;
  const key = (ms: number, series: LagHistory['series'] = []) =>
    stepKey({ ...history, to: new Date(start + ms).toISOString(), series });
  expect(key(9_000)).toBe(key(0));
  expect(key(10_000)).not.toBe(key(0));
  expect(key(0, [{ provider: 'n1', receiver: 'n2', points: [] }])).not.toBe(key(0));
  expect(stepKey(undefined)).toBe('');
});
