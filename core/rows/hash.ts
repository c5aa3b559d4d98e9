/**
 * What a row is hashed by: two numbers of 64 bits, so that two rows have the same exactly where COPY writes both alike.
 *
 * `hash_record_extended` is quick, and knows equality, not text: it hashes by the types' own functions, and those of some types
 * drop what COPY writes. So each type stands here with what makes up for that, and every other type goes by its text:
 * - int8, time, timestamp: both halves are folded into 32 bits, under every seed: bigint -1 and 4294967295 hash alike
 *   (hashint8extended in hashfunc.c).
 * - numeric: the sign is not hashed (hash_numeric_extended in numeric.c), and without a scale 1.0 equals 1.00.
 * - float: 0 equals -0. bpchar: blanks at the end are dropped. Texts of a nondeterministic collation: whatever it holds equal.
 * - enum: the label's OID. Arrays: neither dimensions nor where a NULL stands (hash_array_extended).
 * - NaN and zero hash to the seed or one less, NULL to 0: the seeds are none of these.
 */
import { quoteIdent } from '#core/engines/quote.ts';
import type { Column, Described } from './describe.ts';

/** How the numbers of a row come about. `md5`: bytes hash otherwise on one of the nodes, or its encoding is another. */
export type HashKind = 'record' | 'text' | 'md5';

export interface RowHash {
  kind: HashKind;
  /** Two expressions of type bigint over the row's columns. */
  first: string;
  second: string;
  /** The same over `sources`, expressions of which the first is called s0, and so on: what is stored out of line is read once. */
  once: { sources: string[]; first: string; second: string };
}

/** Odd, and far from 0, 1 and each other. */
const SEEDS: readonly [bigint, bigint] = [6148914691236517205n, 7046029254386353131n];
/** Of another hash than a row's, so that what is chosen by it says nothing of the row's. */
const KEY_SEED = 2545170327430297651n;

/** ROW() takes 1,664 (MaxTupleAttributeNumber): what does not fit goes into further ones, each with seeds of its own. */
const ENTRIES = 1600;

/** The kind that all nodes agree in. `nodes`: the same table on each. */
export function hashKindOf(nodes: readonly Described[]): HashKind {
  const same = (of: (node: Described) => unknown) => new Set(nodes.map(of)).size <= 1;
  if (!same(({ textProbe }) => textProbe) || !same(({ encoding }) => encoding)) return 'md5';
  const typed = same(({ major }) => major) && same(({ recordProbe }) => recordProbe);
  return typed && nodes[0]?.recordProbe !== null ? 'record' : 'text';
}

/** Over the columns of `names`, which every node has. Nodes hold their columns in any order, and get the same text. */
export function rowHashOf(names: readonly string[], nodes: readonly Described[]): RowHash {
  const kind = hashKindOf(nodes);
  const sources = kind === 'record' ? recordsOf(names, nodes) : [`${rowText(names)}`];
  const by = (seed: bigint, from: readonly string[]) =>
    kind === 'record' ? recordHash(from, seed) : textHash(kind, from[0] as string, seed);
  const [one, other] = SEEDS;
  const aliases = sources.map((_, index) => `s${index}`);
  return {
    kind,
    first: by(one, sources),
    second: by(other, sources),
    once: { sources, first: by(one, aliases), second: by(other, aliases) },
  };
}

const rowText = (names: readonly string[]): string =>
  `ROW(${names.map(quoteIdent).join(', ')})::text COLLATE "C"`;

/** Records of what each column is hashed by, those that go by their text together. */
function recordsOf(names: readonly string[], nodes: readonly Described[]): string[] {
  const typed: string[] = [];
  const asText: string[] = [];
  for (const name of names) {
    const entries = entriesOf(nodes.map(({ columns }) => columns.find((column) => column.name === name)));
    if (entries === null) asText.push(name);
    else typed.push(...entries);
  }
  if (asText.length > 0) typed.push(rowText(asText));
  return chunks(typed, ENTRIES).map((entries) => `ROW(${entries.join(', ')})`);
}

const recordHash = (records: readonly string[], seed: bigint): string =>
  `(${records.map((record, index) => `hash_record_extended(${record}, ${seed + BigInt(2 * index)})`).join(' # ')})`;

/** A bigint over a text, by which rows are put into buckets. */
export const keyHash = (kind: HashKind, text: string): string => textHash(kind, text, KEY_SEED);

function textHash(kind: HashKind, text: string, seed: bigint): string {
  if (kind !== 'md5') return `hashtextextended(${text}, ${seed})`;
  // SQL_ASCII is converted to nothing: convert_to() leaves its bytes as they are.
  return `('x' || left(md5(convert_to('${seed} ' || ${text}, 'UTF8')), 16))::bit(64)::bigint`;
}

/** What stands in the record for a column; null: its text does. `columns`: the column on each node. */
function entriesOf(columns: readonly (Column | undefined)[]): string[] | null {
  const [first] = columns;
  if (first === undefined) return null;
  const typed = columns.every(
    (column) => column !== undefined && classOf(column) === classOf(first) && classOf(column) !== null,
  );
  return typed ? (ENTRIES_OF[first.type]?.(quoteIdent(first.name)) ?? null) : null;
}

/** Columns of one class hash the same value alike. Null: by text. */
function classOf(column: Column): string | null {
  if (ENTRIES_OF[column.type] === undefined || !column.deterministic) return null;
  // Without a modifier the scale, or the length, is the value's own.
  if (column.type === 'numeric' || column.type === 'bpchar') return column.modified ? column.full : null;
  return column.type === 'character varying' ? 'text' : column.type;
}

const plain = (column: string): string[] => [column];
const folded = (column: string): string[] => [column, `${column} >> 32`];
/** A double holds every microsecond of some 285 years, and beyond that what the folded halves leave open. */
const moment = (column: string): string[] => [column, `date_part('epoch', ${column})`];
const float = (column: string): string[] => [column, `(${column} = 0 AND ${column}::text = '-0')`];

const ENTRIES_OF: Readonly<Record<string, (column: string) => string[]>> = {
  boolean: plain,
  smallint: plain,
  integer: plain,
  oid: plain,
  bigint: folded,
  real: float,
  'double precision': float,
  numeric: (column) => [column, `${column} < 0`],
  date: plain,
  'time without time zone': moment,
  'timestamp without time zone': moment,
  'timestamp with time zone': moment,
  uuid: plain,
  bytea: plain,
  text: plain,
  'character varying': plain,
  bpchar: plain,
};

const chunks = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
