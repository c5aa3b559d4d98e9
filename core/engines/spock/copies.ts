/** Copies: of one that fills its receiver as far as Spock tells it, and of a table that is copied anew. */

import type { CopyChanges } from '#core/engines/changes.ts';
import { quoteLiteral, quoteRegclass } from '#core/engines/quote.ts';
import { type Sql, sql } from '#core/engines/sql.ts';
import type { TableName } from '#core/engines/units.ts';
import { unit } from '#core/engines/units.ts';
import type { CopyState } from '#core/model/copy-state.ts';
import { copyStateOf } from './meanings.ts';

const stateOf = (letter: unknown): CopyState | null => (letter == null ? null : copyStateOf(String(letter)));

const syncRows = (subscription: string, tables: readonly TableName[]): Sql =>
  sql`FROM spock.local_sync_status WHERE sync_subid = (SELECT sub_id FROM spock.subscription WHERE sub_name = ${quoteLiteral(subscription)}) AND (sync_nspname, sync_relname) IN (${tables.map((each) => `(${quoteLiteral(each.schema)}, ${quoteLiteral(each.table)})`).join(', ')})`;

export const copies: CopyChanges = {
  look(subscription, come) {
    const name = quoteLiteral(subscription);
    return `SELECT s.sub_enabled AS enabled, (SELECT status FROM spock.sub_show_status(${name})) AS status,
       (SELECT y.sync_status FROM spock.local_sync_status y WHERE y.sync_subid = s.sub_id AND y.sync_relname IS NULL) AS sync,
       (SELECT count(*) FROM spock.local_sync_status y WHERE y.sync_subid = s.sub_id AND y.sync_status NOT IN ('y', 'r'))::int AS pending,
       ${come} AS bytes,
       p.relid::regclass::text AS "table", p.tuples_processed::float8 AS tuples
  FROM spock.subscription s
  LEFT JOIN LATERAL (SELECT relid, tuples_processed FROM pg_stat_progress_copy WHERE command = 'COPY FROM'
                      AND datname = current_database() LIMIT 1) p ON true
 WHERE s.sub_name = ${name}`;
  },
  decodeLook: (row) => ({
    enabled: row.enabled === true,
    status: String(row.status),
    state: stateOf(row.sync),
    pending: Number(row.pending),
    bytes: Number(row.bytes),
    table: row.table == null ? null : String(row.table),
    tuples: Number(row.tuples ?? 0),
  }),
  state: (subscription) =>
    `SELECT y.sync_status::text AS state FROM spock.local_sync_status y JOIN spock.subscription s ON s.sub_id = y.sync_subid WHERE s.sub_name = ${quoteLiteral(subscription)} AND y.sync_relname IS NULL`,
  stateOf,
  /** "Nonrecoverable step" (spock_sync.c). */
  notRetried: new Set<CopyState>(['structure', 'data', 'constraints']),
  /**
   * Spock 4.0.11 sends the TRUNCATE on to the receiver's own subscribers (seen in a mesh of three: empty on all of them, with
   * nothing left to copy): repair mode keeps it. 5.0.11 and 6.0.0 do so themselves, and end the mode when they are done
   * (spock_functions.c, skip_wal_records_decoding): so nothing may follow in the transaction, and the mode cannot be read back
   * before its end.
   */
  resync: (subscription, { schema, table }) =>
    unit(
      [
        sql`SELECT spock.repair_mode(true)`,
        sql`SELECT spock.sub_resync_table(${quoteLiteral(subscription)}, ${quoteRegclass(schema, table)}, true)`,
      ],
      { scope: 'catalog', transaction: true },
    ),
  /** Spock copies a partitioned table as one; the stand-in, like PostgreSQL's own replication, each partition by itself. */
  toldBy: ({ schema, table }, leaves, standin) =>
    standin && leaves.length > 0
      ? leaves.map((each) => ({ schema: each.schema, table: each.table }))
      : [{ schema, table }],
  areCopied: (subscription, tables) =>
    sql`SELECT count(*) = ${tables.length} AND bool_and(sync_status IN ('y', 'r')) ${syncRows(subscription, tables)}`,
  isCopying: (subscription, tables) =>
    sql`SELECT EXISTS (SELECT ${syncRows(subscription, tables)} AND sync_status NOT IN ('y', 'r', 'f'))`,
};
