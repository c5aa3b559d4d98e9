import { expect, it } from 'vitest';
import { freeName } from './cluster-name.ts';

it('numbers a name that is taken', () => {
  expect(freeName([])).toBe('demo');
  expect(freeName(['demo', 'demo-2', 'other'])).toBe('demo-3');
});
