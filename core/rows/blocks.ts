/**
 * The queries by which a table is read: where it is cut, the sum of a block, the sums of its buckets, its rows, and rows by their
 * keys. All names and values in them are quoted here; all are run by `readOnly` (settings.ts).
 */
import { quoteIdent, quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import type { RowHash } from './hash.ts';
import type { Key } from './key.ts';

/** A table on one node, ready to be read. */
export interface Readable {
  schema: string;
  table: string;
  /** A table that others inherit from is read without them: they are tables of their own, and replicate so. */
  partitioned: boolean;
  /** As in `ComparedTable`. */
  filter?: string | null;
  row: RowHash;
  key: Key;
  /** Each row says in `own` whether the node itself has written it. */
  tellsOwn?: boolean;
}

/** Texts of the key's columns, as the server writes them. */
export type KeyValues = readonly string[];

/** Rows whose key is above `after` and not above `upTo`; null: without that bound. */
export interface Range {
  after: KeyValues | null;
  upTo: KeyValues | null;
}
export const ALL: Range = { after: null, upTo: null };

/** `of`: a power of two. */
export interface Buckets {
  of: number;
  numbers: readonly number[];
}

/** With a filter a query of its own, so that the filter's names are the table's alone. */
function from({ schema, table, partitioned, filter }: Readable): string {
  const whole = `${partitioned ? '' : 'ONLY '}${quoteQualified(schema, table)}`;
  return filter == null ? `${whole} AS r` : `(SELECT *, xmin FROM ${whole} WHERE ${filter}) AS r`;
}

const typedValues = (values: KeyValues, key: Key): string =>
  values.map((value, index) => `${quoteLiteral(value)}::${key.columns[index]?.type ?? 'text'}`).join(', ');

const columnsOf = (key: Key): string => key.columns.map(({ name }) => `r.${quoteIdent(name)}`).join(', ');

function where(readable: Readable, range: Range, buckets: Buckets | null): string {
  const { key } = readable;
  const bound = (operator: string, values: KeyValues) =>
    key.columns.length === 1
      ? `${columnsOf(key)} ${operator} ${typedValues(values, key)}`
      : `(${columnsOf(key)}) ${operator} (${typedValues(values, key)})`;
  const all = [
    ...(range.after === null ? [] : [bound('>', range.after)]),
    ...(range.upTo === null ? [] : [bound('<=', range.upTo)]),
    ...(buckets === null ? [] : [`${bucket(key, buckets.of)} = ANY ('{${buckets.numbers.join(',')}}')`]),
  ];
  return all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`;
}

const bucket = (key: Key, of: number): string => `((${key.hash}) & ${of - 1})`;

/** The key of the row with which a block of `rows` rows after `after` ends: columns k0, k1, …; no row: fewer are left. */
export function cut(readable: Readable, after: KeyValues | null, rows: number): string {
  const { key } = readable;
  return `SELECT ${keyTexts(key)} FROM ${from(readable)}${where(readable, { after, upTo: null }, null)} ORDER BY ${columnsOf(key)} OFFSET ${rows - 1} LIMIT 1`;
}

const keyTexts = (key: Key): string =>
  key.columns.map(({ name }, index) => `format('%s', r.${quoteIdent(name)}) AS k${index}`).join(', ');

/** Sums and not bit_xor: a row that is there twice is not taken for none. */
const sums = ({ row }: Readable): string =>
  `count(*)::text AS rows, coalesce(sum(${row.once.first}), 0)::text AS first, coalesce(sum(${row.once.second}), 0)::text AS second`;

/** OFFSET 0 keeps the planner from taking the rows apart again, and reading twice what is stored out of line. */
const read = (readable: Readable, columns: readonly string[], range: Range): string =>
  `(SELECT ${[...readable.row.once.sources.map((source, index) => `${source} AS s${index}`), ...columns].join(', ')} FROM ${from(readable)}${where(readable, range, null)} OFFSET 0) AS read`;

/** One row: `rows`, `first`, `second`. */
export const sum = (readable: Readable, range: Range): string =>
  `SELECT ${sums(readable)} FROM ${read(readable, [], range)}`;

/** The same by `bucket`, of `of`; buckets without rows are not there. */
export const bucketSums = (readable: Readable, range: Range, of: number): string =>
  `SELECT bucket::text AS bucket, ${sums(readable)} FROM ${read(readable, [`${bucket(readable.key, of)} AS bucket`], range)} GROUP BY read.bucket`;

/** Each row: the key's columns as k0, k1, …, `hash`, `xmin`. Without a key `hash` is all, and comes with `times`. */
export function rows(readable: Readable, range: Range, buckets: Buckets | null): string {
  return versions(readable, '', where(readable, range, buckets));
}

/** As `rows`, those with one of these keys. Without a key they are looked for by hash: values of `rows`' k0. */
export function rowsByKey(readable: Readable, keys: readonly KeyValues[]): string {
  const { key } = readable;
  if (key.kind === 'whole') {
    const wanted = keys.map(([hash]) => hash?.split(' ')[0]).join(',');
    return versions(readable, '', ` WHERE (${readable.row.first}) = ANY ('{${wanted}}'::bigint[])`);
  }
  if (!key.columns.every(({ found }) => found)) {
    // A separator may stand in a value: then more rows are found than were asked for, and the reader leaves them out.
    const text = `concat_ws(E'\\x1f', ${key.columns.map(({ name }) => `format('%s', r.${quoteIdent(name)})`).join(', ')})`;
    const wanted = keys.map((values) => quoteLiteral(values.join('\x1f')));
    return versions(readable, '', ` WHERE ${text} COLLATE "C" = ANY (ARRAY[${wanted.join(', ')}])`);
  }
  const lists = key.columns.map(
    ({ type }, index) =>
      `ARRAY[${keys.map((values) => quoteLiteral(values[index] ?? '')).join(', ')}]::${type}[]`,
  );
  const names = key.columns.map((_, index) => `k${index}`);
  const join = key.columns.map(({ name }, index) => `r.${quoteIdent(name)} = wanted.k${index}`);
  return versions(
    readable,
    `(SELECT DISTINCT ${names.join(', ')} FROM unnest(${lists.join(', ')}) AS given (${names.join(', ')})) AS wanted, `,
    ` WHERE ${join.join(' AND ')}`,
  );
}

/** As `rows`, those of which a condition over record `o` of pg_xact_commit_timestamp_origin() holds. */
export const rowsWith = (readable: Readable, condition: string): string =>
  versions(
    readable,
    '',
    ` CROSS JOIN LATERAL pg_xact_commit_timestamp_origin(r.xmin) AS o WHERE ${condition}`,
  );

/**
 * Whether the row's last change was committed on the node itself: 0 is no origin, and rows of copies and of links have one
 * (pg_xact_commit_timestamp_origin()). Without commit timestamps nothing is known, and no row is the node's own. Read with the
 * row: asked for afterwards, a row that is deleted meanwhile would be nobody's.
 */
const OWN = `CASE WHEN current_setting('track_commit_timestamp') = 'on' THEN coalesce((pg_xact_commit_timestamp_origin(r.xmin)).roident = 0, false) ELSE false END`;

function versions(readable: Readable, other: string, where: string): string {
  const { row, key } = readable;
  const table = from(readable);
  const own = readable.tellsOwn === true ? `, ${OWN} AS own` : '';
  if (key.kind === 'whole') {
    const anyOwn = own === '' ? '' : ', bool_or(own) AS own';
    return `SELECT h || ' ' || g AS k0, count(*)::text AS hash, md5(string_agg(version, ',' ORDER BY version)) AS xmin${anyOwn} FROM (SELECT ${row.first} AS h, ${row.second} AS g, r.xmin::text AS version${own} FROM ${table}${where}) AS hashed GROUP BY h, g`;
  }
  return `SELECT ${keyTexts(key)}, ${row.first} || ' ' || ${row.second} AS hash, r.xmin::text AS xmin${own} FROM ${other}${table}${where}`;
}
