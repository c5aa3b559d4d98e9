/**
 * How the console talks to one node: two connections at most, one for polls and one on demand for all else, so that a
 * long statement delays no poll. Every answer is a value or a failure, never an exception, and comes in bounded time.
 */
import { DsnError } from '#core/dsn/parse.ts';
import type { Batch, PreparedNames } from '#core/engines/engine.ts';
import { type Connection, type Outcome, openConnection, type StatementResult } from './connection.ts';
import { dsnFailure, type NodeFailure } from './failure.ts';
import { type BatchOutcome, type PollOutcome, runBatch, runPoll } from './run-batch.ts';
import { connectionTargets, type Targets } from './targets.ts';

export type { StatementResult } from './connection.ts';
export type { NodeFailure } from './failure.ts';
export type { BatchOutcome, PollOutcome } from './run-batch.ts';

export type QueryOutcome = { ok: true; result: StatementResult } | { ok: false; error: NodeFailure };

export interface NodeClientOptions {
  /** To connect to one host. A poll that has to connect first still ends within `connectMs` + 1 s. */
  connectMs?: number;
  /** The connection on demand is closed after this long without work. */
  idleMs?: number;
}

type LaneName = 'poll' | 'extra';

/** Polls: connect and query together, so that a server that hangs in either is said to be down within 5 s. */
const POLL_DEADLINE_MS = 2500;

export class NodeClient {
  readonly #dsn: string;
  readonly #connectMs: number;
  readonly #idleMs: number;
  readonly #lanes: Record<LaneName, Lane> = { poll: new Lane(), extra: new Lane() };
  #connections = 0;
  #closed = false;

  constructor(dsn: string, { connectMs = 3000, idleMs = 10_000 }: NodeClientOptions = {}) {
    this.#dsn = dsn;
    this.#connectMs = connectMs;
    this.#idleMs = idleMs;
  }

