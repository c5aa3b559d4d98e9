import { describe, expect, test } from 'vitest';
import { Doubts } from './doubts.ts';

describe('a difference between nodes', () => {
  /** One look at one difference: when it is told, the nodes that have to be read again, and not before when. */
  function look(doubts: Doubts, at: number, times: Record<string, number>, what: string | null = 'x') {
    doubts.look(at, new Map(Object.entries(times)));
    const since = what === null ? null : doubts.settled('f', what, Object.keys(times));
    doubts.end();
    return { since, unread: Object.fromEntries(doubts.unread) };
  }

  test('in the first readings, made at one moment, is told at once', () => {
    expect(look(new Doubts(), 5, { n1: 0, n2: 3 })).toEqual({ since: 5, unread: {} });
  });

  test('in first readings that lie apart is told when all were read again', () => {
    const doubts = new Doubts();
    expect(look(doubts, 8000, { n1: 0, n2: 7000 })).toEqual({
      since: null,
      unread: { n1: 10_000, n2: 10_000 },
    });
    expect(look(doubts, 10_500, { n1: 10_100, n2: 7000 })).toEqual({ since: null, unread: { n2: 10_000 } });
    expect(look(doubts, 11_000, { n1: 10_100, n2: 10_200 })).toEqual({ since: 8000, unread: {} });
  });

  test('that is over before all were read again is never told: a migration that ran everywhere', () => {
    const doubts = new Doubts();
    look(doubts, 5, { n1: 0, n2: 1 }, null);
    // n1 was read after the migration, n2 9 s before.
    expect(look(doubts, 15_000, { n1: 14_900, n2: 6000 }).since).toBeNull();
    expect(look(doubts, 18_500, { n1: 18_000, n2: 18_100 }, null).since).toBeNull();
    // The next one begins anew.
    expect(look(doubts, 30_000, { n1: 29_900, n2: 21_000 }).since).toBeNull();
  });

  test('read on both nodes within a moment is looked at again as well, when it is new', () => {
    const doubts = new Doubts();
    look(doubts, 5, { n1: 0, n2: 1 }, null);
    expect(look(doubts, 15_000, { n1: 14_900, n2: 14_910 }).since).toBeNull();
  });

  test('of another kind than before begins anew', () => {
    const doubts = new Doubts();
    expect(look(doubts, 5, { n1: 0, n2: 1 }, 'x').since).toBe(5);
    expect(look(doubts, 16_000, { n1: 15_000, n2: 15_100 }, 'y').since).toBeNull();
    expect(look(doubts, 20_000, { n1: 19_000, n2: 19_100 }, 'y').since).toBe(16_000);
  });

  test('with a node that was never read is not known', () => {
    const doubts = new Doubts();
    doubts.look(9, new Map([['n1', 0]]));
    expect(doubts.settled('f', 'x', ['n1', 'n2'])).toBeNull();
    doubts.end();
  });

  test('that was told is not over because a node cannot be read', () => {
    const doubts = new Doubts();
    look(doubts, 5, { n1: 0, n2: 1 });
    const blind = (read: string[]) => {
      doubts.look(10, new Map([['n1', 0]]));
      const is = doubts.isBlind('f', new Set(read));
      doubts.end();
      return is;
    };
    expect(blind(['n1'])).toBe(true);
    expect(blind(['n1'])).toBe(true);
    expect(blind(['n1', 'n2'])).toBe(false);
  });
});
