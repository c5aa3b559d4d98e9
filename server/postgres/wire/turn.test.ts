import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inTurn } from './turn.ts';

function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('what comes all at once is done in order, and lets others have their turns', async () => {
  const done: number[] = [];
  const waited = Array.from({ length: 100 }, (_, n) =>
    inTurn(() => {
      busy(5);
      done.push(n);
    }),
  );
  expect(waited[0]).toBe(false);
  expect(waited.at(-1)).toBe(true);
  const turns: number[] = [];
  let last = done.length;
  while (done.length < 100) {
    await nextTurn();
    turns.push(done.length - last);
    last = done.length;
  }
  expect(done).toEqual(Array.from({ length: 100 }, (_, n) => n));
  // 25 ms of 5 each, and one that was begun before.
  expect(Math.max(...turns)).toBeLessThanOrEqual(6);
});

test('what is asked for by work that is under way, or waits, is done too', async () => {
  const done: string[] = [];
  inTurn(() => {
    busy(30);
    done.push('first');
    inTurn(() => done.push('asked for by the first'));
  });
  inTurn(() => {
    done.push('second');
    inTurn(() => done.push('asked for by the second'));
  });
  while (done.length < 4) await nextTurn();
  expect(new Set(done).size).toBe(4);
  expect(done.indexOf('first')).toBeLessThan(done.indexOf('second'));
});
