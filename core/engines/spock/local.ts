/**
 * What keeps a transaction on its own node. `spock.repair_mode(true)` makes the output plugin drop all that follows it in the
 * transaction, DELETE, TRUNCATE … CASCADE and DDL included, whatever automatic DDL is set to (spock_output_plugin.c,
 * set_repair_mode; tried on 4.0.11, 5.0.11 and 6.0.0). It does nothing, and says nothing, outside a transaction, for statements
 * before it, in a savepoint that is rolled back, and after repair_mode(false): so it comes first, and is read back before each
 * statement. `spock.enable_ddl_replication = off` alone lets TRUNCATE through.
 */
import type { LocalTransactions } from '#core/engines/changes.ts';

/** The version has repair_mode; one that has the extension and not this function cannot keep anything on its node. */
const CAN_BE_LOCAL = `SELECT NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'spock') OR to_regprocedure('spock.repair_mode(boolean)') IS NOT NULL AS can`;

/** Whether there is an extension to keep the transaction from: without it nothing is sent. */
const HAS_ENGINE = `SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'spock') AS has`;

/** First statements of the transaction, in this order, each on its own. */
const MAKE_LOCAL: readonly string[] = [
  'SELECT spock.repair_mode(true)',
  "SELECT set_config('spock.enable_ddl_replication', 'off', true)",
];

/** One boolean, `local`: asked before each statement of the transaction. */
const IS_LOCAL = `SELECT coalesce(current_setting('spock.replication_repair_mode', true) = 'on', false)
   AND coalesce(current_setting('spock.enable_ddl_replication', true), 'off') = 'off' AS local`;

/**
 * Of a session: no DDL of it is queued for the other nodes, an extension's CREATE as little as an ALTER. Set in the session, it
 * outlasts a reload. Where no library knows the setting there is no queue.
 */
const NOT_QUEUED = `SELECT set_config('spock.enable_ddl_replication', 'off', false) WHERE current_setting('spock.enable_ddl_replication', true) IS NOT NULL`;

/** The opposite: as the server has it. No RESET, which is an error where no library knows the setting. */
const AS_THE_SERVER = `SELECT set_config(name, reset_val, false) FROM pg_settings WHERE name = 'spock.enable_ddl_replication'`;

export const local: LocalTransactions = {
  can: CAN_BE_LOCAL,
  hasEngine: HAS_ENGINE,
  begin: MAKE_LOCAL,
  isLocal: IS_LOCAL,
  notQueued: NOT_QUEUED,
  asTheServer: AS_THE_SERVER,
  notQueuedHere: "SELECT set_config('spock.enable_ddl_replication', 'off', true)",
  said: {
    cannot: 'The version of Spock in this database has no repair_mode.',
    ended: 'The transaction is no longer in repair mode.',
    cause: 'Without repair mode Spock may send the statement to every node that subscribes to this one.',
  },
};
