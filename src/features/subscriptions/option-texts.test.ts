import { expect, it } from 'vitest';
import { schemasIn, secondsIn } from './option-texts.ts';

it('reads seconds, and no other text', () => {
  expect(['', ' 0 ', '2.5', '-1', '2 s', 'Infinity'].map(secondsIn)).toEqual([0, 0, 2.5, null, null, null]);
});

it('reads names between commas, each once', () => {
  expect(schemasIn(' audit, ,old data,audit,')).toEqual(['audit', 'old data']);
  expect(schemasIn('')).toEqual([]);
});
