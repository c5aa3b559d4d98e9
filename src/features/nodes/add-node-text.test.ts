import { expect, test } from 'vitest';
import { freeNodeName, setsIn } from './add-node-text.ts';

test('a name is suggested that goes on from the last, and is free', () => {
  expect(freeNodeName(['n1', 'n2', 'n3'])).toBe('n4');
  expect(freeNodeName(['eu-9', 'eu-11', 'eu-10'])).toBe('eu-12');
  expect(freeNodeName(['berlin'])).toBe('');
});

test('sets are names with commas between them', () => {
  expect(setsIn(' default, eu ,,eu')).toEqual(['default', 'eu']);
});
