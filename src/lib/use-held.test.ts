import { renderHook } from '@testing-library/react';
import { expect, it } from 'vitest';
import { useHeld } from './use-held.ts';

it('holds the value until the key is another one', () => {
  const { result, rerender } = renderHook(({ key, value }) => useHeld(key, value), {
    initialProps: { key: '1', value: ['a'] },
  });
  const first = result.current;
  rerender({ key: '1', value: ['b'] });
  expect(result.current).toBe(first);
  rerender({ key: '2', value: ['c'] });
  expect(result.current).toEqual(['c']);
});
