import { expect, test } from 'vitest';
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

test('a worker that stays has no restarts', () => {
  const book = new WorkerBook();
  for (let at = 0; at < 60_000; at += 1000) book.observe('n1', at, facts(10));
  expect(book.workerOf('n1', 'sub').restarts).toBe(0);
});

test('a worker that is gone and comes back is one restart, and so is one that another has replaced', () => {
  const book = new WorkerBook();
  for (const [at, pid] of [
    [0, 10],
    [1000, null],
    [2000, null],
    [3000, 11],
    [4000, 12],
  ] as const) {
    book.observe('n1', at, facts(pid));
  }
  expect(book.workerOf('n1', 'sub')).toEqual({ restarts: 2, firstRestartAt: 1000, lastRestartAt: 4000 });
});

test('restarts are forgotten after five minutes', () => {
  const book = new WorkerBook();
  book.observe('n1', 0, facts(10));
  book.observe('n1', 1000, facts(11));
  book.observe('n1', 302_000, facts(11));
  expect(book.workerOf('n1', 'sub').restarts).toBe(0);
});

test('a slot is inactive since it was first seen so, and not any more when it is read again', () => {
  const book = new WorkerBook();
  book.observe('n1', 0, facts(10));
  expect(book.slotInactiveSince('n1', 'slot')).toBeNull();
  book.observe('n1', 1000, facts(10, 'running', false));
  book.observe('n1', 9000, facts(10, 'running', false));
  expect(book.slotInactiveSince('n1', 'slot')).toBe(1000);
  expect(book.walsenderOf('n1', 'slot').restarts).toBe(1);
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
