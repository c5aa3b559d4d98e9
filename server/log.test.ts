import { expect, it } from 'vitest';
import { createLog } from './log.ts';

function logged(message: string): string[] {
  const lines: string[] = [];
  createLog((line) => lines.push(line)).error(message);
  return lines;
}

it('writes one line, with its time and level, and no password', () => {
  expect(logged('two\n  lines of password=x')).toEqual([
    expect.stringMatching(/^\d{4}-.*Z error two lines of password=••••$/),
  ]);
});

it('gives a terminal nothing to obey', () => {
  expect(logged('n1: \u001b[2J\u202egnp.exe\r\u0007')).toEqual([
    expect.stringMatching(/ error n1: \\u001B\[2J\\u202Egnp\.exe \\u0007$/),
  ]);
});

it('takes a long line in a time that grows with its length', () => {
  const start = process.cpuUsage();
  for (const piece of [' ', '\t ', 'a-', 'a://:', ' \n', '\r']) logged(piece.repeat(200_000 / piece.length));
  expect(process.cpuUsage(start).user / 1000).toBeLessThan(2000);
});
