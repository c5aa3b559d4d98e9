import { expect, test } from 'vitest';
import { shownStart, shownText } from './shown-text.ts';

test.each([
  ['plain ünï 漢字 😀 text\n\twith lines', 'plain ünï 漢字 😀 text\n\twith lines'],
  ['\u001b[31mred\u001b[0m', '\\u001B[31mred\\u001B[0m'],
  ['exe.\u202egnp', 'exe.\\u202Egnp'],
  ['a\u2066b\u2069c\u200fd\u061ce', 'a\\u2066b\\u2069c\\u200Fd\\u061Ce'],
  ['a\u0000b\rc\u0085d', 'a\\u0000b\\u000Dc\\u0085d'],
  ['a\u200bb\ufeffc\u00add', 'a\\u200Bb\\uFEFFc\\u00ADd'],
  ['a\u{e0041}b', 'a\\u{E0041}b'],
  ['half \ud83d', 'half \\uD83D'],
])('%j', (text, shown) => {
  expect(shownText(text)).toBe(shown);
});

test('says where it was cut', () => {
  expect(shownStart('abcdef', 3)).toBe('abc…');
  expect(shownStart('abc', 3)).toBe('abc');
});
