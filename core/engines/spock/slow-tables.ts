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
  ELSE clock_timestamp()::text END
  FROM unnest(ARRAY[${catalogs.join(', ')}]::regclass[]) r)`;
}

/** As a WHERE that is decided before a row is read. */
const unless = (capabilities: Capabilities, mark: string | null) =>
  mark === null ? '' : ` AND ${markExpression(capabilities)} IS DISTINCT FROM ${quoteLiteral(mark)}`;

export function catalogMark(capabilities: Capabilities): Section {
  return { name: 'catalog_mark', sql: `SELECT ${markExpression(capabilities)} AS mark` };
}

export function tables(capabilities: Capabilities, unchangedMark: string | null): Section {
  return {
    name: 'tables',
    sql: `SELECT c.oid, n.nspname::text, c.relname::text, c.relkind::text, c.relreplident::text, c.reltuples,
  (SELECT pn.nspname || '.' || p.relname FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
    JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid AND c.relispartition) AS partition_of,
  a.columns, a.delta_columns, k.key_columns, s.sequence_columns, s.snowflake_columns
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
  SELECT array_agg(attname::text || ' ' || format_type(atttypid, atttypmod) ORDER BY attnum) AS columns,
    array_agg(attname::text ORDER BY attnum) FILTER (WHERE attoptions && ARRAY['log_old_value=true', 'log_old_value=on']) AS delta_columns
  FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) a ON true
LEFT JOIN LATERAL (
  SELECT i.indkey, (SELECT array_agg(attname::text ORDER BY array_position(i.indkey::int2[], attnum))
    FROM pg_attribute WHERE attrelid = c.oid AND attnum = ANY (i.indkey::int2[])) AS key_columns
  FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid
    AND CASE c.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END LIMIT 1) k ON true
LEFT JOIN LATERAL (
  SELECT array_agg(d.attname) FILTER (WHERE NOT d.snowflake AND d.step IN (1, -1)) AS sequence_columns,
    array_agg(d.attname) FILTER (WHERE d.snowflake) AS snowflake_columns
  FROM (${defaultsOfKey}) d) s ON true
WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND n.nspname !~ '^pg_'
  AND n.nspname NOT IN ('information_schema', 'spock', 'snowflake', 'lolor', 'tricorder')${unless(capabilities, unchangedMark)}
ORDER BY n.nspname, c.relname LIMIT ${mostTables}`,
  };
}

/** Key columns whose numbers come from a sequence: an identity, or a default that calls nextval on it. */
const defaultsOfKey = `SELECT a.attname::text, pg_get_expr(ad.adbin, ad.adrelid) LIKE '%snowflake.nextval(%' IS TRUE AS snowflake,
    (SELECT q.seqincrement FROM pg_depend dep JOIN pg_sequence q
      ON q.seqrelid = CASE WHEN a.attidentity = '' THEN dep.refobjid ELSE dep.objid END
      WHERE CASE WHEN a.attidentity = ''
        THEN dep.classid = 'pg_attrdef'::regclass AND dep.objid = ad.oid AND dep.refclassid = 'pg_class'::regclass
        ELSE dep.classid = 'pg_class'::regclass AND dep.refclassid = 'pg_class'::regclass
          AND dep.refobjid = a.attrelid AND dep.refobjsubid = a.attnum AND dep.deptype = 'i' END LIMIT 1) AS step
  FROM pg_attribute a LEFT JOIN pg_attrdef ad ON ad.adrelid = a.attrelid AND ad.adnum = a.attnum
  WHERE a.attrelid = c.oid AND a.attnum = ANY (k.indkey::int2[])
    AND (a.attidentity <> '' OR pg_get_expr(ad.adbin, ad.adrelid) LIKE '%nextval(%')`;

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
