/** What a planner of replication sets asks of each node: all tables and sequences of a request in one question each. */
import type { Row } from '#core/engines/engine.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import type { ObservedSequence, ObservedSetTable } from '#core/model/observed.ts';
import { COLUMNS, KEY, qualified } from '#core/plan/node-questions.ts';
import type { TablePattern } from './pattern.ts';
import type { Wanted } from './wanted.ts';

const texts = (list: readonly string[]): string => `ARRAY[${list.map(quoteLiteral).join(', ')}]::text[]`;

/** Whether `n.nspname`, `c.relname` is one of these. */
const isNamed = (names: readonly (readonly [schema: string, name: string])[]): string =>
  `(n.nspname, c.relname) IN (SELECT * FROM unnest(${texts(names.map(([schema]) => schema))}, ${texts(names.map(([, name]) => name))}))`;

/** A pattern stands for tables of users, not for partitions, which come with the table that they are of. */
const matches = ({ schema, table }: TablePattern, ownSchemas: readonly string[]): string =>
  `(n.nspname LIKE ${quoteLiteral(schema)} AND c.relname LIKE ${quoteLiteral(table)} AND NOT c.relispartition
      AND n.nspname !~ '^pg_' AND n.nspname <> ALL (${texts(['information_schema', ...ownSchemas])})
      AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'))`;

interface Asked {
  /** ClusterQuestions.allMemberships, ServerQuestions.extensions. */
  allMemberships: string;
  ownSchemas: readonly string[];
}

/** Null: the request names no table. One row a table; `rows` is the server's own estimate. */
export function tablesQuestion(wanted: Wanted, { allMemberships, ownSchemas }: Asked): string | null {
  const names = [...wanted.add, ...wanted.remove].map(({ schema, table }) => [schema, table] as const);
  const patterns = [wanted.pattern, wanted.removePattern].flatMap((each) =>
    each === null ? [] : [matches(each, ownSchemas)],
  );
  const ofSet =
    wanted.wholeSet === 'all'
      ? ''
      : ` AND m.memberships::jsonb @> ${quoteLiteral(JSON.stringify([{ set: wanted.set }]))}`;
  const inSet = `EXISTS (SELECT FROM member m WHERE m.relid = c.oid${ofSet})`;
  const which = [
    ...(names.length === 0 ? [] : [isNamed(names)]),
    ...patterns,
    ...(wanted.wholeSet !== false ? [inSet] : []),
  ];
  if (which.length === 0) return null;
  return `WITH RECURSIVE member AS MATERIALIZED (${allMemberships}),
    top AS MATERIALIZED (
      SELECT c.*, c.oid AS relid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p', 'f') AND (${which.join(' OR ')})
    ), tree (top, relid) AS (
      SELECT relid, relid FROM top
      UNION ALL
      SELECT t.top, i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.relid JOIN pg_class k ON k.oid = i.inhrelid AND k.relispartition
    ), whole AS MATERIALIZED (
      SELECT t.top, sum(k.reltuples) FILTER (WHERE k.relkind = 'r')::float8 AS rows, bool_and(k.reltuples >= 0) FILTER (WHERE k.relkind = 'r') AS analysed,
        json_agg(json_build_object('schema', n.nspname, 'table', k.relname, 'kind', k.relkind, 'memberships', coalesce(m.memberships, '[]')) ORDER BY n.nspname, k.relname)
          FILTER (WHERE t.relid <> t.top) AS partitions
        FROM tree t JOIN pg_class k ON k.oid = t.relid JOIN pg_namespace n ON n.oid = k.relnamespace LEFT JOIN member m ON m.relid = k.oid
       GROUP BY t.top
    )
    SELECT n.nspname AS schema, c.relname AS "table", c.relkind::text AS kind, c.relpersistence::text AS persistence,
      (SELECT ${qualified('i.inhparent')} FROM pg_inherits i WHERE i.inhrelid = c.relid AND c.relispartition) AS partition_of,
      (SELECT json_agg(${qualified('i.inhrelid')}) FROM pg_inherits i JOIN pg_class k ON k.oid = i.inhrelid WHERE i.inhparent = c.relid AND NOT k.relispartition) AS children,
      whole.partitions, coalesce(member.memberships, '[]') AS memberships, CASE WHEN whole.analysed THEN whole.rows END AS rows,
      ${KEY},
      (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.relid AND a.attnum = ANY (i.indkey)
        WHERE i.indrelid = c.relid AND CASE c.relreplident WHEN 'd' THEN i.indisprimary AND i.indimmediate WHEN 'i' THEN i.indisreplident ELSE false END) AS key,
      ${COLUMNS}
    FROM top c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN whole ON whole.top = c.relid LEFT JOIN member ON member.relid = c.relid
    ORDER BY 1, 2`;
}

export const decodeSetTable = (row: Row): ObservedSetTable => ({
  schema: String(row.schema),
  table: String(row.table),
  hasKey: row.has_key === true,
  keyTrouble: row.key_trouble == null ? null : String(row.key_trouble),
  memberships: row.memberships as ObservedSetTable['memberships'],
  kind: String(row.kind),
  persistence: String(row.persistence),
  partitionOf: row.partition_of == null ? null : String(row.partition_of),
  children: (row.children ?? []) as string[],
  partitions: (row.partitions ?? []) as NonNullable<ObservedSetTable['partitions']>,
  columns: (row.columns ?? []) as NonNullable<ObservedSetTable['columns']>,
  key: (row.key ?? []) as string[],
  rows: row.rows == null ? null : { rows: Number(row.rows), how: 'estimated', within: null },
});

/** Null: the request names no sequence. */
export function sequencesQuestion(wanted: Wanted, sequenceSets: string): string | null {
  const named = [...wanted.addSequences, ...wanted.removeSequences];
  const inSet =
    wanted.wholeSet === 'all'
      ? 's.sets IS NOT NULL'
      : `s.sets::jsonb @> ${quoteLiteral(JSON.stringify([wanted.set]))}`;
  if (named.length === 0 && wanted.wholeSet === false) return null;
  return `SELECT n.nspname AS schema, c.relname AS sequence, coalesce(s.sets, '[]') AS sets
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN (${sequenceSets}) s ON s.relid = c.oid
   WHERE c.relkind = 'S' AND (${wanted.wholeSet !== false ? inSet : isNamed(named.map(({ schema, sequence }) => [schema, sequence] as const))}) ORDER BY 1, 2`;
}

export const decodeSequence = (row: Row): ObservedSequence => ({
  schema: String(row.schema),
  sequence: String(row.sequence),
  sets: row.sets as string[],
});
