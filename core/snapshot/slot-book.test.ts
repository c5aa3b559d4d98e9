import { expect, test } from 'vitest';
import type { FastFacts } from '#core/model/facts.ts';
import { SlotBook } from './slot-book.ts';

const facts = (localNode: string, more: object): FastFacts =>
  ({ localNode, peers: [], slots: [], subscriptions: [], ...more }) as unknown as FastFacts;

test('a slot keeps the subscription that it was last seen to belong to, over a restart of the console too', () => {
  const book = new SlotBook();
  expect(book.ownerOf('s')).toBeNull();
  book.observe('drei', facts('n3', { subscriptions: [{ slot: 's', name: 'sub' }] }));
  book.observe('drei', facts('n3', {}));
  const owner = { receiver: 'drei', catalogName: 'n3', subscription: 'sub', named: false };
  expect(book.ownerOf('s')).toEqual(owner);
  book.observe('n1', facts('n1', { peers: [{ name: 'n1' }, { name: 'n3' }] }));
  expect(book.ownerOf('s')).toEqual({ ...owner, named: true });
  const next = new SlotBook();
  next.restore(book.owners);
  expect(next.ownerOf('s')).toEqual({ ...owner, named: true });
});

test('a slot was read once somebody was at it, or anything was decoded from it', () => {
  const book = new SlotBook();
  const slots = (...list: [name: string, active: boolean, decodedBytes: number | null][]) =>
    facts('n1', { slots: list.map(([name, active, decodedBytes]) => ({ name, active, decodedBytes })) });
  book.observe('n1', slots(['new', false, 0], ['old', false, 12], ['read', true, null]));
  expect(['new', 'old', 'read'].map((name) => book.wasRead('n1', name))).toEqual([false, true, true]);
  book.observe('n1', slots(['new', false, null], ['read', false, 0]));
  expect(['new', 'read'].map((name) => book.wasRead('n1', name))).toEqual([false, true]);
  // Another slot of that name, made after it was dropped.
  book.observe('n1', slots());
  book.observe('n1', slots(['read', false, 0]));
  expect(book.wasRead('n1', 'read')).toBe(false);
});
