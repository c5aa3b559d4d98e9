/** Tables into replication sets, and out of them. */
import type { SetChanges } from '#core/engines/changes.ts';
import { quoteLiteral, quoteQualified, quoteRegclass } from '#core/engines/quote.ts';
import { sql } from '#core/engines/sql.ts';
import type { TableName } from '#core/engines/units.ts';
import { type SqlUnit, unit } from '#core/engines/units.ts';
import { alterSet, createSet, dropSet } from './set-definitions.ts';
import { change } from './set-members.ts';
import { SETS } from './subscriptions.ts';

type Member = TableName & { set: string };

/** All or none: Spock refuses to put a table in a second time. */
function addAll(tables: readonly Member[]): SqlUnit {
  const rows = tables
    .map(({ schema, table, set }) => `(${[schema, table, set].map(quoteLiteral).join(', ')})`)
    .join(', ');
  return unit(
    tables.map(
      ({ schema, table, set }) =>
        sql`SELECT spock.repset_add_table(${quoteLiteral(set)}, ${quoteRegclass(schema, table)})`,
    ),
    {
      scope: 'catalog',
      // A reader would miss what is written from then on.
      undoClears: true,
      transaction: true,
      already: sql`SELECT count(*) = ${tables.length} FROM spock.tables WHERE (nspname, relname, set_name) IN (${rows})`,
      undo: tables.map(
        ({ schema, table, set }) =>
          sql`SELECT spock.repset_remove_table(${quoteLiteral(set)}, ${quoteRegclass(schema, table)})`,
      ),
    },
  );
}

/** A table and its partitions with their names in the set, `whole.relid`; foreign partitions can be in none. */
function wholeOf({ schema, table, set }: Member, member: boolean): string {
  const name = quoteRegclass(schema, table);
  return `(SELECT relid::oid FROM pg_partition_tree(${name}) UNION SELECT ${name}::oid) AS whole JOIN pg_class c ON c.oid = whole.relid AND c.relkind IN ('r', 'p') WHERE ${member ? '' : 'NOT '}EXISTS (SELECT FROM spock.replication_set_table m JOIN spock.replication_set s ON s.set_id = m.set_id WHERE s.set_name = ${quoteLiteral(set)} AND m.set_reloid = whole.relid)`;
}

/** Takes one by one what its set lacks: Spock would meet a partition that is in it already (spock_repset.c, a unique key). */
function addLacking(tables: readonly Member[]): SqlUnit {
  return unit(
    tables.map(
      (each) =>
        sql`SELECT spock.repset_add_table(set_name := ${quoteLiteral(each.set)}, relation := whole.relid::regclass, include_partitions := false) FROM ${wholeOf(each, false)}`,
    ),
    {
      scope: 'catalog',
      transaction: true,
      already: sql`SELECT ${tables.map((each) => `NOT EXISTS (SELECT FROM ${wholeOf(each, false)})`).join(' AND ')}`,
      undo: tables.map(
        (each) =>
          sql`SELECT spock.repset_remove_table(set_name := ${quoteLiteral(each.set)}, relation := whole.relid::regclass, include_partitions := false) FROM ${wholeOf(each, true)}`,
      ),
    },
  );
}

const DEFAULT = 'default';
const INSERT_ONLY = 'default_insert_only';
/** Sets that automatic DDL puts tables into (add_ddl_to_repset in Spock's source); others are of somebody's choice. */
const AUTOMATIC = [DEFAULT, INSERT_ONLY];

/**
 * Automatic DDL put them there when the copy created them, without a key yet: a partitioned table would stay in
 * default_insert_only beside default, and one that was not chosen would be sent by this node alone. Taken back with the copy itself.
 */
function removeUnasked(tables: readonly (TableName & { set: string | null })[]): SqlUnit {
  const wanted = tables
    .map(
      ({ schema, table, set }) =>
        `(${quoteLiteral(quoteQualified(schema, table))}, ${set === null ? 'NULL' : quoteLiteral(set)})`,
    )
    .join(', ');
  const found = `(VALUES ${wanted}) AS t(name, wanted) CROSS JOIN LATERAL (SELECT to_regclass(t.name)::oid AS relid UNION SELECT relid FROM pg_partition_tree(to_regclass(t.name))) AS whole JOIN spock.replication_set_table m ON m.set_reloid = whole.relid JOIN spock.replication_set s ON s.set_id = m.set_id WHERE s.set_name IN (${AUTOMATIC.map(quoteLiteral).join(', ')}) AND s.set_name IS DISTINCT FROM t.wanted`;
  return unit(
    sql`SELECT spock.repset_remove_table(set_name := s.set_name, relation := whole.relid::regclass, include_partitions := false) FROM ${found}`,
    {
      scope: 'catalog',
      transaction: true,
      already: sql`SELECT NOT EXISTS (SELECT FROM ${found})`,
    },
  );
}

export const sets: SetChanges = {
  default: DEFAULT,
  insertOnly: INSERT_ONLY,
  create: createSet,
  alter: alterSet,
  drop: dropSet,
  change,
  addNew: ({ schema, table }, set) =>
    unit(sql`SELECT spock.repset_add_table(${quoteLiteral(set)}, ${quoteLiteral(`${schema}.${table}`)})`, {
      scope: 'catalog',
      already: sql`SELECT EXISTS (SELECT FROM spock.tables WHERE nspname = ${quoteLiteral(schema)} AND relname = ${quoteLiteral(table)} AND set_name = ${quoteLiteral(set)})`,
    }),
  addAll,
  addLacking,
  removeUnasked,
  hasSets: `SELECT to_regclass('spock.tables') IS NOT NULL AS there`,
  outOfAll: (oids) =>
    `SELECT format('SELECT spock.repset_remove_table(%L, %L)', set_name, relid::regclass) AS text FROM spock.tables WHERE set_name IS NOT NULL AND relid IN (${oids})`,
  sentColumns(tables) {
    const wanted = tables.map(({ schema, table }) => `(${quoteLiteral(schema)}, ${quoteLiteral(table)})`);
    return `SELECT v.schema, v.name, array_to_json(ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = t.relid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND NOT coalesce('log_old_value=true' = ANY (a.attoptions), false) ORDER BY a.attname))::text AS columns
       FROM (VALUES ${wanted.join(', ')}) AS v(schema, name)
       JOIN LATERAL (SELECT s.relid FROM spock.tables s WHERE s.nspname = v.schema AND s.relname = v.name AND s.set_name = ANY ('{${SETS.join(',')}}') LIMIT 1) t ON true`;
  },
};
