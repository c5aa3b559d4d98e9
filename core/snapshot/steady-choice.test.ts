import { expect, it } from 'vitest';
import { SteadyChoice } from './steady-choice.ts';

const choose = (steady: SteadyChoice, values: Record<string, number>) =>
  steady.worst(
    'links',
    Object.entries(values),
    ([name]) => name,
    ([, badness]) => badness,
  )?.[0];

it('keeps to the one that it named while another is hardly worse', () => {
  const steady = new SteadyChoice();
  expect(choose(steady, { b: 100, a: 99 })).toBe('b');
  expect(choose(steady, { b: 100, a: 104 })).toBe('b');
  expect(choose(steady, { b: 100, a: 114 })).toBe('b');
  expect(choose(steady, { b: 100, a: 116 })).toBe('a');
  // And does not go back at once.
  expect(choose(steady, { b: 117, a: 116 })).toBe('a');
});

it('names the first by name of equal ones, and forgets what is gone', () => {
  const steady = new SteadyChoice();
  expect(choose(steady, { b: 5, a: 5 })).toBe('a');
  expect(choose(steady, { b: 5 })).toBe('b');
  expect(choose(steady, {})).toBeUndefined();
  expect(choose(steady, { b: 5, a: 5 })).toBe('a');
});

it('lets go of one that is no longer bad at all', () => {
  const steady = new SteadyChoice();
  choose(steady, { a: 3, b: 1 });
  expect(choose(steady, { a: 0, b: 0.001 })).toBe('b');
});

it('keeps the choices of different questions apart', () => {
  const steady = new SteadyChoice();
  choose(steady, { a: 3, b: 1 });
  expect(steady.worst('nodes', ['b', 'a'], String, () => 1)).toBe('a');
  expect(choose(steady, { a: 3, b: 3.1 })).toBe('a');
});
