/** The tables and what sets they are in: the dear part of the slow poll, left out while no catalog was written. */
import type { Capabilities, Section } from '#core/engines/engine.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { columnsOf } from './capabilities.ts';

/** A schema of more tables is shown in part, and said so: a poll must stay bounded. */
export const mostTables = 20_000;

const watchedCatalogs = ['pg_class', 'pg_namespace', 'pg_attribute', 'pg_attrdef', 'pg_index', 'pg_inherits'];

/**
 * Counters of the writes to the catalogs that say what tables there are. They are kept by PostgreSQL anyway, cost
 * nothing to read, and come up to 10 s late; with track_counts off they stand still, and then the clock stands in.
 */
function markExpression(capabilities: Capabilities): string {
  const catalogs = watchedCatalogs.map((name) => `'pg_catalog.${name}'`);
  for (const name of ['replication_set', 'replication_set_table']) {
    if (capabilities.columns.has(`spock.${name}`)) catalogs.push(`'spock.${name}'`);
  }
  return `(SELECT CASE WHEN current_setting('track_counts') = 'on'
  THEN string_agg((pg_stat_get_tuples_inserted(r) + pg_stat_get_tuples_updated(r) + pg_stat_get_tuples_deleted(r))::text, '/')
    || ' ' || extract(epoch FROM pg_postmaster_start_time())
  ELSE clock_timestamp()::text END
  FROM unnest(ARRAY[${catalogs.join(', ')}]::regclass[]) r)`;
}

/** As a WHERE that is decided before a row is read. */
const unless = (capabilities: Capabilities, mark: string | null) =>
  mark === null ? '' : ` AND ${markExpression(capabilities)} IS DISTINCT FROM ${quoteLiteral(mark)}`;

export function catalogMark(capabilities: Capabilities): Section {
  return {
    name: 'catalog_mark',
    sql: `SELECT ${markExpression(capabilities)} AS mark, clock_timestamp() AS tables_begin`,
  };
}

/** With the moment of the mark: how long the server took for the tables. */
export const tablesEnd: Section = { name: 'tables_end', sql: 'SELECT clock_timestamp() AS tables_end' };

/** In sets, not table by table: catalogs of 10,000 tables are read at one go rather than looked up 40,000 times. */
export function tables(capabilities: Capabilities, unchangedMark: string | null): Section {
  return {
    name: 'tables',
    sql: `WITH rel AS MATERIALIZED (
  SELECT c.oid, n.nspname, c.relname, c.relkind, c.relreplident, c.relispartition, c.reltuples
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname !~ '^pg_'
    AND n.nspname NOT IN ('information_schema', 'spock', 'spock_standin', 'snowflake', 'lolor', 'tricorder_status')
  ORDER BY n.nspname, c.relname LIMIT ${mostTables}
), attribute AS (
  SELECT a.attrelid,
    array_agg(a.attname::text || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS columns,
    array_agg(a.attname::text ORDER BY a.attnum)
      FILTER (WHERE a.attoptions && ARRAY['log_old_value=true', 'log_old_value=on']) AS delta_columns
  FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped
  GROUP BY a.attrelid
), key AS (
  SELECT a.attrelid, array_agg(a.attname::text ORDER BY array_position(i.indkey::int2[], a.attnum)) AS key_columns,
    array_agg(a.attname::text) FILTER (WHERE d.step IN (1, -1) AND NOT d.snowflake) AS sequence_columns,
    array_agg(a.attname::text) FILTER (WHERE d.snowflake) AS snowflake_columns,
    bool_or(NOT i.indimmediate) AS key_deferrable
  FROM rel JOIN pg_index i ON i.indrelid = rel.oid AND i.indisvalid
    AND CASE rel.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])
  LEFT JOIN (${drawn}) d ON d.relid = a.attrelid AND d.attnum = a.attnum
  GROUP BY a.attrelid
), parent AS (
  SELECT h.inhrelid, pn.nspname || '.' || p.relname AS partition_of
  FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
)
SELECT rel.oid, rel.nspname::text, rel.relname::text, rel.relkind::text, rel.relreplident::text, rel.reltuples,
  parent.partition_of, attribute.columns, attribute.delta_columns,
  key.key_columns, key.key_deferrable, key.sequence_columns, key.snowflake_columns
FROM rel
LEFT JOIN attribute ON attribute.attrelid = rel.oid
LEFT JOIN key ON key.attrelid = rel.oid
LEFT JOIN parent ON parent.inhrelid = rel.oid AND rel.relispartition
WHERE true${unless(capabilities, unchangedMark)}
ORDER BY rel.nspname, rel.relname`,
  };
}

/**
 * Columns whose numbers come from a sequence, and how it steps: their default depends on the sequence, and on a function
 * of snowflake's where it calls that; an identity's sequence depends on the column.
 */
const drawn = `SELECT ad.adrelid AS relid, ad.adnum AS attnum, min(q.seqincrement) AS step, EXISTS (
      SELECT FROM pg_depend f JOIN pg_proc p ON p.oid = f.refobjid JOIN pg_namespace fn ON fn.oid = p.pronamespace
      WHERE f.classid = 'pg_attrdef'::regclass AND f.objid = ad.oid AND f.refclassid = 'pg_proc'::regclass
        AND fn.nspname = 'snowflake') AS snowflake
    FROM pg_attrdef ad
    JOIN pg_depend dep ON dep.classid = 'pg_attrdef'::regclass AND dep.objid = ad.oid AND dep.refclassid = 'pg_class'::regclass
    JOIN pg_sequence q ON q.seqrelid = dep.refobjid
    GROUP BY ad.oid, ad.adrelid, ad.adnum
    UNION ALL
    SELECT dep.refobjid, dep.refobjsubid::int2, q.seqincrement, false
    FROM pg_sequence q
    JOIN pg_depend dep ON dep.classid = 'pg_class'::regclass AND dep.objid = q.seqrelid
      AND dep.refclassid = 'pg_class'::regclass AND dep.deptype = 'i'`;

/** Memberships of the local node's sets; the row filter as pg_get_expr prints it. */
export function memberships(capabilities: Capabilities, unchangedMark: string | null): Section | null {
  const columns = columnsOf(capabilities, 'spock.replication_set_table', [
    'set_id',
    'set_reloid',
    'set_att_list',
    'set_row_filter',
  ]);
  const names = columnsOf(capabilities, 'spock.replication_set', ['set_id', 'set_name', 'set_nodeid']);
  if (!columns?.includes('set_reloid') || names?.length !== 3) return null;
  if (!columnsOf(capabilities, 'spock.local_node', ['node_id'])) return null;
  const optional = (column: string, sql: string) => (columns.includes(column) ? sql : 'NULL::text');
  return {
    name: 'replication_set_table',
    sql: `SELECT t.set_id, t.set_reloid::oid AS reloid, s.set_name::text,
  ${optional('set_att_list', 't.set_att_list')} AS set_att_list,
  ${optional('set_row_filter', 'pg_get_expr(t.set_row_filter, t.set_reloid)')} AS row_filter
FROM spock.replication_set_table t JOIN spock.replication_set s USING (set_id)
WHERE s.set_nodeid IN (SELECT node_id FROM spock.local_node)${unless(capabilities, unchangedMark)}`,
  };
}
