import { expect, test } from 'vitest';
import { STORAGE_OK, type Storage, StorageState } from '#core/model/storage.ts';
import { consoleStorage } from './console-storage.ts';
import type { AdviceInput } from './rule.ts';

const found = (storage: Storage) => consoleStorage({ storage } as AdviceInput);
const troubled = (state: StorageState): Storage => ({
  state,
  since: '2026-11-28T00:00:00.000Z',
  message: 'What is wrong, where, and why.',
  remedy: 'What helps.',
});

test('says nothing while what is seen is kept', () => {
  expect(found(STORAGE_OK)).toEqual([]);
});

test.each(StorageState.options.filter((state) => state !== 'ok'))(
  '%s: says it since when, and what helps',
  (state) => {
    const lost = ['removed', 'replaced', 'truncated', 'damaged', 'key-removed'].includes(state);
    expect(found(troubled(state))).toEqual([
      {
        severity: lost ? 'critical' : 'warning',
        subject: {},
        title: 'The console cannot store its data',
        detail: 'What is wrong, where, and why. The console still watches the nodes.',
        evidence: [{ name: 'storage', value: state }],
        remedy: { text: 'What helps.' },
        sinceAt: Date.parse('2026-11-28T00:00:00.000Z'),
      },
    ]);
  },
);
