/** One question to one node, with time-outs. */
import type { Row } from '#core/engines/engine.ts';
import type { ObservedNode } from '#core/model/observed.ts';
import type { Connection, Outcome } from '#server/postgres/connection.ts';
import { KeptSessions } from '#server/postgres/kept-sessions.ts';

const CONNECT_MS = 3000;
const ANSWER_MS = 4000;
const LOCK_MS = 1500;
/** From a plan that is shown to its start, and from step to step. */
const KEPT_MS = 2000;

const sessions = new KeptSessions({ keptMs: KEPT_MS, connectMs: CONNECT_MS, budgetMs: CONNECT_MS * 2 });

/** A connection to the node, for one look; an entry with the error where there is none. */
export async function withNode(
  dsn: string,
  look: (connection: Connection) => Promise<ObservedNode['read']>,
): Promise<ObservedNode['read']> {
  const opened = await sessions.take(dsn);
  if (!opened.ok) {
    const { message, sqlstate, silent = false } = opened.error;
    return { ok: false, error: message, answered: sqlstate !== null, silent };
  }
  try {
    return await look(opened.value);
  } finally {
    await sessions.giveBack(dsn, opened.value);
  }
}

/** The rows of one question, in a transaction of its own. `row_security` off: an error in place of a part of the rows. */
export async function question(connection: Connection, text: string): Promise<Outcome<Row[]>> {
  const outcome = await questions(connection, [text]);
  return outcome.ok ? { ok: true, value: outcome.value[0] ?? [] } : outcome;
}

/** The rows of each of several, in one transaction and one round trip. */
export async function questions(connection: Connection, texts: readonly string[]): Promise<Outcome<Row[][]>> {
  const outcome = await connection.run(
    [
      'BEGIN READ ONLY',
      `SET LOCAL statement_timeout = ${ANSWER_MS - 1000}`,
      `SET LOCAL lock_timeout = ${LOCK_MS}`,
      'SET LOCAL row_security = off',
      ...texts,
      'COMMIT',
    ].join(';\n'),
    ANSWER_MS,
  );
  if (outcome.ok) {
    const answers = outcome.value.slice(-texts.length - 1, -1);
    return { ok: true, value: answers.map(({ rows }) => rows) };
  }
  if (!connection.closed) await connection.run('ROLLBACK', ANSWER_MS);
  return outcome;
}
