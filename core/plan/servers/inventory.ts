/**
 * All objects of users in a database, by identity, with what made them and what they hang on: what a restored structure brought
 * is told from what was there, and from what others have made; what it would bring, from what is in its way (in-the-way.ts).
 * Read-only; PostgreSQL's own catalogs alone (catalogs.html).
 */

/** Catalogs whose rows are objects of a dump; columns and values hang on these and are no objects of their own. */
export const CATALOGS = [
  'pg_am',
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
  'pg_publication_namespace',
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

/** FirstNormalObjectId (transam.h): what is below came with initdb. */
export const FIRST_OF_USERS = 16384;

/** Of shared catalogs, those of this database alone; what is of TOAST or temporary is no object of a dump. */
export const OF_THIS_DATABASE: Partial<Record<(typeof CATALOGS)[number], string>> = {
  pg_class: `relnamespace <> 'pg_toast'::regnamespace AND relpersistence <> 't'`,
  pg_namespace: `nspname !~ '^pg_(toast|temp)'`,
  pg_subscription: 'subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())',
  pg_trigger: 'NOT tgisinternal',
};

const UNITED = CATALOGS.map(
  (name) =>
    `SELECT '${name}'::regclass::oid AS cls, oid AS obj, xmin FROM ${name} WHERE oid >= ${FIRST_OF_USERS}${OF_THIS_DATABASE[name] === undefined ? '' : ` AND ${OF_THIS_DATABASE[name]}`}`,
).join('\nUNION ALL ');

/**
 * One row an object: `id`; `kind`, the catalog; `type` and `identity` as pg_identify_object() has them; `made`: the transactions
 * that wrote what is never written again of it (its dependencies, a table's system columns), and the row itself.
 */
export const OBJECTS = `WITH o AS (${UNITED}),
 d AS (SELECT classid, objid, array_agg(DISTINCT xmin::text) AS by FROM pg_depend WHERE objid >= ${FIRST_OF_USERS} GROUP BY 1, 2)
SELECT o.cls || '/' || o.obj AS id, o.cls::regclass::text AS kind, i.type, i.identity,
       array_to_string(ARRAY[o.xmin::text] || coalesce(d.by, '{}') || coalesce((SELECT ARRAY[a.xmin::text] FROM pg_attribute a WHERE o.cls = 'pg_class'::regclass AND a.attrelid = o.obj AND a.attnum = -1), '{}'), ' ') AS made
  FROM o LEFT JOIN d ON d.classid = o.cls AND d.objid = o.obj CROSS JOIN LATERAL pg_identify_object(o.cls, o.obj, 0) i
 WHERE i.identity IS NOT NULL`;

/** The ids alone: what is kept before a copy. */
export const OBJECT_IDS = `WITH o AS (${UNITED}) SELECT o.cls || '/' || o.obj AS id FROM o`;

/** `id` hangs on `on`; `part`: it goes with it by itself (pg_depend's internal, automatic, partition and extension links). */
export const LINKS = `SELECT DISTINCT classid || '/' || objid AS id, refclassid || '/' || refobjid AS "on",
       deptype IN ('i', 'a', 'P', 'S', 'e') AND NOT (classid = 'pg_publication_rel'::regclass AND refclassid = 'pg_class'::regclass) AS part
  FROM pg_depend WHERE objid >= ${FIRST_OF_USERS} AND refobjid >= ${FIRST_OF_USERS} AND (classid, objid) <> (refclassid, refobjid)`;

export interface InventoryObject {
  id: string;
  kind: string;
  type: string;
  identity: string;
  /** 32-bit transaction ids, as xmin has them. */
  made: readonly string[];
}

export interface Link {
  id: string;
  on: string;
  part: boolean;
}

export interface Inventory {
  objects: readonly InventoryObject[];
  links: readonly Link[];
}

/** `table public.orders`: the same on every node. */
export const nameOfObject = ({ type, identity }: Pick<InventoryObject, 'type' | 'identity'>): string =>
  `${type} ${identity}`;

/** Objects that are no part of another one: neither a table's index nor what belongs to an extension. */
export function topLevel({ objects, links }: Inventory): InventoryObject[] {
  const parts = new Set(links.flatMap(({ id, part }) => (part ? [id] : [])));
  return objects.filter(({ id }) => !parts.has(id));
}