  /**
   * A text of several statements that opens and ends its own transaction (core/engines buildBatch), in one round
   * trip. When it fails, ROLLBACK is sent before the connection is used again. `lane` extra is for slow questions.
   */
  async batch(
    text: string,
    { deadlineMs = POLL_DEADLINE_MS, lane = 'poll' }: { deadlineMs?: number; lane?: LaneName } = {},
  ): Promise<BatchOutcome> {
    return this.#again(lane, () =>
      this.#in(lane, deadlineMs, (connection, number, leftMs) => runBatch(connection, number, text, leftMs)),
    );
  }

  /**
   * As `batch` on the connection for polls, for questions that are asked over and over: `build` is told what the
   * connection has prepared, or null where nothing may be prepared on it. Still one round trip.
   */
  async poll(
    build: (prepared: PreparedNames | null) => Batch,
    deadlineMs = POLL_DEADLINE_MS,
  ): Promise<PollOutcome> {
    return this.#again('poll', () =>
      this.#in('poll', deadlineMs, (connection, number, leftMs) =>
        runPoll(connection, number, build, leftMs),
      ),
    );
  }

  async #again<T extends { ok: true } | { ok: false; error: NodeFailure }>(
    lane: LaneName,
    ask: () => Promise<T>,
  ): Promise<T> {
    const known = this.#lanes[lane].number;
    const answer = await ask();
    // A connection of before that turns out to be dead (a failover, pgbouncer restarted) says nothing of the node.
    const wasReused = known !== 0 && this.#lanes[lane].number === known;
    if (!answer.ok && wasReused && (answer.error.code === 'network' || answer.error.sqlstate === '57P01')) {
      return ask();
    }
    return answer;
  }

  /**
   * One statement on the connection on demand, in its own transaction unless it says otherwise. With `values` it goes
   * by the extended protocol (unnamed). For plans, traces and pages of rows; not read-only by itself.
   */
  async query(text: string, values?: unknown[], deadlineMs = 10_000): Promise<QueryOutcome> {
    return this.#in('extra', deadlineMs, async (connection, _number, leftMs) =>
      first(await connection.run(text, leftMs, values)),
    );
  }

  /**
   * Several statements on one connection, for what must share a session or a transaction. `work` gets a function to
   * ask with; if it leaves a transaction open, that is rolled back. Fails only when no connection is to be had.
   */
  async session<T>(
    work: (
      ask: (text: string, values?: unknown[], deadlineMs?: number) => Promise<QueryOutcome>,
    ) => Promise<T>,
    connectMs = this.#connectMs,
  ): Promise<{ ok: true; value: T } | { ok: false; error: NodeFailure }> {
    return this.#in('extra', connectMs, async (connection) => {
      try {
        const value = await work(async (text, values, deadlineMs = 10_000) =>
          first(await connection.run(text, deadlineMs, values)),
        );
        return { ok: true, value };
      } finally {
        // A harmless warning where no transaction is open.
        if (!connection.closed) {
          const rolledBack = await connection.run('ROLLBACK', 1000);
          if (!rolledBack.ok) connection.destroy();
        }
      }
    });
  }

  /** The next question goes over a new connection: for a server that is not the one that was meant. */
  disconnect(): void {
    for (const lane of Object.values(this.#lanes)) lane.close();
  }

  /** Ends both connections; whatever is under way fails. The client cannot be used again. */
  close(): void {
    this.#closed = true;
    for (const lane of Object.values(this.#lanes)) lane.close();
  }

  async #in<T>(
    name: LaneName,
    deadlineMs: number,
    work: (connection: Connection, number: number, leftMs: number) => Promise<T>,
  ): Promise<T | { ok: false; error: NodeFailure; at: number }> {
    const lane = this.#lanes[name];
    return lane.exclusively(async () => {
      const start = performance.now();
      const budget = Math.max(deadlineMs, this.#connectMs + 1000);
      const opened = await this.#connection(lane);
      if (!opened.ok) return { ok: false, error: opened.error, at: Date.now() };
      try {
        const left = Math.max(Math.min(deadlineMs, budget - (performance.now() - start)), 500);
        return await work(opened.value, lane.number, left);
      } finally {
        if (name === 'extra') lane.closeAfter(this.#idleMs);
      }
    });
  }

  async #connection(lane: Lane): Promise<Outcome<Connection>> {
    lane.keep();
    if (this.#closed) return failed('network', 'The console no longer watches this node.');
    const current = lane.connection;
    if (current !== null && !current.closed) return { ok: true, value: current };
    let targets: Targets;
    try {
      targets = connectionTargets(this.#dsn);
    } catch (error) {
      if (!(error instanceof DsnError)) throw error;
      return { ok: false, error: dsnFailure(error) };
    }
    const opened = await openConnection(targets, this.#connectMs, this.#connectMs + 500);
    if (!opened.ok) return opened;
    if (this.#closed) {
      opened.value.close();
      return failed('network', 'The console no longer watches this node.');
    }
    lane.connection = opened.value;
    lane.number = ++this.#connections;
    return opened;
  }
}

/** A connection and the queue before it: one question at a time. */
class Lane {
  connection: Connection | null = null;
  number = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#tail.then(work);
    this.#tail = mine.catch(() => {});
    return mine;
  }

  keep(): void {
    clearTimeout(this.#idle);
  }

  closeAfter(ms: number): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.close(), ms);
    this.#idle.unref();
  }

  close(): void {
    clearTimeout(this.#idle);
    this.connection?.close();
    this.connection = null;
  }
}

function first(answer: Outcome<StatementResult[]>): QueryOutcome {
  if (!answer.ok) return answer;
  const result = answer.value.at(-1) ?? { rows: [], rowCount: null, command: '' };
  return { ok: true, result };
}

function failed(code: NodeFailure['code'], message: string): { ok: false; error: NodeFailure } {
  return { ok: false, error: { code, message, sqlstate: null, detail: null } };
}
