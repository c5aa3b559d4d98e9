/**
 * What a planner asks of any PostgreSQL. Nothing is fired: no trigger, no function of users, no row filter that calls more than
 * PostgreSQL's own.
 */

import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import type { TableName } from '#core/engines/units.ts';

/** For itself: a role may be without the right. */
export const SYSTEM = 'SELECT system_identifier::text AS system_id FROM pg_control_system()';

export const SLOTS = `SELECT s.slot_name, s.plugin, s.database, s.active, s.wal_status, s.slot_type = 'physical' AS physical,
    s.slot_type = 'logical' AND s.confirmed_flush_lsn IS NULL AS begun, (to_jsonb(s) ->> 'failover')::boolean AS failover,
    (SELECT t.total_bytes FROM pg_stat_replication_slots t WHERE t.slot_name = s.slot_name)::float8 AS decoded,
    (SELECT extract(epoch FROM clock_timestamp() - r.reply_time) FROM pg_stat_replication r WHERE r.pid = s.active_pid)::float8 AS answered_ago,
    CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn) END::float8 AS wal_held,
    CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn) END::float8 AS unconfirmed
  FROM pg_replication_slots s ORDER BY s.slot_name`;

/** What else runs beside clients: each of these takes a place of max_worker_processes. */
export const ROOM = `SELECT (SELECT json_agg(roname ORDER BY roname) FROM pg_replication_origin) AS origin_names,
    (SELECT count(*) FROM pg_replication_slots)::int AS slots, current_setting('max_replication_slots')::int AS max_slots,
    (SELECT count(*) FROM pg_stat_get_activity(NULL) a WHERE a.backend_type = 'walsender')::int AS senders, current_setting('max_wal_senders')::int AS max_senders,
    (SELECT count(*) FROM pg_stat_activity a WHERE a.backend_type IS NOT NULL AND a.backend_type NOT IN ('client backend', 'walsender', 'walreceiver', 'walwriter', 'checkpointer', 'background writer', 'autovacuum launcher', 'autovacuum worker', 'archiver', 'startup', 'logger', 'standalone backend', 'slotsync worker', 'walsummarizer', 'io worker'))::int AS workers,
    current_setting('max_worker_processes')::int AS max_workers,
    (SELECT count(*) FROM pg_replication_origin)::int AS origins,
    coalesce(current_setting('max_active_replication_origins', true), current_setting('max_replication_slots'))::int AS max_origins,
    CASE WHEN current_setting('max_active_replication_origins', true) IS NULL THEN 'max_replication_slots' ELSE 'max_active_replication_origins' END AS origins_setting`;

/** Expressions of the engine within `tableQuestion`: see ClusterQuestions. */
export interface AskedOfTable {
  memberships(relation: string): string;
  syncs(table: TableName): string;
}

export const qualified = (relation: string): string =>
  `(SELECT n.nspname || '.' || k.relname FROM pg_class k JOIN pg_namespace n ON n.oid = k.relnamespace WHERE k.oid = ${relation})`;

/** Of row `c` of pg_class, with its oid as `relid`: whether it has an index that a set with UPDATE or DELETE takes, and why not. */
export const KEY = `EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.relid AND i.indimmediate AND (i.indisvalid OR c.relkind = 'p')
         AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END) AS has_key,
      CASE WHEN c.relreplident = 'f' THEN 'its replica identity is FULL'
           WHEN c.relreplident = 'n' THEN 'its replica identity is NOTHING'
           WHEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.relid AND i.indisprimary AND NOT i.indimmediate) THEN 'its primary key is deferrable'
           WHEN c.relreplident = 'i' THEN 'its replica identity index is gone or cannot serve' END AS key_trouble`;

/** Of such a row: its columns, as `ObservedColumn`. */
export const COLUMNS = `(SELECT coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
          'filledBy', CASE WHEN a.attgenerated <> '' THEN 'generated' WHEN a.attidentity <> '' THEN 'identity' WHEN a.atthasdef THEN 'default' ELSE 'nothing' END) ORDER BY a.attnum), '[]')
         FROM pg_attribute a WHERE a.attrelid = c.relid AND a.attnum > 0 AND NOT a.attisdropped) AS columns`;

/**
 * One row, or none where there is no such table. `tree` is the table with all its partitions, found in pg_inherits:
 * pg_partition_tree() would lock them.
 */
