import { describe, expect, test } from 'vitest';
import type { FastFacts } from '#core/model/facts.ts';
import { WorkerBook } from './worker-book.ts';

function facts(pid: number | null, status = 'running', active = true, confirmed = '0/10'): FastFacts {
  return {
    slots: [{ name: 'slot', active, activePid: active ? 100 : null, confirmedFlushLsn: confirmed }],
    subscriptions: [
      { name: 'sub', enabled: true, workerPid: pid, workerStatus: pid === null ? null : status, sync: [] },
    ],
  } as unknown as FastFacts;
}

describe('a worker that ends again and again', () => {
  const ends = { provider: 'n1', slot: 'slot', receiver: 'n2', subscription: 'sub' };
  const receiver = (pid: number | null, more: object = {}, startedAt = 0): FastFacts =>
    ({
      slots: [],
      startedAt,
      subscriptions: [
        {
          name: 'sub',
          id: '1',
          enabled: true,
          slot: 'slot',
          workerPid: pid,
          workerStatus: pid === null ? null : 'running',
          sync: [],
          ...more,
        },
      ],
    }) as unknown as FastFacts;
  const provider = (pid: number | null, decodedBytes: number | null = null, startedAt = 0): FastFacts =>
    ({
      startedAt,
      subscriptions: [],
      slots: [
        {
          name: 'slot',
          active: pid !== null,
          activePid: pid,
          confirmedFlushLsn: '0/10',
          decodedBytes: pid === null ? decodedBytes : null,
          inactiveSince: null,
        },
      ],
    }) as unknown as FastFacts;

  /** One reading a second of each side, from 0 on. */
  function seen(there: (second: number) => FastFacts, here: (second: number) => FastFacts, until: number) {
    const book = new WorkerBook();
    for (let second = 0; second <= until; second++) {
      book.observe('n1', second * 1000, there(second));
      book.observe('n2', second * 1000 + 1, here(second));
    }
    return book.loopOf(ends, until * 1000 + 2);
  }
  const stays = (second: number) => (second >= 0 ? provider(100) : provider(null));

  test('one that stays is none', () => expect(seen(stays, () => receiver(10), 100)).toBeNull());

  test('gone and back is one ending, and so is one that another has replaced: three are a loop', () => {
    const last = (pids: (number | null)[]) => (second: number) =>
      receiver(pids[Math.min(second, pids.length - 1)] ?? null);
    expect(seen(stays, last([10, null, null, 11, 12, 12]), 8)).toBeNull();
    const loop = seen(stays, last([10, null, null, 11, 12, 12, 13]), 8);
    expect(loop).toMatchObject({ endings: 3, firstAt: 1001, lastAt: 6001 });
  });

  test('it is over when it has stood for a minute, and not before', () => {
    const here = (second: number) => receiver(second < 30 ? Math.floor(second / 5) : 6);
    expect(seen(stays, here, 85)).toMatchObject({ endings: 6, lastAt: 30_001 });
    expect(seen(stays, here, 91)).toBeNull();
  });

  test('while nobody is there it is not over, until five minutes have passed since', () => {
    const there = (second: number) => provider(second < 30 && second % 5 < 2 ? 100 + second : null);
    expect(seen(there, () => receiver(null), 200)).not.toBeNull();
    expect(seen(there, () => receiver(null), 340)).toBeNull();
  });

  test('attempts that are in no poll are told by what was decoded for them', () => {
    const there = (second: number) => provider(null, 1000 * Math.floor(second / 5));
    expect(seen(there, () => receiver(null), 14)).toBeNull();
    expect(seen(there, () => receiver(null), 15)).toMatchObject({ endings: 3, lastAt: 15_000 });
  });

  test('what one end saw before the other was watched, or watched anew, says nothing', () => {
    const book = new WorkerBook();
    for (let second = 0; second <= 8; second++) {
      book.observe('n1', second * 1000, stays(second));
      book.observe('n2', second * 1000 + 1, receiver(10 + second));
    }
    expect(book.loopOf(ends, 8002)).not.toBeNull();
    book.forget('n1');
    book.observe('n1', 9000, stays(9));
    expect(book.loopOf(ends, 9002)).toBeNull();
  });

  test('restarts of either server are none of the worker', () => {
    const server = (second: number) => Math.floor(second / 4);
    const here = (second: number) => receiver(server(second), {}, server(second));
    const there = (second: number) => provider(100 + server(second));
    expect(seen(there, here, 40)).toBeNull();
    const restarted = (second: number) => provider(100 + server(second), null, server(second));
    expect(seen(restarted, (second) => receiver(server(second)), 40)).toBeNull();
  });

  test.each([
    ['enabled', (second: number) => ({ enabled: second % 4 < 2 })],
    ['its sets', (second: number) => ({ replicationSets: [`s${Math.floor(second / 4)}`] })],
    ['its interface', (second: number) => ({ originInterfaceId: String(Math.floor(second / 4)) })],
    ['the transaction to skip', (second: number) => ({ skipLsn: `0/${Math.floor(second / 4)}` })],
  ])('what an operator ends by setting %s is no failure', (_what, change) => {
    const here = (second: number) => receiver(Math.floor(second / 4), change(second));
    const there = (second: number) => provider(100 + Math.floor(second / 4));
    expect(seen(there, here, 40)).toBeNull();
  });
});

