import { expect, test } from 'vitest';
import { namedColumns } from './column-text.ts';

test.each<[string, string[] | null]>([
  ['id', ['id']],
  [' id ,  note', ['id', 'note']],
  ['id, "Two, ""words"""', ['id', 'Two, "words"']],
  ['id, two words', ['id', 'two words']],
  ['id,', null],
  [',id', null],
  ['"open', null],
  ['id, "a" b', null],
])('%s', (text, names) => {
  expect(namedColumns(text)).toEqual(names);
});
