import { expect, it } from 'vitest';
import { placeWords } from './mark-words.ts';

const mark = (x: number, text: string) => ({ x, text, mark: true });

it('sets words left of their mark, else right of it, else not at all', () => {
  const placed = placeWords(
    [mark(400, 'twenty characters aa'), mark(420, 'twenty characters bb'), mark(410, 'x')],
    0,
    900,
  );
  expect(placed.map((one) => [one.text, one.anchor])).toEqual([
    ['twenty characters bb', 'start'],
    ['twenty characters aa', 'end'],
  ]);
});

it('never runs out of the plot, and gives way to marks with words that are no mark', () => {
  const placed = placeWords(
    [mark(20, 'twenty characters aa'), { x: 40, text: 'not sampled, 45 s', mark: false }],
    0,
    300,
  );
  expect(placed).toEqual([{ x: 27, text: 'twenty characters aa', anchor: 'start' }]);
});
