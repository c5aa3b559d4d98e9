import { describe, expect, test } from 'vitest';
import { quoteIdent, quoteLiteral, quoteQualified, quoteRegclass, unquoteQualified } from './quote.ts';

describe('names', () => {
  test.each([
    ['acct', '"acct"'],
    ['select', '"select"'],
    ['Weird "name" – ünïcode', '"Weird ""name"" – ünïcode"'],
    ['a\nb', '"a\nb"'],
    ['a\\b', '"a\\b"'],
    ["it's", '"it\'s"'],
    ['"; DROP TABLE t; --', '"""; DROP TABLE t; --"'],
    ['💥'.repeat(15), `"${'💥'.repeat(15)}"`],
  ])('%j', (name, quoted) => expect(quoteIdent(name)).toBe(quoted));

  test('an empty name and one with NUL are refused', () => {
    expect(() => quoteIdent('')).toThrow('cannot be empty');
    expect(() => quoteIdent('a\0b')).toThrow('NUL');
  });

  test('a schema and a name', () => expect(quoteQualified('my schema', 't"')).toBe('"my schema"."t"""'));
});

describe('names as quote_ident prints them', () => {
  test.each([
    ['public.acct', ['public', 'acct']],
    ['acct', [null, 'acct']],
    ['"Sales Dept"."Order Lines"', ['Sales Dept', 'Order Lines']],
    ['"a.b"."c.d"', ['a.b', 'c.d']],
    ['public."a.b"', ['public', 'a.b']],
    ['"say ""hi""".t', ['say "hi"', 't']],
    ['"two\nlines".t', ['two\nlines', 't']],
    ['ünï.tä', ['ünï', 'tä']],
  ])('%j', (text, names) => expect(unquoteQualified(text)).toEqual(names));

  test.each(['a.b.c', '', '.', 'a.', '.a', '"a', 'a"b', '""', '"a".'])('not %j', (text) =>
    expect(unquoteQualified(text)).toBeNull(),
  );

  test.each([
    ['my schema', 't"'],
    ['a.b', 'c.d'],
    ['x', 'y\n'],
  ])('what was quoted comes back: %j %j', (schema, name) =>
    expect(unquoteQualified(quoteQualified(schema, name))).toEqual([schema, name]),
  );
});

describe('values', () => {
  test.each([
    ['', "''"],
    ['plain', "'plain'"],
    ["it's", "'it''s'"],
    ['a\\b', "E'a\\\\b'"],
    ["\\'; DROP TABLE t; --", "E'\\\\''; DROP TABLE t; --'"],
    ['zwei\nZeilen', "'zwei\nZeilen'"],
    ['ünïcode – 💥', "'ünïcode – 💥'"],
  ])('%j', (value, quoted) => expect(quoteLiteral(value)).toBe(quoted));

  test('NUL is refused', () => expect(() => quoteLiteral('a\0')).toThrow('NUL'));

  test('a table for regclass is quoted twice', () => {
    expect(quoteRegclass('public', `o'neil "x"`)).toBe(`'"public"."o''neil ""x"""'::regclass`);
  });
});
