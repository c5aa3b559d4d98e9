/** What has to be known of a table on one node before its rows can be compared with those of other nodes. */
import { z } from 'zod';
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';

const Column = z.object({
  name: z.string(),
  /** The type that holds the values, domains resolved: `numeric`. With its schema where that is not pg_catalog. */
  type: z.string(),
  /** The same with its modifier: `numeric(12,2)`. */
  full: z.string(),
  /** Of PostgreSQL itself, so that its operators are found in pg_catalog. */
  builtIn: z.boolean(),
  enumeration: z.boolean(),
  /** Has a modifier (or its domain has): `numeric(12,2)`, `character(3)`. */
  modified: z.boolean(),
  notNull: z.boolean(),
  generated: z.boolean(),
  /** Provider, locale and the version of the library that sorts by it now; null: the type has no collation. */
  collation: z.string().nullable(),
  deterministic: z.boolean(),
});
export type Column = z.infer<typeof Column>;

const Described = z.object({
  /** Of PostgreSQL: 15. */
  major: z.number(),
  encoding: z.string(),
  /** The same literals hashed, to see that both functions give the same on all nodes. */
  recordProbe: z.string().nullable(),
  textProbe: z.string(),
  /** Null: there is no such table. */
  kind: z.string().nullable(),
  /** On disk, with partitions and what is stored out of line. */
  bytes: z.number(),
  /** By the statistics; null: never counted. */
  rows: z.number().nullable(),
  columns: z.array(Column),
  /** Columns of each unique index in force over whole columns that cannot be NULL, the primary key first. */
  keys: z.array(z.array(z.string())),
});
export type Described = z.infer<typeof Described>;

export const readDescribed = (text: string): Described => Described.parse(JSON.parse(text));

/** Literals of several lengths and kinds: hash_bytes() goes other ways for each, and by the machine's byte order. */
const PROBED =
  "ROW(1, 2147483648, true, 'Aé'::text, ''::text, repeat('0123456789abc', 7), 1.50, '\\x00ff'::bytea, '2020-02-29 12:00:00.123456+00'::timestamptz)";

/**
 * One row with one column, `described`, as JSON. Catalogs alone are read. The versions of collations are those of the library
 * that is loaded now, not those that were noted when they were made (pg_collation_actual_version).
 */
export function describe(schema: string, table: string): string {
  const name = quoteLiteral(quoteQualified(schema, table));
  return `WITH RECURSIVE rel AS (SELECT c.oid, c.relkind FROM pg_class c WHERE c.oid = to_regclass(${name})),
whole AS (SELECT relid::oid FROM pg_partition_tree(to_regclass(${name})) UNION SELECT oid FROM rel),
base AS (
  SELECT a.attnum, a.atttypid AS typid, a.atttypmod AS typmod FROM pg_attribute a JOIN rel ON a.attrelid = rel.oid
   WHERE a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT base.attnum, t.typbasetype, t.typtypmod FROM base JOIN pg_type t ON t.oid = base.typid WHERE t.typtype = 'd'),
sorted AS (
  SELECT l.oid, coalesce(l.collisdeterministic, true) AS deterministic,
         CASE WHEN l.collprovider = 'd' THEN (SELECT concat_ws('/', coalesce(to_jsonb(d) ->> 'datlocprovider', 'c'), d.datcollate, coalesce(to_jsonb(d) ->> 'daticulocale', to_jsonb(d) ->> 'datlocale'),
                (SELECT pg_collation_actual_version(same.oid) FROM pg_collation same WHERE coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') = 'c' AND same.collprovider = 'c' AND same.collcollate = d.datcollate ORDER BY same.oid LIMIT 1),
                CASE WHEN coalesce(to_jsonb(d) ->> 'datlocprovider', 'c') <> 'c' THEN (SELECT max(pg_collation_actual_version(icu.oid)) FROM pg_collation icu WHERE icu.collprovider = to_jsonb(d) ->> 'datlocprovider' AND icu.collname IN ('und-x-icu', 'pg_c_utf8')) END)
              FROM pg_database d WHERE d.datname = current_database())
              ELSE concat_ws('/', l.collprovider, l.collcollate, coalesce(to_jsonb(l) ->> 'colliculocale', to_jsonb(l) ->> 'colllocale'), to_jsonb(l) ->> 'collicurules', pg_collation_actual_version(l.oid)) END AS signature
    FROM pg_collation l WHERE l.oid IN (SELECT a.attcollation FROM pg_attribute a JOIN rel ON a.attrelid = rel.oid))
SELECT json_build_object(
  'major', current_setting('server_version_num')::int / 10000, 'encoding', getdatabaseencoding(),
  'recordProbe', ${`CASE WHEN to_regprocedure('hash_record_extended(record,bigint)') IS NOT NULL THEN hash_record_extended(${PROBED}, 77)::text END`},
  'textProbe', concat_ws(' ', hashtextextended('', 77), hashtextextended('Aé', 77), hashtextextended(repeat('0123456789abc', 7), 77)),
  'kind', (SELECT relkind FROM rel),
  'bytes', coalesce((SELECT sum(pg_table_size(relid)) FROM whole), 0)::float8,
  'rows', (SELECT CASE WHEN bool_or(c.reltuples >= 0) THEN sum(greatest(c.reltuples, 0)) END FROM whole JOIN pg_class c ON c.oid = whole.relid WHERE c.relkind = 'r')::float8,
  'columns', coalesce((SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(b.typid, -1), 'full', format_type(b.typid, b.typmod),
       'builtIn', t.typnamespace = 'pg_catalog'::regnamespace, 'enumeration', t.typtype = 'e', 'modified', b.typmod >= 0, 'notNull', a.attnotnull,
       'generated', a.attgenerated <> '', 'collation', s.signature, 'deterministic', coalesce(s.deterministic, true)) ORDER BY a.attnum)
     FROM pg_attribute a JOIN rel ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped
     JOIN base b ON b.attnum = a.attnum JOIN pg_type t ON t.oid = b.typid AND t.typtype <> 'd'
     LEFT JOIN sorted s ON s.oid = a.attcollation), '[]'),
  'keys', coalesce((SELECT json_agg(k.names ORDER BY k.main DESC, k.name) FROM (
     SELECT i.indexrelid::regclass::text AS name, i.indisprimary AS main,
            (SELECT json_agg(a.attname ORDER BY u.ordinality) FROM unnest(i.indkey[0:i.indnkeyatts - 1]) WITH ORDINALITY AS u (attnum, ordinality)
               JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum) AS names
       FROM pg_index i JOIN rel ON i.indrelid = rel.oid
      WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL
        AND NOT EXISTS (SELECT FROM unnest(i.indkey[0:i.indnkeyatts - 1]) AS u (attnum) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
                         WHERE NOT a.attnotnull)) k), '[]'))::text AS described`;
}
