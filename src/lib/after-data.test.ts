import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { afterData } from './after-data.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  document.body.innerHTML = '';
});

test('waits until nothing is being read', () => {
  document.body.innerHTML = '<main><section aria-busy="true"></section></main>';
  const call = vi.fn();
  afterData(call, 1000);
  vi.advanceTimersByTime(2000);
  expect(call).not.toHaveBeenCalled();
  document.body.innerHTML = '<main></main>';
  vi.advanceTimersByTime(1000);
  expect(call).not.toHaveBeenCalled();
  document.body.innerHTML = '<main><h1>3 nodes up.</h1></main>';
  vi.advanceTimersByTime(1000);
  expect(call).toHaveBeenCalledTimes(1);
});

test('can be ended', () => {
  const call = vi.fn();
  afterData(call, 1000)();
  vi.advanceTimersByTime(5000);
  expect(call).not.toHaveBeenCalled();
});