export function tableQuestion({ schema, table }: TableName, asked: AskedOfTable): string {
  return `WITH RECURSIVE top AS (
      SELECT c.* , c.oid AS relid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = ${quoteLiteral(schema)} AND c.relname = ${quoteLiteral(table)} AND c.relkind IN ('r', 'p', 'f')
    ), tree AS (
      SELECT relid FROM top
      UNION ALL
      SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.relid JOIN pg_class k ON k.oid = i.inhrelid AND k.relispartition
    )
    SELECT c.relkind::text AS kind, c.relpersistence::text AS persistence,
      (SELECT ${qualified('i.inhparent')} FROM pg_inherits i WHERE i.inhrelid = c.relid AND c.relispartition) AS partition_of,
      (SELECT coalesce(json_agg(${qualified('i.inhrelid')}), '[]') FROM pg_inherits i JOIN pg_class k ON k.oid = i.inhrelid WHERE i.inhparent = c.relid AND NOT k.relispartition) AS children,
      (SELECT coalesce(json_agg(json_build_object('schema', n.nspname, 'table', k.relname, 'kind', k.relkind, 'memberships', ${asked.memberships('k.oid')}) ORDER BY n.nspname, k.relname), '[]')
         FROM tree t JOIN pg_class k ON k.oid = t.relid JOIN pg_namespace n ON n.oid = k.relnamespace WHERE k.oid <> c.relid) AS partitions,
      ${KEY},
      ${asked.memberships('c.relid')} AS memberships,
      (SELECT coalesce(json_agg(DISTINCT ${qualified('f.conrelid')}), '[]') FROM pg_constraint f
        WHERE f.contype = 'f' AND f.confrelid IN (SELECT relid FROM tree) AND f.conrelid NOT IN (SELECT relid FROM tree)) AS referenced_by,
      ${COLUMNS},
      (SELECT coalesce(json_agg(json_build_object('name', g.tgname, 'table', ${qualified('g.tgrelid')}) ORDER BY g.tgname), '[]')
         FROM pg_trigger g WHERE g.tgrelid IN (SELECT relid FROM tree) AND NOT g.tgisinternal AND g.tgenabled IN ('A', 'R')) AS triggers,
      ${asked.syncs({ schema, table })} AS syncs,
      (SELECT coalesce(json_agg(json_build_object('table', u.tab, 'kind', u.kind, 'name', u.name, 'definition', u.definition) ORDER BY u.tab, u.kind, u.name), '[]') FROM (${rulesOf('tree')}) u) AS rules
    FROM top c`;
}

/**
 * What can refuse a row of these relations, each with a text that is the same where the rule is the same. pg_get_indexdef() waits
 * for whoever has locked the table, so it is asked only where an expression needs it.
 */
function rulesOf(tree: string): string {
  return `SELECT ${qualified('o.conrelid')} AS tab, CASE o.contype WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' ELSE 'foreign key' END AS kind, o.conname AS name,
        replace(pg_get_constraintdef(o.oid), ' NOT VALID', '') AS definition
      FROM pg_constraint o WHERE o.conrelid IN (SELECT relid FROM ${tree}) AND o.contype IN ('c', 'x', 'f') AND pg_get_constraintdef(o.oid) NOT LIKE '%NOT ENFORCED'
    UNION ALL
    SELECT ${qualified('i.indrelid')}, 'unique', k.relname,
        CASE WHEN i.indexprs IS NULL AND i.indpred IS NULL
          THEN (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) FROM unnest(i.indkey::int2[]) WITH ORDINALITY c (attnum, place) JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = c.attnum WHERE c.place <= i.indnkeyatts)
          ELSE substr(pg_get_indexdef(i.indexrelid), strpos(pg_get_indexdef(i.indexrelid), ' USING ')) END
          || CASE WHEN (to_jsonb(i)->>'indnullsnotdistinct')::boolean THEN ' NULLS NOT DISTINCT' ELSE '' END
      FROM pg_index i JOIN pg_class k ON k.oid = i.indexrelid WHERE i.indrelid IN (SELECT relid FROM ${tree}) AND i.indisunique AND NOT i.indisexclusion AND i.indisready
    UNION ALL
    SELECT DISTINCT ${qualified('a.attrelid')}, 'domain', a.attname || ' ' || o.conname, a.attname || ' ' || replace(pg_get_constraintdef(o.oid), ' NOT VALID', '')
      FROM pg_attribute a JOIN pg_constraint o ON o.contypid = a.atttypid AND o.contypid <> 0 WHERE a.attrelid IN (SELECT relid FROM top) AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT ${qualified('a.attrelid')}, 'enum', a.attname || ' ' || e.enumlabel, a.attname || ' ' || quote_literal(e.enumlabel)
      FROM pg_attribute a JOIN pg_enum e ON e.enumtypid = a.atttypid WHERE a.attrelid IN (SELECT relid FROM top) AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT ${qualified('p.oid')}, 'bounds', p.relname, pg_get_expr(p.relpartbound, p.oid)
      FROM pg_class p WHERE p.oid IN (SELECT relid FROM ${tree}) AND p.relispartition AND p.oid NOT IN (SELECT relid FROM top)`;
}

/** Rows are counted up to this; beyond it the server's statistics have to do. */
export const COUNT_UP_TO = 1_000_000;

/** Rows as they are sent: `within` those that pass the filter. An estimate comes with it, for where counting takes too long. */
export function countQuestion({ schema, table }: TableName, filter: string | null): string {
  const from = quoteQualified(schema, table);
  return `SELECT count(*)::float8 AS rows, ${filter === null ? 'NULL::float8' : 'count(*) FILTER (WHERE x.passes)::float8'} AS within
    FROM (SELECT ${filter === null ? 'true' : `(${filter})`} AS passes FROM ${from} LIMIT ${COUNT_UP_TO + 1}) x`;
}

/** Null: never analysed. */
export function estimateQuestion({ schema, table }: TableName): string {
  return `WITH RECURSIVE tree AS (
      SELECT c.oid AS relid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${quoteLiteral(schema)} AND c.relname = ${quoteLiteral(table)}
      UNION ALL SELECT i.inhrelid FROM tree t JOIN pg_inherits i ON i.inhparent = t.relid
    ) SELECT CASE WHEN bool_and(c.reltuples >= 0) THEN sum(c.reltuples)::float8 END AS rows FROM tree t JOIN pg_class c ON c.oid = t.relid WHERE c.relkind IN ('r', 'm')`;
}
