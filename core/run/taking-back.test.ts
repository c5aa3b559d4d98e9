import { describe, expect, test } from 'vitest';
import { whoseIs } from './identity.ts';
import { readersAmong, type SlotThere } from './readers.ts';
import { heldBy, isOpen, leftBecause } from './taking-back.ts';

const STEPS = [
  { id: 'settings:n1', node: 'n1', after: [] },
  { id: 'settings:n2', node: 'n2', after: [] },
  { id: 'node:n1', node: 'n1', after: ['settings:n1'] },
  { id: 'node:n2', node: 'n2', after: ['settings:n2'] },
  { id: 'sets:n1', node: 'n1', after: ['node:n1'] },
  { id: 'seed:n2', node: 'n2', after: ['node:n2', 'node:n1', 'sets:n1'] },
  { id: 'links', node: null, after: ['seed:n2'] },
  { id: 'ddl:n1', node: 'n1', after: ['links'] },
  { id: 'other:n1', node: 'n1', after: [] },
];
const held = (id: string, standing: string[]) =>
  heldBy(STEPS.find((step) => step.id === id) ?? { id, node: null, after: [] }, STEPS, new Set(standing));

describe('the order of a rollback', () => {
  test('a step waits for those of its node that came after it, near or far', () => {
    expect(held('settings:n1', ['sets:n1'])).toEqual(['sets:n1']);
    expect(held('sets:n1', ['ddl:n1'])).toEqual(['ddl:n1']);
    expect(held('node:n1', ['sets:n1', 'ddl:n1'])).toEqual(['sets:n1', 'ddl:n1']);
  });
  test('not for those of other nodes, nor for what does not build on it', () => {
    expect(held('sets:n1', ['seed:n2'])).toEqual([]);
    expect(held('other:n1', ['sets:n1', 'ddl:n1'])).toEqual([]);
    expect(held('ddl:n1', ['sets:n1'])).toEqual([]);
  });
  test('what is left is called by what stood in the way', () => {
    expect(leftBecause('unreachable')).toBe('unreachable');
    expect(leftBecause('still-read')).toBe('still-read');
    expect(leftBecause('timeout')).toBe('refused');
    expect(
      (['unreachable', 'refused', 'not-ours', 'stays'] as const).map((code) => isOpen({ code })),
    ).toEqual([true, true, false, false]);
  });
});

describe('whose it is', () => {
  test.each([
    [{ before: null, made: '7' }, '7', 'ours'],
    [{ before: null, made: '7' }, null, 'as-before'],
    [{ before: null, made: '7' }, '8', 'not-ours'],
    [{ before: '10', made: '12' }, '10', 'as-before'],
    [{ before: '10', made: '12' }, null, 'not-ours'],
    // The console was killed before the commit.
    [{ before: null }, null, 'as-before'],
    [{ before: null }, '8', 'not-ours'],
  ] as const)('%j, now %s: %s', (kept, now, whose) => {
    expect(whoseIs(kept, now, true)).toBe(whose);
  });
  test('what commits by itself is taken for its own after a crash', () => {
    expect(whoseIs({ before: null }, '12', false)).toBe('ours');
    expect(whoseIs({ before: null, made: '12' }, '13', false)).toBe('not-ours');
  });
});

describe('who reads', () => {
  const slot = (change: Partial<SlotThere>): SlotThere => ({
    slot: 'spk_d_n1_sub_n2n1',
    active: false,
    engine: true,
    reader: '',
    ...change,
  });
  const silent = { node: 'n3', asked: false, why: 'refused' } as const;
  const n2 = (slots: string[]) => ({
    node: 'n2',
    asked: true as const,
    subscriptions: slots.map((each) => ({ subscription: 'sub_n2n1', provider: 'n1', slot: each })),
  });
  const own = new Set(['spk_d_n1_sub_n2n1']);
  test('nobody where no slot stands, whoever could not be asked', () => {
    expect(readersAmong(['n1'], [], [n2([]), silent], own)).toEqual({ kind: 'none' });
  });
  test('a subscription, also without its slot, and not twice', () => {
    expect(readersAmong(['n1'], [], [n2(['spk_d_n1_sub_n2n1'])], own)).toMatchObject({
      by: ['sub_n2n1 on n2'],
    });
    const there = [slot({}), slot({ slot: 'spk_d_n1_sub_n2n1_0123abcd', active: true })];
    expect(readersAmong(['n1'], there, [n2(['spk_d_n1_sub_n2n1'])], own)).toMatchObject({
      by: ['sub_n2n1 on n2'],
    });
    expect(readersAmong(['other'], [], [n2(['x'])], own)).toEqual({ kind: 'none' });
  });
  test("the run's own slot is left over only when all were asked and nobody is connected", () => {
    expect(readersAmong(['n1'], [slot({})], [n2([])], own)).toEqual({ kind: 'none' });
    expect(readersAmong(['n1'], [slot({})], [n2([]), silent], own)).toMatchObject({ kind: 'unknown' });
    expect(readersAmong(['n1'], [slot({ active: true })], [n2([])], own)).toMatchObject({ kind: 'some' });
    expect(readersAmong(['n1'], [slot({})], [n2([])], new Set())).toMatchObject({ kind: 'some' });
  });
});
