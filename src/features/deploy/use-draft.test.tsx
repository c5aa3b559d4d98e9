import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { DeployAnswers, DeployDraft } from '#core/model/deploy.ts';
import { EMPTY } from './form.ts';
import { useDraft } from './use-draft.ts';

interface Call {
  name: string;
  keepalive: boolean;
  signal: AbortSignal;
  answer: () => void;
}
const calls: Call[] = [];

vi.mock('#src/api/client.ts', () => ({
  api: {
    deploys: {
      save: (
        input: DeployAnswers & { id: string },
        { context, signal }: { context: { keepalive: boolean }; signal: AbortSignal },
      ) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')));
          const answer = () => resolve({ ...input, savedAt: '2026-11-22T14:06:32.000Z' });
          calls.push({ name: input.name, keepalive: context.keepalive, signal, answer });
        }),
    },
  },
}));

const begun: DeployDraft = { ...EMPTY, id: 'd1', savedAt: '2026-11-22T14:06:30.000Z' };
const sent = () => calls.map(({ name, keepalive }) => [name, keepalive]);

beforeEach(() => {
  vi.useFakeTimers();
  calls.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

test('what is typed within the pause goes out with the page, to its end', async () => {
  const { result } = renderHook(() => useDraft(begun));
  act(() => result.current.change({ name: 'orders' }));
  expect(sent()).toEqual([]);
  act(() => void dispatchEvent(new Event('pagehide')));
  expect(sent()).toEqual([['orders', true]]);
  // Hidden after that, as browsers say it: nothing is sent twice.
  act(() => void dispatchEvent(new Event('pagehide')));
  expect(sent()).toHaveLength(1);
});

test('a save that is under way is given up for one that outlives the page, of the same answers or later ones', async () => {
  const { result } = renderHook(() => useDraft(begun));
  act(() => result.current.change({ name: 'ord' }));
  await act(async () => vi.advanceTimersByTime(600));
  expect(sent()).toEqual([['ord', false]]);
  await act(async () => void dispatchEvent(new Event('pagehide')));
  expect(calls[0]?.signal.aborted).toBe(true);
  expect(sent()).toEqual([
    ['ord', false],
    ['ord', true],
  ]);
  expect(result.current.fault).toBeNull();
});

test('a page that comes back goes on from what was kept', async () => {
  const { result } = renderHook(() => useDraft(begun));
  act(() => result.current.change({ name: 'orders' }));
  act(() => void dispatchEvent(new Event('pagehide')));
  await act(async () => calls[0]?.answer());
  expect(result.current.savedAt).toBe('2026-11-22T14:06:32.000Z');
  await act(async () => void dispatchEvent(new Event('pageshow')));
  expect(sent()).toHaveLength(1);
});

test('whoever leaves with more than can be sent so is asked first, and nobody else', () => {
  const { result } = renderHook(() => useDraft(begun));
  const leave = () => {
    const event = new Event('beforeunload', { cancelable: true });
    dispatchEvent(event);
    return event.defaultPrevented;
  };
  expect(leave()).toBe(false);
  act(() => result.current.change({ name: 'orders' }));
  expect(leave()).toBe(false);
  const tables = Array.from({ length: 2000 }, (_, n) => ({
    schema: 'public',
    table: `a_table_of_some_length_${n}`,
    set: null,
    deltaColumns: [],
  }));
  act(() => result.current.change({ tables }));
  expect(leave()).toBe(true);
});
