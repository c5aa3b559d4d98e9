/** Statements of users' rows and objects, run on one node alone: one transaction that the engine keeps from every subscriber. */
import type { Changes } from '#core/engines/changes.ts';
import type { Connection, Outcome } from '#server/postgres/connection.ts';
import type { NodeFailure } from '#server/postgres/failure.ts';
import { runStatement } from './sessions.ts';
import type { StepContext } from './step-context.ts';
import { StepFailure, sqlFailure } from './step-failure.ts';

const PROBE_MS = 10_000;
/** As xmin of its rows has it; NULL: it wrote nothing. */
const WROTE_AS = 'SELECT pg_current_xact_id_if_assigned()::xid::text AS xid';

/** `shown`: as it may stand in an error, passwords masked. */
export interface LocalStatement {
  text: string;
  shown: string;
}

/**
 * Runs all statements or none, each within `deadlineMs`, so that none reaches another node whatever the server's settings are:
 * what keeps it comes first, and is read back before each statement and before the commit. Without the engine in the database
 * nothing is sent, and a plain transaction does. The connection is closed afterwards.
 * Throws StepFailure: `may-travel` where the engine's version cannot keep it, or something has ended the mode; else the server's.
 */
export async function runLocal(
  node: string,
  statements: readonly string[],
  deadlineMs: number,
  context: StepContext,
): Promise<void> {
  const shown = statements.map((text) => ({ text, shown: `${text};` }));
  await runLocalStatements(node, shown, deadlineMs, context);
}

/** As `runLocal`; `beforeCommit` looks at what the transaction has made, and writes it down. */
export async function runLocalStatements(
  node: string,
  statements: readonly LocalStatement[],
  deadlineMs: number,
  context: StepContext,
  beforeCommit?: (connection: Connection) => Promise<void>,
): Promise<void> {
  if (statements.length === 0) return;
  let thrown: unknown = null;
  const outcome = await context.sessions.once<null>(context.dsn(node), async (connection) => {
    connection.onNotice = context.notice;
    try {
      await inLocalTransaction(
        { node, connection, changes: context.changes },
        statements,
        deadlineMs,
        async () => {
          const wrote = await runStatement(connection, WROTE_AS, PROBE_MS);
          if (!wrote.ok) throw sqlFailure(node, `${WROTE_AS};`, wrote.error);
          const xid = wrote.value[0]?.rows[0]?.xid;
          if (typeof xid === 'string') context.wrote(node, xid);
          await beforeCommit?.(connection);
        },
      );
    } catch (error) {
      thrown = error;
      if (!connection.closed) await connection.run('ROLLBACK', PROBE_MS);
    }
    return { ok: true, value: null };
  });
  if (!outcome.ok) throw sqlFailure(node, null, outcome.error);
  if (thrown !== null) throw thrown;
}

interface At {
  node: string;
  connection: Connection;
  changes: Changes;
}

async function inLocalTransaction(
  at: At,
  statements: readonly LocalStatement[],
  deadlineMs: number,
  beforeCommit: () => Promise<void>,
): Promise<void> {
  const { node, connection } = at;
  const run = async ({ text, shown }: LocalStatement): Promise<void> => {
    const outcome = await runStatement(connection, text, deadlineMs);
    if (!outcome.ok) throw sqlFailure(node, shown, outcome.error);
  };
  await run({ text: 'BEGIN', shown: 'BEGIN;' });
  const mode = await makeLocal(at);
  for (const statement of statements) {
    if (mode === 'kept') await readBack(at);
    await run(statement);
  }
  if (mode === 'kept') await readBack(at);
  await beforeCommit();
  await run({ text: 'COMMIT', shown: 'COMMIT;' });
}

/** `plain`: there is no engine in this database. Asked within the transaction that it is about. */
async function makeLocal({ node, connection, changes }: At): Promise<'kept' | 'plain'> {
  const { local } = changes;
  if (!(await isSo(node, connection, local.hasEngine))) return 'plain';
  if (!(await isSo(node, connection, local.can))) {
    throw mayTravel(node, changes, local.said.cannot, null);
  }
  for (const text of local.begin) {
    const outcome = await runStatement(connection, text, PROBE_MS);
    if (outcome.ok) continue;
    // The server's own word that it cannot; an end of the connection is none.
    if (outcome.error.sqlstate === null) throw sqlFailure(node, `${text};`, outcome.error);
    throw mayTravel(node, changes, outcome.error.message, outcome.error, text);
  }
  return 'kept';
}

async function readBack({ node, connection, changes }: At): Promise<void> {
  if (await isSo(node, connection, changes.local.isLocal)) return;
  throw mayTravel(node, changes, changes.local.said.ended, null);
}

async function isSo(node: string, connection: Connection, query: string): Promise<boolean> {
  const outcome: Outcome<boolean> = await runStatement(connection, query, PROBE_MS).then((answer) =>
    answer.ok
      ? { ok: true, value: Object.values(answer.value[0]?.rows[0] ?? {})[0] === true }
      : { ok: false, error: answer.error },
  );
  if (!outcome.ok) throw sqlFailure(node, `${query};`, outcome.error);
  return outcome.value;
}

function mayTravel(
  node: string,
  { local, words }: Changes,
  why: string,
  failure: NodeFailure | null,
  statement?: string,
): StepFailure {
  return new StepFailure({
    code: 'may-travel',
    message: `${node} cannot prevent this from being replicated, so it was not done. ${why}`,
    sqlstate: failure?.sqlstate ?? null,
    statement: statement === undefined ? null : `${statement};`,
    cause: local.said.cause,
    remedy: `Update ${words.name} on ${node}, then try again; or do it by hand while nothing subscribes to ${node}.`,
  });
}
