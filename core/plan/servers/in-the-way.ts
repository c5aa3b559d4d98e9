/**
 * What stands on a receiver and has a name that a restore of the source's structure would give: pg_restore runs in one
 * transaction and ends at the first (spock_sync.c, restore_structure), so nothing would come.
 */
import type { NamedObject } from '#core/model/observed-server.ts';
import { CATALOGS, FIRST_OF_USERS, OF_THIS_DATABASE } from './inventory.ts';

/** Made with the table, domain or publication that they belong to, and named by it; default privileges add up. */
const NAMED_BY_OTHERS: readonly (typeof CATALOGS)[number][] = [
  'pg_constraint',
  'pg_default_acl',
  'pg_policy',
  'pg_publication_namespace',
  'pg_publication_rel',
  'pg_rewrite',
  'pg_trigger',
];

/**
 * Of the others, what PostgreSQL makes along with an object is named by it (array types, multiranges and their functions). Relations
 * are not: the sequence of an identity column and a partition's index have names that may be taken. A composite type is a relation.
 */
const named = (catalog: (typeof CATALOGS)[number]): string => {
  // Readable without being a superuser, unlike pg_user_mapping.
  if (catalog === 'pg_user_mapping')
    return `SELECT 'pg_user_mapping'::regclass::oid AS cls, umid AS obj FROM pg_user_mappings WHERE umid >= ${FIRST_OF_USERS}`;
  const further = [
    ...(OF_THIS_DATABASE[catalog] === undefined ? [] : [OF_THIS_DATABASE[catalog]]),
    ...(catalog === 'pg_type' ? [`typtype <> 'c'`] : []),
    ...(catalog === 'pg_class'
      ? []
      : [
          `NOT EXISTS (SELECT FROM pg_depend i WHERE i.classid = '${catalog}'::regclass AND i.objid = c.oid AND i.deptype = 'i')`,
        ]),
  ];
  return `SELECT '${catalog}'::regclass::oid AS cls, c.oid AS obj FROM ${catalog} c WHERE c.oid >= ${FIRST_OF_USERS}${further.map((each) => ` AND ${each}`).join('')}`;
};

/**
 * `type`, `identity`, `extension` of all that has a name of its own, `limit` at most. `skipped`: schemas that Spock's dump leaves out
 * with all that is in them, as an SQL list; public is in every dump's own care.
 */
export const namedObjects = (skipped: string, limit: number): string => `
WITH o AS (${CATALOGS.filter((catalog) => !NAMED_BY_OTHERS.includes(catalog))
  .map(named)
  .join('\nUNION ALL ')})
SELECT i.type, i.identity, x.extname AS extension
  FROM o CROSS JOIN LATERAL pg_identify_object(o.cls, o.obj, 0) i
  LEFT JOIN pg_depend e ON e.classid = o.cls AND e.objid = o.obj AND e.objsubid = 0 AND e.deptype = 'e'
  LEFT JOIN pg_extension x ON x.oid = e.refobjid
 WHERE i.identity IS NOT NULL AND coalesce(i.schema, '') NOT IN ${skipped}
   AND NOT (i.type = 'schema' AND (i.name = 'public' OR i.name IN ${skipped}))
 LIMIT ${limit}`;

/** What may not be named alike: relations share names, types do, and all but sequences and indexes bring a type of their name. */
const SHARED: Record<string, readonly string[]> = {
  table: ['relation', 'type'],
  view: ['relation', 'type'],
  'materialized view': ['relation', 'type'],
  'foreign table': ['relation', 'type'],
  'composite type': ['relation', 'type'],
  sequence: ['relation'],
  index: ['relation'],
  function: ['routine'],
  procedure: ['routine'],
  aggregate: ['routine'],
};

const namesTaken = ({ type, identity }: NamedObject): string[] =>
  (SHARED[type] ?? [type]).map((kind) => `${kind} ${identity}`);

/**
 * Objects of the receiver, in words, whose name the source's structure would give to one of its own. A member of an extension
 * meets no member of the same one: a dump says CREATE EXTENSION IF NOT EXISTS, and nothing of its members.
 */
export function inTheWay(source: readonly NamedObject[], receiver: readonly NamedObject[]): string[] {
  const theirs = new Map(
    source.flatMap((object) => namesTaken(object).map((name) => [name, object] as const)),
  );
  return receiver
    .flatMap((own) => {
      // An extension that is there stays: where, and in which version, is looked at apart.
      if (own.type === 'extension') return [];
      const met = namesTaken(own).flatMap((name) => theirs.get(name) ?? []);
      const [first] = met.filter(({ extension }) => extension === null || extension !== own.extension);
      return first === undefined ? [] : [shown(own, first)];
    })
    .sort();
}

function shown(own: NamedObject, theirs: NamedObject): string {
  const of = own.extension === null ? '' : ` of extension ${own.extension}`;
  const other =
    theirs.extension === null
      ? own.type === theirs.type
        ? null
        : `${theirs.type} there`
      : `of extension ${theirs.extension} there`;
  return `${own.type} ${own.identity}${of}${other === null ? '' : ` (${other})`}`;
}
