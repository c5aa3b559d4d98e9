/** A run's own connections to the nodes: direct ones, apart from the poll's, kept for the next statement and closed at its end. */
import type { LocalTransactions } from '#core/engines/changes.ts';
import {
  type Connection,
  type Outcome,
  openConnection,
  type StatementResult,
} from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { heldUp, STANDBY_ABSENT, watchable } from './held-up.ts';

const CONNECT_MS = 5000;
const LOCK_WAIT_MS = 5000;
/** The server gives up before the console does, so that no statement goes on without anybody to hear its end. */
const SERVER_FIRST_MS = 2000;
const NO_PERMISSION = '42501';
const WHICH = `SELECT concat_ws('/', (SELECT system_identifier FROM pg_catalog.pg_control_system()),
       (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())) AS server`;

const COMMIT_HERE = `SELECT set_config('synchronous_commit', 'local', false) WHERE ${STANDBY_ABSENT}`;

/** Which server and database answered: `system identifier/oid`; null: it may not be asked. Throws when it is another than before. */
export type CheckServer = (dsn: string, seen: string | null) => void;

export class Sessions {
  readonly #local: LocalTransactions;
  readonly #check: CheckServer;
  readonly #idle = new Map<string, Connection[]>();
  readonly #all = new Set<Connection>();
  #closed = false;
  /**
   * Commits wait for no synchronous standby where none is there: for rollbacks, each statement of which would wait for it and take
   * nothing back.
   */
  commitsHere = false;

  /** `local`: of the engine that must take up nothing of what sessions do by themselves. */
  constructor(local: LocalTransactions, check: CheckServer = () => undefined) {
    this.#local = local;
    this.#check = check;
  }

  /** Runs `use` on a connection of its own. The outcome says why there is none. */
  async with<T>(dsn: string, use: (connection: Connection) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const idle = this.#idle.get(dsn) ?? [];
    this.#idle.set(dsn, idle);
    let connection = idle.pop();
    if (connection === undefined || connection.closed) {
      const opened = await this.#open(dsn);
      if (!opened.ok) return opened;
      connection = opened.value;
    }
    try {
      return await use(connection);
    } finally {
      connection.onNotice = null;
      if (connection.closed) this.#all.delete(connection);
      else idle.push(connection);
    }
  }

  /** As `with`, on a new connection that nobody uses afterwards: for what must not outlive it in the session. */
  async once<T>(dsn: string, use: (connection: Connection) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const opened = await this.#open(dsn);
    if (!opened.ok) return opened;
    const connection = opened.value;
    try {
      return await use(connection);
    } finally {
      connection.onNotice = null;
      connection.close();
      this.#all.delete(connection);
    }
  }

  async #open(dsn: string): Promise<Outcome<Connection>> {
    const opened = await openConnection(connectionTargets(dsn), CONNECT_MS, CONNECT_MS * 2);
    if (!opened.ok) return opened;
    const connection = opened.value;
    this.#all.add(connection);
    if (this.#closed) connection.close();
    const refused = await refusePooler(connection);
    if (!refused.ok) return refused;
    const seen = await connection.run(WHICH, CONNECT_MS);
    if (!seen.ok && seen.error.sqlstate !== NO_PERMISSION) return seen;
    try {
      this.#check(dsn, seen.ok ? String(seen.value[0]?.rows[0]?.server) : null);
    } catch (error) {
      connection.close();
      throw error;
    }
    watchable(connection, dsn);
    const prepared = await connection.run(
      `SET lock_timeout = ${LOCK_WAIT_MS}; ${this.#local.notQueued}${this.commitsHere ? `; ${COMMIT_HERE}` : ''}`,
      CONNECT_MS,
    );
    return prepared.ok ? opened : prepared;
  }

  /** One statement, as `text` has it: in no transaction block. */
  statement(dsn: string, text: string, deadlineMs: number): Promise<Outcome<StatementResult[]>> {
    return this.with(dsn, (connection) => runStatement(connection, text, deadlineMs));
  }

  /** Destroys what is under way: the server rolls it back. */
  abort(): void {
    this.#closed = true;
    for (const connection of this.#all) connection.destroy();
    this.#all.clear();
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#all) connection.close();
    this.#all.clear();
  }
}

/** The plan was refused where a pooler was in the way; it may have come since. A SET there would reach others' sessions. */
async function refusePooler(connection: Connection): Promise<Outcome<null>> {
  const asked = await connection.run('SELECT pg_catalog.pg_backend_pid() AS pid', CONNECT_MS);
  if (!asked.ok) return asked;
  if (!connection.isPooled(asked.value[0]?.rows[0]?.pid)) return { ok: true, value: null };
  connection.close();
  return {
    ok: false,
    error: {
      code: 'refused',
      message: `${connection.where} is a pooler, and runs need a direct connection. Give the node the server's own address, then resume.`,
      sqlstate: null,
      detail: null,
    },
  };
}

/** With a time-out on both sides, and watched (held-up.ts). */
export function runStatement(
  connection: Connection,
  text: string,
  deadlineMs: number,
): Promise<Outcome<StatementResult[]>> {
  return heldUp(connection, async () => {
    const limit = await connection.run(
      `SET statement_timeout = ${Math.max(deadlineMs - SERVER_FIRST_MS, 1000)}`,
      deadlineMs,
    );
    return limit.ok ? connection.run(text, deadlineMs) : limit;
  });
}