test('a slot is inactive since it was first seen so, and not any more when it is read again', () => {
  const book = new WorkerBook();
  book.observe('n1', 0, facts(10));
  expect(book.slotInactiveSince('n1', 'slot')).toBeNull();
  book.observe('n1', 1000, facts(10, 'running', false));
  book.observe('n1', 9000, facts(10, 'running', false));
  expect(book.slotInactiveSince('n1', 'slot')).toBe(1000);
  book.observe('n1', 10_000, facts(10));
  expect(book.slotInactiveSince('n1', 'slot')).toBeNull();
});

test('a slot has come further only past the furthest position it ever confirmed', () => {
  const book = new WorkerBook();
  book.observe('n1', 0, facts(10, 'running', true, '0/20'));
  expect(book.progressedAt('n1', 'slot')).toBeNull();
  book.observe('n1', 1000, facts(10, 'running', true, '0/30'));
  // After a crash of the provider the slot stands where it was last written to disk.
  book.observe('n1', 2000, facts(10, 'running', false, '0/10'));
  book.observe('n1', 3000, facts(10, 'running', true, '0/30'));
  expect(book.progressedAt('n1', 'slot')).toBe(1000);
  book.observe('n1', 4000, facts(10, 'running', true, '0/31'));
  expect(book.progressedAt('n1', 'slot')).toBe(4000);
});

test('a slot is unread only while nobody was there between two polls either', () => {
  const book = new WorkerBook();
  const inactive = (decodedBytes: number, inactiveSince: number | null = null): FastFacts =>
    ({ slots: [{ name: 'slot', active: false, decodedBytes, inactiveSince }] }) as unknown as FastFacts;
  book.observe('n1', 0, facts(10));
  expect(book.slotUnreadSince('n1', 'slot')).toBeNull();
  book.observe('n1', 1000, inactive(100));
  book.observe('n1', 9000, inactive(100));
  expect(book.slotUnreadSince('n1', 'slot')).toBe(1000);
  // A worker came, decoded what it fails at, and went; then one that decoded nothing, which PostgreSQL 17 notes.
  book.observe('n1', 10_000, inactive(200));
  expect(book.slotUnreadSince('n1', 'slot')).toBe(10_000);
  book.observe('n1', 11_000, inactive(200, 10_500));
  expect(book.slotUnreadSince('n1', 'slot')).toBe(11_000);
  expect(book.slotInactiveSince('n1', 'slot')).toBe(1000);
});
