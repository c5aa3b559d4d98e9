import { renderHook } from '@testing-library/react';
import { expect, it } from 'vitest';
import { useSteady } from './use-steady.ts';

it('keeps the value until another one says something else', () => {
  const { result, rerender } = renderHook(({ value }) => useSteady(value), {
    initialProps: { value: { a: 1 } },
  });
  const first = result.current;
  rerender({ value: { a: 1 } });
  expect(result.current).toBe(first);
  const next = { a: 2 };
  rerender({ value: next });
  expect(result.current).toBe(next);
});
