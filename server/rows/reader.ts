/** Asks nodes for rows: a few queries a node at a time, each in a short transaction, cancelled on the server when nobody waits. */
import type { Changes } from '#core/engines/changes.ts';
import type { Row } from '#core/engines/engine.ts';
import { readOnly } from '#core/rows/settings.ts';
import type { Connection, Outcome } from '#server/postgres/connection.ts';
import type { Sessions } from '#server/run/sessions.ts';
import { sqlFailure } from '#server/run/step-failure.ts';

/** Of one node. The server has other work. */
const QUERIES_AT_ONCE = 2;
const ANSWER_MS = 10_000;
/** The server gives up before the console does, so that no query goes on unheard. */
const SERVER_FIRST_MS = 2000;
const LATE_MS = 5000;

/** Nobody waits for the answer any more. */
export class Ended extends Error {
  override name = 'Ended';
}

export interface ReaderParts {
  /** Of the engine by which the nodes read from one another. */
  changes: Changes;
  sessions: Sessions;
  dsn: (node: string) => string;
  /** Aborted: queries under way are cancelled, and all calls throw `Ended`. */
  signal: AbortSignal;
}

export class Reader {
  readonly #parts: ReaderParts;
  readonly #turns = new Map<string, { free: number; waiting: (() => void)[] }>();
  readonly #processes = new WeakMap<Connection, number>();

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  get signal(): AbortSignal {
    return this.#parts.signal;
  }

  get changes(): Changes {
    return this.#parts.changes;
  }

  /** Rows of one query that reads a table, with the settings of settings.ts. Throws StepFailure with the server's words. */
  read(node: string, query: string, statementMs: number): Promise<Row[]> {
    return this.#ask(node, readOnly(query, statementMs), query, statementMs + LATE_MS, -2);
  }

  /** Rows of one query about the server itself. */
  look(node: string, query: string): Promise<Row[]> {
    const limit = `SET LOCAL statement_timeout = ${ANSWER_MS - SERVER_FIRST_MS}`;
    return this.#ask(node, `BEGIN READ ONLY; ${limit}; ${query}; COMMIT`, query, ANSWER_MS, -2);
  }

  async #ask(node: string, text: string, query: string, deadlineMs: number, at: number): Promise<Row[]> {
    const { sessions, dsn } = this.#parts;
    const leave = await this.#turn(node);
    try {
      const outcome = await sessions.with(dsn(node), (connection) =>
        this.#run(node, connection, text, deadlineMs),
      );
      if (this.signal.aborted) throw new Ended();
      if (!outcome.ok) throw sqlFailure(node, `${query.slice(0, 2000)};`, outcome.error);
      return outcome.value.at(at)?.rows ?? [];
    } finally {
      leave();
    }
  }

  async #run(
    node: string,
    connection: Connection,
    text: string,
    deadlineMs: number,
  ): ReturnType<Connection['run']> {
    const process = await this.#processOf(connection);
    if (!process.ok) return process;
    if (this.signal.aborted) throw new Ended();
    const cancel = () => void this.#cancel(node, process.value);
    this.signal.addEventListener('abort', cancel, { once: true });
    try {
      const answer = await connection.run(text, deadlineMs);
      if (!answer.ok && !connection.closed) await connection.run('ROLLBACK', ANSWER_MS);
      return answer;
    } finally {
      this.signal.removeEventListener('abort', cancel);
    }
  }

  async #processOf(connection: Connection): Promise<Outcome<number>> {
    const known = this.#processes.get(connection);
    if (known !== undefined) return { ok: true, value: known };
    const asked = await connection.run('SELECT pg_catalog.pg_backend_pid() AS pid', ANSWER_MS);
    if (!asked.ok) return asked;
    const pid = Number(asked.value[0]?.rows[0]?.pid);
    this.#processes.set(connection, pid);
    return { ok: true, value: pid };
  }

  /** From another session of the same role, which may do so. Its failure is none: the query then ends by its own time-out. */
  async #cancel(node: string, process: number): Promise<void> {
    const { sessions, dsn } = this.#parts;
    await sessions
      .with(dsn(node), (connection) =>
        connection.run(`SELECT pg_catalog.pg_cancel_backend(${process})`, ANSWER_MS),
      )
      .catch(() => undefined);
  }

  /** Resolves when the node may be asked one more query; what it resolves to gives the turn back. */
  async #turn(node: string): Promise<() => void> {
    const turns = this.#turns.get(node) ?? { free: QUERIES_AT_ONCE, waiting: [] };
    this.#turns.set(node, turns);
    if (turns.free > 0) turns.free--;
    else await new Promise<void>((resolve) => turns.waiting.push(resolve));
    if (this.signal.aborted) {
      give();
      throw new Ended();
    }
    return give;
    function give() {
      const next = turns.waiting.shift();
      if (next === undefined) turns.free++;
      else next();
    }
  }
}
