/** What is asked of tables and sequences before a deploy. None of it waits for the lock of somebody else. */
import { quoteQualified } from '#core/engines/quote.ts';

/** Schemas of the system, of Spock and of what comes with it. */
export const NOT_OF_USERS =
  "('pg_catalog', 'information_schema', 'spock', 'spock_standin', 'pglogical', 'snowflake', 'lolor')";

const NOT_OF_AN_EXTENSION = (catalog: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;

/** Tables of users: not of the system, of Spock or of an extension; partitions stand for themselves in their parent. */
const USER_TABLE = `
  c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
  AND n.nspname NOT IN ${NOT_OF_USERS} AND ${NOT_OF_AN_EXTENSION('pg_class', 'c.oid')}`;

/**
 * Relations that somebody holds, or waits for, so that nobody else may read them: asking for their size, their definitions or
 * their rows would wait as well.
 */
const TAKEN = `
  SELECT relation, (array_agg(pid ORDER BY granted DESC))[1] AS pid FROM pg_locks
   WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock' AND pid <> pg_backend_pid()
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY 1`;

/** One row a table. Sizes of what is taken are those of the last VACUUM; definitions of what is taken are not read. */
export const TABLES = `
WITH RECURSIVE taken AS MATERIALIZED (${TAKEN}),
locked AS MATERIALIZED (
  SELECT relation AS oid, pid FROM taken
   UNION SELECT i.indrelid, t.pid FROM taken t JOIN pg_index i ON i.indexrelid = t.relation),
own AS MATERIALIZED (
  SELECT c.oid, c.relname, n.nspname, c.relowner, c.relreplident, c.reltuples, c.relkind
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${USER_TABLE}),
tree (top, oid) AS (
  SELECT oid, oid FROM own
   UNION ALL SELECT t.top, i.inhrelid FROM tree t JOIN pg_class p ON p.oid = t.oid AND p.relkind = 'p'
                      JOIN pg_inherits i ON i.inhparent = t.oid),
part AS MATERIALIZED (
  SELECT t.top, c.oid, c.relname, n.nspname, c.relkind, c.relreplident, l.pid,
         CASE WHEN c.relkind <> 'r' THEN 0 WHEN l.oid IS NULL THEN pg_relation_size(c.oid) ELSE c.relpages * current_setting('block_size')::bigint END AS main,
         CASE WHEN c.relkind <> 'r' THEN 0 WHEN l.oid IS NULL THEN pg_total_relation_size(c.oid) ELSE c.relpages * current_setting('block_size')::bigint END AS bytes
    FROM tree t JOIN pg_class c ON c.oid = t.oid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN locked l ON l.oid = c.oid),
whole AS MATERIALIZED (
  SELECT p.top, sum(p.bytes)::float8 AS bytes, max(p.pid) AS pid,
         json_agg(json_build_array(p.nspname, p.relname, p.pid) ORDER BY p.nspname, p.relname)
           FILTER (WHERE p.relkind = 'r' AND (p.main > 0 OR p.pid IS NOT NULL)) AS filled,
         json_agg(format('%s.%s', p.nspname, p.relname)) FILTER (WHERE p.relkind = 'f') AS foreign_partitions
    FROM part p GROUP BY p.top),
always AS MATERIALIZED (
  SELECT o.top, json_agg(DISTINCT g.tgname) AS triggers FROM part o JOIN pg_trigger g ON g.tgrelid = o.oid
   WHERE NOT g.tgisinternal AND g.tgenabled IN ('A', 'R') GROUP BY o.top)
SELECT c.nspname AS schema, c.relname AS "table", pg_get_userbyid(c.relowner) AS owner, c.relreplident = 'f' AS identity_full,
       CASE WHEN c.reltuples < 0 THEN NULL ELSE c.reltuples END::float8 AS rows,
       whole.bytes, whole.pid, whole.filled, whole.foreign_partitions, always.triggers AS always_triggers,
       (SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                 coalesce('log_old_value=true' = ANY (a.attoptions), false), a.attgenerated) ORDER BY a.attnum)
          FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
       (SELECT json_agg(a.attname ORDER BY k.ordinality) FROM pg_index i
          CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k (attnum, ordinality)
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
         WHERE i.indrelid = c.oid AND CASE c.relreplident WHEN 'i' THEN i.indisreplident WHEN 'n' THEN false
               ELSE i.indisprimary AND i.indimmediate END) AS key,
       CASE WHEN c.relreplident = 'n' THEN 'nothing'
            WHEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND NOT i.indimmediate) AND c.relreplident = 'd'
            THEN 'deferrable' END AS key_unused,
       CASE WHEN whole.pid IS NULL THEN (SELECT json_agg(k.def ORDER BY k.def) FROM (
          SELECT replace(pg_get_constraintdef(k.oid), ' NOT VALID', '') AS def FROM pg_constraint k
           WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f', 'x')
           UNION ALL SELECT 'UNIQUE ' || substring(pg_get_indexdef(i.indexrelid) FROM ' USING (.*)')
                 || CASE WHEN i.indimmediate THEN '' ELSE ' DEFERRABLE' END FROM pg_index i
           WHERE i.indrelid = c.oid AND i.indisunique AND NOT i.indisprimary) k) END AS constraints
  FROM own c JOIN whole ON whole.top = c.oid LEFT JOIN always ON always.top = c.oid
 ORDER BY 1, 2`;

/** Columns of a sequence's own table, and those whose default names it. Reads no expression, which would wait for locks. */
export const SEQUENCES = `
WITH use AS MATERIALIZED (
  SELECT d.objid AS seq, a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, CASE WHEN d.deptype = 'i' THEN 'identity' ELSE 'owned' END AS how
    FROM pg_depend d JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
   WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i') AND a.attnum > 0
   UNION ALL
  SELECT d.refobjid, a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, 'default'
    FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid JOIN pg_attribute a ON a.attrelid = f.adrelid AND a.attnum = f.adnum
   WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'n'),
single AS MATERIALIZED (
  SELECT DISTINCT ON (u.seq, u.attrelid, u.attnum) u.*, tn.nspname, t.relname
    FROM use u JOIN pg_class s ON s.oid = u.seq AND s.relkind = 'S' JOIN pg_class t ON t.oid = u.attrelid
    JOIN pg_namespace tn ON tn.oid = t.relnamespace
   ORDER BY u.seq, u.attrelid, u.attnum, u.how DESC),
hangs AS MATERIALIZED (
  SELECT DISTINCT u.seq, u.attrelid, u.attnum,
         CASE d.classid WHEN 'pg_rewrite'::regclass THEN
              (SELECT format('view %s.%s', vn.nspname, v.relname) FROM pg_rewrite w JOIN pg_class v ON v.oid = w.ev_class
                 JOIN pg_namespace vn ON vn.oid = v.relnamespace WHERE w.oid = d.objid)
            WHEN 'pg_policy'::regclass THEN (SELECT format('policy %s', polname) FROM pg_policy WHERE oid = d.objid)
            WHEN 'pg_trigger'::regclass THEN (SELECT format('trigger %s', tgname) FROM pg_trigger WHERE oid = d.objid AND NOT tgisinternal)
            WHEN 'pg_proc'::regclass THEN format('function %s', d.objid::regprocedure)
            WHEN 'pg_attrdef'::regclass THEN (SELECT format('generated column %s', g.attname) FROM pg_attrdef f
                 JOIN pg_attribute g ON g.attrelid = f.adrelid AND g.attnum = f.adnum WHERE f.oid = d.objid AND g.attgenerated <> '')
         END AS what
    FROM single u JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = u.attrelid AND d.refobjsubid = u.attnum
   WHERE u.atttypid IN ('int2'::regtype, 'int4'::regtype)),
hanging AS MATERIALIZED (
  SELECT seq, attrelid, attnum, json_agg(what ORDER BY what) AS what FROM hangs WHERE what IS NOT NULL GROUP BY 1, 2, 3),
uses AS MATERIALIZED (
  SELECT u.seq, json_agg(json_build_array(u.nspname, u.relname, u.attname, format_type(u.atttypid, u.atttypmod), u.how, h.what)
                ORDER BY u.how = 'default', u.nspname, u.relname, u.attname) AS list
    FROM single u LEFT JOIN hanging h USING (seq, attrelid, attnum) GROUP BY u.seq)
SELECT n.nspname AS schema, c.relname AS sequence, uses.list AS uses,
       EXISTS (SELECT FROM pg_depend d JOIN pg_proc p ON p.oid = d.refobjid JOIN pg_namespace pn ON pn.oid = p.pronamespace
                WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_proc'::regclass AND pn.nspname = 'snowflake'
                  AND d.objid IN (SELECT o.objid FROM pg_depend o WHERE o.classid = 'pg_attrdef'::regclass
                                     AND o.refclassid = 'pg_class'::regclass AND o.refobjid = c.oid)) AS snowflake
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN uses ON uses.seq = c.oid
 WHERE c.relkind = 'S' AND c.relpersistence = 'p' AND n.nspname NOT IN ${NOT_OF_USERS}
   AND ${NOT_OF_AN_EXTENSION('pg_class', 'c.oid')}
 ORDER BY 1, 2`;

/** Functions that take numbers by a sequence's name in their text, which no catalog knows as a dependency. */
export const NUMBER_FUNCTIONS = `
SELECT format('%s.%s', n.nspname, p.proname) AS name, left(p.prosrc, 20000) AS text
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
 WHERE n.nspname NOT IN ${NOT_OF_USERS} AND p.prosrc ~* 'nextval' AND ${NOT_OF_AN_EXTENSION('pg_proc', 'p.oid')}
 ORDER BY 1 LIMIT 500`;

/** Rows of a table are counted so far. */
export const COUNTED_ROWS = 1000;

/**
 * One number a relation, in their order: its rows, and one more than COUNTED_ROWS where there are more. Relation sizes tell what
 * is empty for sure, not what is filled. ONLY: the children of an inherited table stand for themselves, and a foreign table
 * among them would be asked of another server.
 */
export function countSome(relations: readonly { schema: string; name: string }[]): string {
  const each = relations.map(
    ({ schema, name }, index) =>
      `(SELECT count(*) FROM (SELECT FROM ONLY ${quoteQualified(schema, name)} LIMIT ${COUNTED_ROWS + 1}) few)::int AS "${index}"`,
  );
  return `SELECT ${each.join(', ')}`;
}
