/** Types of columns and constants that a row filter may compare: of these, comparing two values never raises an error. */

export type FilterType =
  | 'boolean'
  | 'smallint'
  | 'integer'
  | 'bigint'
  | 'numeric'
  | 'real'
  | 'double precision'
  | 'text'
  | 'character'
  | 'uuid'
  | 'date'
  | 'timestamp without time zone'
  | 'timestamp with time zone'
  | 'bytea'
  /** A string without a type: it takes that of what it is compared with. */
  | 'unknown';

const NAMES: Record<string, FilterType> = {
  bool: 'boolean',
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  float4: 'real',
  float8: 'double precision',
  varchar: 'text',
  'character varying': 'text',
  bpchar: 'character',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
};

const KNOWN = new Set<string>([
  'boolean',
  'smallint',
  'integer',
  'bigint',
  'numeric',
  'real',
  'double precision',
  'text',
  'character',
  'uuid',
  'date',
  'timestamp without time zone',
  'timestamp with time zone',
  'bytea',
] satisfies FilterType[]);

/** Of a type as format_type or the parser names it; varchar is compared as text. Null: a type of which nothing is known. */
export function filterType(name: string): FilterType | null {
  const bare = name.replace(/\(\d+(?:,-?\d+)?\)/, '');
  return NAMES[bare] ?? (KNOWN.has(bare) ? (bare as FilterType) : null);
}

const INTEGERS: readonly FilterType[] = ['smallint', 'integer', 'bigint'];
const EXACT: readonly FilterType[] = [...INTEGERS, 'numeric'];
const FLOATS: readonly FilterType[] = ['real', 'double precision'];

export const isInteger = (type: FilterType): boolean => INTEGERS.includes(type);

/**
 * The type in which two values are compared. Null: none, or a cast to it can fail (numeric into double precision is out of range)
 * or goes by the session's time zone (date with timestamptz), which is not immutable.
 */
export function commonType(one: FilterType, other: FilterType): FilterType | null {
  if (one === other) return one;
  if (one === 'unknown') return other;
  if (other === 'unknown') return one;
  const [left, right] = [EXACT.indexOf(one), EXACT.indexOf(other)];
  if (left !== -1 && right !== -1) return EXACT[Math.max(left, right)] ?? null;
  const floats = [one, other].filter((each) => FLOATS.includes(each));
  if (floats.length > 0 && [one, other].every((each) => FLOATS.includes(each) || isInteger(each)))
    return 'double precision';
  return null;
}

/** A cast that no value can fail. */
export const widens = (from: FilterType, to: FilterType): boolean =>
  from === 'unknown' || (commonType(from, to) === to && !(to === 'double precision' && from === 'bigint'));
