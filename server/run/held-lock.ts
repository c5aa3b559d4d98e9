/**
 * Locks that make writers of some tables wait, on several nodes at once, for as short as can be. Whoever waits for us is not to
 * be harmed: we wait for less than the time after which a session of PostgreSQL looks for deadlocks, so that it is always our
 * session that gives way; and the server itself ends the hold if the console does not.
 */

import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import type { HeldNode } from '#core/plan/executable.ts';
import { lockTables } from '#core/plan/shown.ts';
import type { Connection, Outcome } from '#server/postgres/connection.ts';
import type { NodeFailure } from '#server/postgres/failure.ts';
import type { StepContext } from './step-context.ts';

const ANSWER_MS = 5000;
/** Longest wait for all locks of a node together, and the part of deadlock_timeout that it is at most. */
const LOCK_MS = 300;
const OF_DEADLOCK_TIMEOUT = 0.4;
/** An autovacuum in the way is asked to go after our own deadlock_timeout. */
const OWN_DEADLOCK_MS = 20;
/** The server ends a hold of a console that is silent. */
const SILENT_MS = 20_000;

/** Sessions in which the tables of the node are locked, in READ COMMITTED: they see what was committed before the lock. */
export type Held = ReadonlyMap<string, Connection>;

export type HoldOutcome =
  | { ok: true }
  /** `busy`: a lock was not to be had in the time that others can be made to wait. */
  | { ok: false; node: string; statement: string | null; error: NodeFailure; busy: boolean };

/** They come and go with others' locks: not to be had, deadlock, out of time. */
const BUSY: ReadonlySet<string | null> = new Set(['55P03', '40P01', '57014']);

/**
 * Runs `work` while the tables of all nodes are locked. Ok only if every lock was held until its end; `work` gives false to have
 * all rolled back.
 */
export async function whileHeld(
  nodes: readonly HeldNode[],
  context: StepContext,
  work: (held: Held) => Promise<boolean>,
): Promise<HoldOutcome> {
  // Connections that are opened under a lock would make writers wait for it.
  await Promise.all(
    nodes.flatMap(({ node, slots }) =>
      Array.from({ length: slots.length + 2 }, () =>
        context.sessions.statement(context.dsn(node), 'SELECT 1', ANSWER_MS),
      ),
    ),
  );
  return nest(nodes, new Map(), context, work);
}

async function nest(
  nodes: readonly HeldNode[],
  held: Map<string, Connection>,
  context: StepContext,
  work: (held: Held) => Promise<boolean>,
): Promise<HoldOutcome> {
  const [first, ...rest] = nodes;
  if (first === undefined) return { ok: true };
  const { node } = first;
  let inner: HoldOutcome = { ok: true };
  let statement: string | null = null;
  const outcome = await context.sessions.with<unknown>(
    context.dsn(node),
    async (connection): Promise<Outcome<unknown>> => {
      try {
        const locked = await lock(connection, first);
        statement = locked.statement;
        if (!locked.outcome.ok) return locked.outcome;
        held.set(node, connection);
        let good = true;
        if (rest.length > 0) {
          inner = await nest(rest, held, context, work);
          good = inner.ok;
        } else good = await work(held);
        statement = 'COMMIT;';
        return await connection.run(good ? 'COMMIT' : 'ROLLBACK', ANSWER_MS);
      } finally {
        held.delete(node);
        // Settings of the session and, after an error, the transaction go with it.
        connection.close();
      }
    },
  );
  if (!inner.ok) return inner;
  if (outcome.ok) return { ok: true };
  return { ok: false, node, statement, error: outcome.error, busy: BUSY.has(outcome.error.sqlstate) };
}

async function lock(
  connection: Connection,
  { tables }: HeldNode,
): Promise<{ statement: string; outcome: Outcome<unknown> }> {
  const asked = await connection.run(
    "SELECT setting::float8 AS ms FROM pg_settings WHERE name = 'deadlock_timeout'",
    ANSWER_MS,
  );
  if (!asked.ok) return { statement: 'SHOW deadlock_timeout;', outcome: asked };
  const others = Number(asked.value[0]?.rows[0]?.ms ?? 1000);
  const wait = Math.max(1, Math.floor(Math.min(LOCK_MS, others * OF_DEADLOCK_TIMEOUT)));
  const begin = [
    'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE',
    `SET LOCAL deadlock_timeout = ${Math.min(OWN_DEADLOCK_MS, wait)}`,
    `SET LOCAL lock_timeout = ${wait}`,
    // Of all locks together.
    `SET LOCAL statement_timeout = ${wait}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${SILENT_MS}`,
  ].join('; ');
  const begun = await connection.run(begin, ANSWER_MS);
  if (!begun.ok) return { statement: begin, outcome: begun };
  if (tables.length === 0) return { statement: begin, outcome: begun };
  const text = lockTables(tables);
  const outcome = await connection.run(text, ANSWER_MS);
  if (!outcome.ok) return { statement: `${text};`, outcome };
  // What is looked at afterwards has its own time.
  return {
    statement: 'SET',
    outcome: await connection.run(`SET LOCAL statement_timeout = ${SILENT_MS}`, ANSWER_MS),
  };
}

/** Who holds a lock on the node's tables that ours cannot be granted beside, in words. */
export async function lockHolders({ node, tables }: HeldNode, context: StepContext): Promise<string[]> {
  const names = tables.map(({ schema, table }) => quoteLiteral(quoteQualified(schema, table))).join(', ');
  const outcome = await context.sessions.statement(
    context.dsn(node),
    `SELECT DISTINCT coalesce(format('process %s (%s%s) on %s', l.pid, coalesce(a.usename::text, a.backend_type), coalesce(', ' || nullif(a.application_name, ''), ''), l.relation::regclass),
            format('a prepared transaction on %s', l.relation::regclass)) AS who
       FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE l.relation = ANY (ARRAY[${names}]::regclass[]) AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND l.mode IN ('RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
      ORDER BY 1 LIMIT 3`,
    ANSWER_MS,
  );
  return outcome.ok ? (outcome.value.at(-1)?.rows ?? []).map(({ who }) => String(who)) : [];
}
