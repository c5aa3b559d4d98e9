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

it('lets the most serious mark choose first, and cuts its words rather than leave them out', () => {
  const words = 'n3 does not answer: 10.3.0.9:5432 refused the connection';
  const placed = placeWords(
    [
      { ...mark(100, 'n1 holds 3.1 GB of WAL for n3'), rank: 1 },
      { ...mark(400, words), rank: 2 },
      { ...mark(430, 'n2 was restarted'), rank: 0 },
    ],
    90,
    450,
  );
  expect(placed).toEqual([
    { x: 393, text: 'n3 does not answer: 10.3.0.9:5432 refused the conne…', anchor: 'end' },
  ]);
});

it('leaves words out where a cut would leave no sense', () => {
  expect(placeWords([mark(100, 'a'.repeat(60)), mark(200, 'b'.repeat(60))], 90, 230)).toEqual([]);
});
