/** What is asked of a database about all that a copy of its structure would bring, or meet. */

import { LARGE_OBJECTS_READ, OBJECTS_READ } from '#core/model/observed-server.ts';
import { namedObjects } from '#core/plan/servers/in-the-way.ts';
import { FIRST_OF_USERS } from '#core/plan/servers/inventory.ts';
import { NOT_OF_USERS } from './table-questions.ts';

export const OBJECTS = namedObjects(NOT_OF_USERS, OBJECTS_READ);

/** How types of users are made, so that the same name is known to mean the same. Domains' checks may call functions: their text. */
export const TYPES = `
SELECT format_type(t.oid, NULL) AS type,
       CASE t.typtype
         WHEN 'e' THEN 'enum ' || (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid)
         WHEN 'd' THEN concat_ws(' ', 'domain', format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'NOT NULL' END,
              (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY pg_get_constraintdef(k.oid)) FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'))
         ELSE 'composite ' || (SELECT string_agg(format('%s %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
                FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
       END AS made
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE n.nspname NOT IN ${NOT_OF_USERS} AND t.oid >= ${FIRST_OF_USERS}
   AND (t.typtype IN ('e', 'd') OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c'))`;

/** Server-side passwords stand in user mappings and subscriptions; whether there is one is no secret, its text is. */
export const DATABASE = `
SELECT (SELECT json_agg(spcname ORDER BY spcname) FROM pg_tablespace) AS tablespaces,
       (SELECT json_agg(DISTINCT s.spcname) FROM pg_class c JOIN pg_tablespace s ON s.oid = c.reltablespace
         WHERE c.oid >= ${FIRST_OF_USERS} AND s.spcname <> 'pg_global') AS used_tablespaces,
       (SELECT json_agg(what ORDER BY what) FROM (
          SELECT format('user mapping %s on server %s', coalesce(usename, 'public'), srvname) AS what FROM pg_user_mappings
           WHERE EXISTS (SELECT FROM unnest(umoptions) o WHERE o LIKE 'password=%')
           UNION ALL SELECT format('subscription %s', subname) FROM pg_subscription
           WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())) p) AS with_passwords,
       (SELECT json_agg(json_build_array(evtname, evtenabled IN ('A', 'R')) ORDER BY evtname) FROM pg_event_trigger v
         WHERE evtenabled <> 'D' AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_event_trigger'::regclass AND e.objid = v.oid AND e.deptype = 'e')) AS event_triggers,
       (SELECT json_agg(format('%s.%s', n.nspname, c.relname) ORDER BY n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'm' AND n.nspname NOT IN ${NOT_OF_USERS}) AS materialized_views,
       (SELECT json_agg(format('%s.%s', n.nspname, c.relname) ORDER BY n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind = 'r' AND c.relpersistence = 'u' AND n.nspname NOT IN ${NOT_OF_USERS}) AS unlogged_tables,
       (SELECT count(*) FROM (SELECT FROM pg_largeobject_metadata LIMIT ${LARGE_OBJECTS_READ}) l)::int AS large_objects,
       (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND n.nspname NOT IN ${NOT_OF_USERS})::int AS dumped,
       (SELECT count(*) FROM pg_class c WHERE c.oid >= ${FIRST_OF_USERS} AND c.relpersistence <> 't')::int AS restored`;
