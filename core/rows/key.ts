/** By which columns the same row is found on every node, and whether blocks of it can be ranges. */
import { quoteIdent } from '#core/engines/quote.ts';
import type { Column, Described } from './describe.ts';
import { keyHash, type RowHash } from './hash.ts';

export interface KeyColumn {
  name: string;
  /** To which a literal is cast: `bigint`. */
  type: string;
  /** Found by `=` and an index; false: by its text, in a pass over the table. */
  found: boolean;
}

/**
 * - `range`: the columns sort alike on all nodes; blocks are ranges.
 * - `bucket`: they do not (another collation, version of a library, order of an enum's labels, or a type of which it cannot be
 *   said): blocks are buckets by the hash of the key's text.
 * - `whole`: no key: rows are told apart by their hash alone, and counted where they repeat.
 */
export interface Key {
  kind: 'range' | 'bucket' | 'whole';
  columns: KeyColumn[];
  /** A bigint that is the same for the same row on each node. */
  hash: string;
}

/** Types of PostgreSQL's own whose order is the same wherever their values are. Texts: by their collation. */
const ORDERED: ReadonlySet<string> = new Set([
  'smallint',
  'integer',
  'bigint',
  'oid',
  'numeric',
  'real',
  'double precision',
  'boolean',
  'date',
  'time without time zone',
  'time with time zone',
  'timestamp without time zone',
  'timestamp with time zone',
  'interval',
  'uuid',
  'bytea',
  'inet',
  'cidr',
  'macaddr',
  'macaddr8',
  '"bit"',
  'bit varying',
  'pg_lsn',
]);
const TEXTS: ReadonlySet<string> = new Set(['text', 'character varying', 'bpchar', 'name', '"char"']);

/** `nodes`: the table on each. */
export function keyOf(nodes: readonly Described[], row: RowHash): Key {
  const names = keyNames(nodes);
  if (names === null) return { kind: 'whole', columns: [], hash: row.first };
  const of = (name: string) =>
    nodes.map(({ columns }) => columns.find((column) => column.name === name) as Column);
  const columns = names.map((name): KeyColumn => {
    const [first] = of(name);
    const type = first?.type ?? 'text';
    // By a nondeterministic collation one literal would find several rows.
    const same = of(name).every((column) => column.type === type && column.deterministic);
    return {
      name,
      type,
      found: same && (first?.enumeration === true || ORDERED.has(type) || TEXTS.has(type)),
    };
  });
  const ranges = names.every((name) => sortsAlike(of(name)));
  const text = `ROW(${names.map(quoteIdent).join(', ')})::text COLLATE "C"`;
  return { kind: ranges ? 'range' : 'bucket', columns, hash: keyHash(row.kind, text) };
}

/**
 * The shortest key that is one on every node: columns of a unique index here, and on each other node all columns of one of its
 * own, in any order. With more columns a key stays a key (partitioned tables have theirs with the columns they are split by).
 */
function keyNames(nodes: readonly Described[]): string[] | null {
  const candidates = nodes.flatMap(({ keys }) => keys);
  const good = candidates.filter((names) =>
    nodes.every(
      ({ keys, columns }) =>
        keys.some((own) => own.every((name) => names.includes(name))) &&
        names.every((name) => columns.some((column) => column.name === name && column.notNull)),
    ),
  );
  // The primary key of the first node comes first, and stays so among those of the same length.
  return [...good].sort((a, b) => a.length - b.length)[0] ?? null;
}

function sortsAlike(columns: readonly Column[]): boolean {
  const [first] = columns;
  if (first === undefined || columns.some(({ type }) => type !== first.type)) return false;
  if (ORDERED.has(first.type)) return true;
  if (!TEXTS.has(first.type)) return false;
  return columns.every(({ collation, deterministic }) => deterministic && collation === first.collation);
}
