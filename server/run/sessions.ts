/** A run's own connections to the nodes: direct ones, apart from the poll's, kept for the next statement and closed at its end. */
import {
  type Connection,
  type Outcome,
  openConnection,
  type StatementResult,
} from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';

const CONNECT_MS = 5000;
const LOCK_WAIT_MS = 5000;
/** The server gives up before the console does, so that no statement goes on without anybody to hear its end. */
const SERVER_FIRST_MS = 2000;

export class Sessions {
  readonly #idle = new Map<string, Connection[]>();
  readonly #all = new Set<Connection>();
  #closed = false;

  /** Runs `use` on a connection of its own. The outcome says why there is none. */
  async with<T>(dsn: string, use: (connection: Connection) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const idle = this.#idle.get(dsn) ?? [];
    this.#idle.set(dsn, idle);
    let connection = idle.pop();
    if (connection === undefined || connection.closed) {
      const opened = await openConnection(connectionTargets(dsn), CONNECT_MS, CONNECT_MS * 2);
      if (!opened.ok) return opened;
      connection = opened.value;
      this.#all.add(connection);
      if (this.#closed) connection.close();
      const refused = await refusePooler(connection);
      if (!refused.ok) return refused;
      const prepared = await connection.run(`SET lock_timeout = ${LOCK_WAIT_MS}`, CONNECT_MS);
      if (!prepared.ok) return prepared;
    }
    try {
      return await use(connection);
    } finally {
      connection.onNotice = null;
      if (connection.closed) this.#all.delete(connection);
      else idle.push(connection);
    }
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

/** With a time-out on both sides. */
export async function runStatement(
  connection: Connection,
  text: string,
  deadlineMs: number,
): Promise<Outcome<StatementResult[]>> {
  const limit = await connection.run(
    `SET statement_timeout = ${Math.max(deadlineMs - SERVER_FIRST_MS, 1000)}`,
    deadlineMs,
  );
  return limit.ok ? connection.run(text, deadlineMs) : limit;
}
