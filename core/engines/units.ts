/** Statements that a run carries out and takes back, and facts that it waits for: what an engine gives, and a plan is made of. */
import type { Sql } from './sql.ts';

export interface TableName {
  schema: string;
  table: string;
}

/**
 * How far a statement goes.
 * - `catalog`: the engine's own functions, settings, slots: never sent to another node, whatever the settings.
 * - `local`: changes rows, tables or other objects of users, and is of its node alone. Run in one transaction that the engine
 *   keeps on the node (core/engines/spock/local.ts), and read back before each statement; refused where that cannot be.
 * - `sent`: is meant to reach the other nodes.
 */
export type Scope = 'catalog' | 'local' | 'sent';

/** Statements that belong together, and how one sees that they were done, or takes them back. */
export interface SqlUnit {
  statements: Sql[];
  /** Of `statements` and `undo` alike. */
  scope: Scope;
  /**
   * One text: what stands there now, in a way that another one of the same name does not share (an oid, an id with its time).
   * Read after the unit was done, and before it is taken back: what is not the same is not this run's. Null: the name is all.
   */
  identity: Sql | null;
  /** What it makes, for what a rollback leaves: `setting wal_level`. Null: the step says it. */
  object: string | null;
  /** Its undo drops or empties something: never while a subscription reads from the node. */
  undoClears: boolean;
  /** One boolean: already so, nothing to do. It decides on resume what a crash left undone. */
  already: Sql | null;
  /** Takes the unit back; null: nothing of its own to take back. Run only where `already` says that it is so. */
  undo: Sql[] | null;
  /** Of a unit that nothing takes back: what a rollback says of it where it was done, `slot x is gone, with the WAL that it held`. */
  stays?: string;
  /** All statements or none. Without it each commits by itself, outside a transaction block. */
  transaction: boolean;
  /** On the server's maintenance database, not the cluster's. */
  maintenance: boolean;
}

/** Why a fact cannot come any more: by this, not by its words, a run knows what helps. */
export type HopelessReason =
  /** Somebody has dropped the subscription, or one of several. */
  | 'dropped'
  | 'disabled'
  /** The engine has thrown the change away. */
  | 'discarded'
  /** The engine does not try the copy again. */
  | 'copy-given-up'
  /** The engine knows of no copy of this table. */
  | 'no-copy'
  /** A synchronous standby does not answer. */
  | 'standby-silent'
  /** Another transaction holds a lock, or holds up the making of a slot; a prepared one ends only when somebody comes for it. */
  | 'open-transaction'
  | 'prepared-transaction'
  /** The WAL that it needed is removed. */
  | 'slot-lost'
  | 'slot-gone'
  /** max_replication_slots, max_wal_senders. */
  | 'slots-used-up'
  | 'senders-used-up';

/** A fact to wait for: `query` gives one boolean on `node`. */
export interface Awaited {
  node: string;
  query: Sql;
  /** What is waited for, for the message when it does not come: `two links into n1 replicate`. */
  text: string;
  /**
   * Asked on `node` while it does not come; its first column, a text, says why it cannot come any more, NULL: it may. Further
   * columns are those of `Waits.cannotCome` (changes.ts).
   */
  hopeless?: Sql | null;
}

/** What helps on `node` where a fact does not come: run once, if `needed` (one boolean) says so. */
export interface Wake {
  node: string;
  needed: Sql;
  statement: Sql;
}

/** A unit with the fields that most units leave at their defaults; how far it goes is always said. */
export function unit(statements: Sql | Sql[], fields: Partial<SqlUnit> & Pick<SqlUnit, 'scope'>): SqlUnit {
  const list = typeof statements[0] === 'string' || isHole(statements[0]) ? [statements as Sql] : statements;
  return {
    statements: list as Sql[],
    already: null,
    identity: null,
    object: null,
    undo: null,
    undoClears: false,
    transaction: false,
    maintenance: false,
    ...fields,
  };
}

const isHole = (part: unknown): boolean => typeof part === 'object' && part !== null && 'dsn' in part;
