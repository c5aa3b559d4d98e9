/** Functions and operators of pg_catalog that give a value for every row and raise no error on any. */
import type { FilterType } from './types.ts';

/** `takes`: the arguments' types; a literal stands where one may not come from a column. */
export interface SafeFunction {
  takes: readonly FilterType[];
  /** Arguments that must be constants, by position. */
  constants?: readonly number[];
  gives: FilterType;
}

const ofText = (gives: FilterType): SafeFunction => ({ takes: ['text'], gives });
const cut: SafeFunction = { takes: ['text', 'integer'], constants: [1], gives: 'text' };

export const SAFE_FUNCTIONS: Readonly<Record<string, SafeFunction>> = {
  lower: ofText('text'),
  upper: ofText('text'),
  btrim: ofText('text'),
  ltrim: ofText('text'),
  rtrim: ofText('text'),
  md5: ofText('text'),
  length: ofText('integer'),
  char_length: ofText('integer'),
  octet_length: ofText('integer'),
  hashtext: ofText('integer'),
  hashint4: { takes: ['integer'], gives: 'integer' },
  hashint8: { takes: ['bigint'], gives: 'integer' },
  left: cut,
  right: cut,
  starts_with: { takes: ['text', 'text'], constants: [1], gives: 'boolean' },
};

export const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

/** Why these are refused, for the sentence; others are just not on the list. */
export const FAILING: Readonly<Record<string, string>> = {
  '/': 'a division fails on a row where the divisor is 0',
  '+': 'a sum can be out of range',
  '-': 'a difference can be out of range',
  '*': 'a product can be out of range',
  '^': 'a power can be out of range',
  '~': 'a regular expression can fail',
  '~*': 'a regular expression can fail',
  '!~': 'a regular expression can fail',
  '!~*': 'a regular expression can fail',
  '->': 'a value in JSON can be of another type on another row',
  '->>': 'a value in JSON can be of another type on another row',
};
