/** A batch on one connection: sent, timed, and cleaned up after when it fails. */
import type { Batch, PreparedNames, RowsBySection } from '#core/engines/engine.ts';
import type { Connection, StatementResult } from './connection.ts';
import type { NodeFailure } from './failure.ts';

export type BatchOutcome =
  | {
      ok: true;
      /** One a statement, in their order. */
      results: StatementResult[];
      /** Console's clock, milliseconds; `receivedAt` may have a fraction. Without the time to connect. */
      sentAt: number;
      receivedAt: number;
      roundTripMs: number;
      /** Another number after each new connection. */
      connection: number;
    }
  | { ok: false; error: NodeFailure; at: number };

export type PollOutcome =
  | (Omit<Extract<BatchOutcome, { ok: true }>, 'results'> & { rows: RowsBySection })
  | Extract<BatchOutcome, { ok: false }>;

/** When it fails, ROLLBACK is sent before the connection is used again. */
export async function runBatch(
  connection: Connection,
  number: number,
  text: string,
  deadlineMs: number,
): Promise<BatchOutcome> {
  const sentAt = Date.now();
  const start = performance.now();
  const answer = await connection.run(text, deadlineMs);
  const roundTripMs = performance.now() - start;
  if (answer.ok) {
    const receivedAt = sentAt + roundTripMs;
    return { ok: true, results: answer.value, sentAt, receivedAt, roundTripMs, connection: number };
  }
  if (!connection.closed) {
    const rolledBack = await connection.run('ROLLBACK', 1000);
    if (!rolledBack.ok) connection.destroy();
  }
  return { ok: false, error: answer.error, at: Date.now() };
}

const WHO = ';\nSELECT pg_catalog.pg_backend_pid() AS pid';

/** invalid_sql_statement_name, duplicate_prepared_statement: the session is not the one it was, a pooler hides here. */
const ANOTHER_SESSION = new Set(['26000', '42P05']);
/** feature_not_supported: "cached plan must not change result type", after the catalogs were altered. */
const PLAN_IS_STALE = '0A000';

/**
 * The first batch on a connection also asks for the process that answers, which tells whether a pooler stands between:
 * only without one are the questions prepared, from the second batch on.
 */
export async function runPoll(
  connection: Connection,
  number: number,
  build: (prepared: PreparedNames | null) => Batch,
  deadlineMs: number,
): Promise<PollOutcome> {
  const { prepared } = connection;
  const asksWho = prepared === undefined;
  const batch = build(prepared ?? null);
  const outcome = await runBatch(connection, number, asksWho ? batch.text + WHO : batch.text, deadlineMs);
  if (outcome.ok) {
    for (const [sql, name] of batch.prepares) prepared?.set(sql, name);
    if (asksWho) {
      const pid = outcome.results.at(-1)?.rows[0]?.pid;
      connection.prepared = connection.isPooled(pid) ? null : new Map();
    }
    const { results, ...others } = outcome;
    return { ...others, rows: batch.rows(results) };
  }
  if (!prepared || connection.closed) return outcome;
  const { sqlstate } = outcome.error;
  if (ANOTHER_SESSION.has(sqlstate ?? '')) {
    connection.prepared = null;
    return runPoll(connection, number, build, deadlineMs);
  }
  // What of it was prepared before it failed is not known.
  const cleared = await connection.run('DEALLOCATE ALL', 1000);
  if (!cleared.ok) connection.destroy();
  const hadPlans = prepared.size > 0;
  prepared.clear();
  return sqlstate === PLAN_IS_STALE && hadPlans && cleared.ok
    ? runPoll(connection, number, build, deadlineMs)
    : outcome;
}
