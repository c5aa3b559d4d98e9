/** The schema of a node's database, as another node's is held against it. Nothing takes a lock beyond those of the catalogs. */
import type { Row } from '#core/engines/engine.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import type { ObservedSchema } from '#core/model/observed.ts';

/** Text is printed with every schema named: no name is left to a search_path that differs between nodes. */
const SPELT_OUT = 'SET LOCAL search_path = pg_catalog';

const ofExtension = (catalog: string, oid: string): string =>
  `EXISTS (SELECT FROM pg_depend e WHERE e.classid = '${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;

/** One row. `own`: schemas that are no users', `settings`: those that are compared. */
export function schemaQuestion(own: readonly string[], settings: readonly string[]): string {
  const list = (names: readonly string[]) => `ARRAY[${names.map(quoteLiteral).join(', ')}]::text[]`;
  const isUsers = `n.nspname !~ '^pg_' AND n.nspname <> ALL (${list(['information_schema', 'tricorder_status', ...own])})`;
  return `${SPELT_OUT};
  WITH rel AS MATERIALIZED (
      SELECT c.*, n.nspname, c.oid AS relid, format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE ${isUsers} AND c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't' AND NOT ${ofExtension('pg_class', 'c.oid')}
    )
  SELECT
    (SELECT coalesce(json_agg(json_build_object('name', quote_ident(n.nspname)) ORDER BY n.nspname), '[]') FROM pg_namespace n WHERE ${isUsers} AND n.nspname <> 'public' AND NOT ${ofExtension('pg_namespace', 'n.oid')}) AS schemas,
    (SELECT coalesce(json_agg(json_build_object('name', quote_ident(e.extname), 'version', e.extversion) ORDER BY e.extname), '[]') FROM pg_extension e WHERE e.extname <> 'plpgsql' AND e.extname <> ALL (${list(own)})) AS extensions,
    (SELECT coalesce(json_agg(json_build_object('name', format('%I.%I', n.nspname, t.typname),
        'labels', (SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder) FROM pg_enum l WHERE l.enumtypid = t.oid)) ORDER BY n.nspname, t.typname), '[]')
       FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype = 'e' AND ${isUsers} AND NOT ${ofExtension('pg_type', 't.oid')}) AS enums,
    (SELECT coalesce(json_agg(json_build_object('name', r.name, 'definition', format('AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s %s', format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax, s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END),
        'start', s.seqstart::text) ORDER BY r.name), '[]')
       FROM rel r JOIN pg_sequence s ON s.seqrelid = r.relid WHERE NOT EXISTS (SELECT FROM pg_depend p WHERE p.classid = 'pg_class'::regclass AND p.objid = r.relid AND p.deptype = 'i')) AS sequences,
    (SELECT coalesce(json_agg(json_build_object('name', r.name, 'persistence', r.relpersistence, 'partitionBy', pg_get_partkeydef(r.relid),
        'partitionOf', (SELECT format('%I.%I', pn.nspname, p.relname) FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = r.relid AND r.relispartition),
        'bound', CASE WHEN r.relispartition THEN pg_get_expr(r.relpartbound, r.relid) END,
        'columns', (SELECT coalesce(json_agg(json_build_object('name', quote_ident(a.attname), 'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull,
              'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END, 'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
              'identity', nullif(a.attidentity, ''), 'collation', (SELECT format('%I.%I', ln.nspname, l.collname) FROM pg_collation l JOIN pg_namespace ln ON ln.oid = l.collnamespace JOIN pg_type t ON t.oid = a.atttypid
                 WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation)) ORDER BY a.attnum), '[]')
            FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE a.attrelid = r.relid AND a.attnum > 0 AND NOT a.attisdropped),
        'constraints', (SELECT coalesce(json_agg(json_build_object('name', quote_ident(k.conname), 'kind', k.contype, 'definition', pg_get_constraintdef(k.oid)) ORDER BY k.conname), '[]')
            FROM pg_constraint k WHERE k.conrelid = r.relid AND k.contype IN ('c', 'p', 'u', 'f', 'x') AND k.conislocal AND k.conparentid = 0),
        'indexes', (SELECT coalesce(json_agg(json_build_object('name', format('%I.%I', r.nspname, x.relname), 'definition', pg_get_indexdef(i.indexrelid), 'valid', i.indisvalid) ORDER BY x.relname), '[]')
            FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid WHERE i.indrelid = r.relid AND NOT x.relispartition AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = r.relid))
      ) ORDER BY r.relispartition, r.name), '[]') FROM rel r WHERE r.relkind IN ('r', 'p')) AS tables,
    (SELECT coalesce(json_object_agg(s.name, s.reset_val), '{}') FROM pg_settings s WHERE s.name = ANY (${list(settings)})) AS settings`;
}

export const decodeSchema = (row: Row): ObservedSchema => ({
  schemas: (row.schemas as { name: string }[]).map(({ name }) => name),
  extensions: row.extensions as ObservedSchema['extensions'],
  enums: row.enums as ObservedSchema['enums'],
  sequences: row.sequences as ObservedSchema['sequences'],
  tables: row.tables as ObservedSchema['tables'],
  settings: row.settings as ObservedSchema['settings'],
});
