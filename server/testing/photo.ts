/**
 * For tests: all that stands in a database and is not statistics, as one value that can be compared before and after. No oid,
 * xid or position is in it, so two photos are equal where a dump and the rows are.
 */
import type { Row } from '#core/engines/engine.ts';

/** Catalogs whose rows pg_identify_object() can name. */
const CATALOGS = [
  'pg_am',
  'pg_attrdef',
  'pg_cast',
  'pg_class',
  'pg_collation',
  'pg_constraint',
  'pg_conversion',
  'pg_default_acl',
  'pg_event_trigger',
  'pg_extension',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_language',
  'pg_namespace',
  'pg_opclass',
  'pg_operator',
  'pg_opfamily',
  'pg_policy',
  'pg_proc',
  'pg_publication',
  'pg_publication_rel',
  'pg_rewrite',
  'pg_statistic_ext',
  'pg_subscription',
  'pg_transform',
  'pg_trigger',
  'pg_ts_config',
  'pg_ts_dict',
  'pg_ts_parser',
  'pg_ts_template',
  'pg_type',
  'pg_user_mapping',
] as const;

/** Objects of users; those of the engine's schemas only by their extension. */
const OBJECTS = `
SELECT DISTINCT i.type || ' ' || i.identity AS object FROM (
${CATALOGS.map((name) => `  SELECT '${name}'::regclass AS classid, oid AS objid FROM ${name} WHERE oid >= 16384`).join('\n  UNION ALL\n')}
) o CROSS JOIN LATERAL pg_identify_object(o.classid, o.objid, 0) i
WHERE coalesce(i.identity, '') !~ '(^|[ ."])(spock|spock_standin|snowflake)[."]' AND i.type !~ '^(toast|type of toast)' AND i.identity !~ 'pg_toast|pg_temp'
ORDER BY 1`;

const ACLS = `
SELECT 'schema ' || nspname AS of, nspacl::text AS acl FROM pg_namespace WHERE nspname !~ '^pg_(toast|temp)' AND nspname NOT IN ('spock', 'spock_standin')
UNION ALL SELECT 'relation ' || c.oid::regclass, relacl::text FROM pg_class c WHERE c.oid >= 16384 AND relacl IS NOT NULL AND c.relnamespace::regnamespace::text NOT IN ('spock', 'spock_standin')
UNION ALL SELECT 'column ' || a.attrelid::regclass || '.' || a.attname, a.attacl::text FROM pg_attribute a WHERE a.attacl IS NOT NULL AND a.attrelid >= 16384
UNION ALL SELECT 'routine ' || p.oid::regprocedure, proacl::text FROM pg_proc p WHERE p.oid >= 16384 AND proacl IS NOT NULL AND p.pronamespace::regnamespace::text NOT IN ('spock', 'spock_standin')
UNION ALL SELECT 'database', datacl::text FROM pg_database WHERE datname = current_database()
ORDER BY 1`;

const COLUMNS = `
SELECT c.oid::regclass::text AS relation, c.relkind::text AS kind, c.relreplident::text AS identity, c.reloptions::text AS options, pg_get_userbyid(c.relowner) AS owner,
       (SELECT string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), CASE WHEN a.attnotnull THEN 'not null' END, a.attidentity, a.attgenerated, a.attoptions::text, pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY a.attnum)
          FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns
  FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema', 'spock', 'spock_standin', 'snowflake')
   AND c.relnamespace::regnamespace::text !~ '^pg_(toast|temp)'
 ORDER BY 1`;

const SEQUENCES = `SELECT schemaname, sequencename, last_value::text AS last_value FROM pg_sequences WHERE schemaname NOT IN ('spock', 'spock_standin', 'snowflake') ORDER BY 1, 2`;
const SETTINGS = `SELECT name, setting FROM pg_file_settings WHERE sourcefile LIKE '%postgresql.auto.conf' ORDER BY 1`;
const SLOTS = `SELECT slot_name::text AS slot, plugin::text AS plugin FROM pg_replication_slots WHERE NOT temporary ORDER BY 1`;
const ORIGINS = 'SELECT roname FROM pg_replication_origin ORDER BY 1';

const ENGINE: Record<string, string> = {
  nodes: 'SELECT node_name::text FROM spock.node ORDER BY 1',
  interfaces: 'SELECT if_name::text FROM spock.node_interface ORDER BY 1',
  subscriptions:
    'SELECT sub_name::text, sub_enabled, sub_slot_name::text, sub_replication_sets::text FROM spock.subscription ORDER BY 1',
  members: `SELECT r.set_name::text, m.set_reloid::text, m.set_att_list::text, pg_get_expr(m.set_row_filter, m.set_reloid) AS filter
     FROM spock.replication_set_table m JOIN spock.replication_set r USING (set_id) WHERE m.set_reloid::regclass::text !~ '^spock' ORDER BY 1, 2`,
};

const TABLES = `
SELECT c.oid::regclass::text AS name FROM pg_class c WHERE c.relkind IN ('r', 'm') AND c.relispopulated AND c.relpersistence <> 't'
   AND c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema', 'spock', 'spock_standin', 'snowflake') AND c.relnamespace::regnamespace::text !~ '^pg_toast'
   AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
 ORDER BY 1`;

export type Ask = (text: string) => Promise<Row[]>;

export interface Photo {
  objects: unknown[];
  acls: unknown[];
  relations: unknown[];
  sequences: unknown[];
  settings: unknown[];
  slots: unknown[];
  origins: unknown[];
  /** Null: no Spock in this database. */
  engine: Record<string, unknown[]> | null;
  /** `count/sum` by table. */
  rows: Record<string, string>;
}

/** `ask` runs one statement on the database, and gives its rows. */
export async function photograph(ask: Ask): Promise<Photo> {
  const [has] = await ask("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'spock') AS there");
  const rows: Record<string, string> = {};
  for (const { name } of await ask(TABLES)) {
    const [sum] = await ask(
      `SELECT count(*) || '/' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) AS sum FROM ONLY ${String(name)} t`,
    );
    rows[String(name)] = String(sum?.sum);
  }
  let engine: Photo['engine'] = null;
  if (has?.there === true) {
    engine = {};
    for (const [key, text] of Object.entries(ENGINE)) engine[key] = await ask(text);
  }
  return {
    objects: await ask(OBJECTS),
    acls: await ask(ACLS),
    relations: await ask(COLUMNS),
    sequences: await ask(SEQUENCES),
    settings: await ask(SETTINGS),
    slots: await ask(SLOTS),
    origins: await ask(ORIGINS),
    engine,
    rows,
  };
}
