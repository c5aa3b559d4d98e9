/** Steps that are SQL: units of statements, each looked up before it is done and after a crash. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Awaited, SqlUnit, Wake } from '#core/plan/draft.ts';
import { renderSql, type Sql } from '#core/plan/sql.ts';
import type { Connection, Outcome } from '#server/postgres/connection.ts';
import { maskDsn } from '#server/postgres/dsn.ts';
import type { NodeFailure } from '#server/postgres/failure.ts';
import { runStatement } from './sessions.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepCancelled, StepFailure, sqlFailure } from './step-failure.ts';

const PROBE_MS = 10_000;
const FIRST_LOOK_MS = 20;
const SLOWEST_LOOK_MS = 250;
/** Workers start within a second or two of their subscription, on a busy machine within some more. */
const WAKE_AFTER_MS = 8000;

const shown = (statement: Sql, context: StepContext): string =>
  `${renderSql(statement, (node) => maskDsn(context.peerDsn(node)))};`;
const real = (statement: Sql, context: StepContext): string => renderSql(statement, context.peerDsn);

/** One boolean of a node; a failure where the query failed. NULL and no row are false. */
export async function ask(
  connection: Connection,
  query: Sql,
  context: StepContext,
): Promise<Outcome<boolean>> {
  const outcome = await runStatement(connection, real(query, context), PROBE_MS);
  if (!outcome.ok) return outcome;
  const row = outcome.value[0]?.rows[0];
  return { ok: true, value: row !== undefined && Object.values(row)[0] === true };
}

/** Thrown out of `Sessions.with`'s use, to carry the statement along with the failure. */
interface Refused {
  statement: Sql | null;
  failure: NodeFailure;
}

async function inTransaction(
  connection: Connection,
  statements: Sql[],
  context: StepContext,
  deadlineMs: number,
): Promise<Refused | null> {
  for (const statement of [['BEGIN'], ...statements, ['COMMIT']] as Sql[]) {
    const outcome = await runStatement(connection, real(statement, context), deadlineMs);
    if (outcome.ok) continue;
    await connection.run('ROLLBACK', PROBE_MS);
    return { statement, failure: outcome.error };
  }
  return null;
}

async function oneByOne(
  connection: Connection,
  statements: Sql[],
  context: StepContext,
  deadlineMs: number,
): Promise<Refused | null> {
  for (const statement of statements) {
    const outcome = await runStatement(connection, real(statement, context), deadlineMs);
    if (!outcome.ok) return { statement, failure: outcome.error };
  }
  return null;
}

/**
 * Does one unit unless it is so already. After an error the session is given up: a backend of Spock 5.0.11 in which a
 * sub_drop was rolled back crashes the whole server at its next one. True: it was done now, or earlier by this run.
 */
export async function doUnit(
  node: string,
  unit: SqlUnit,
  index: number,
  deadlineMs: number,
  context: StepContext,
): Promise<boolean> {
  let refused: Refused | null = null;
  let done = true;
  const dsn = context.dsn(node, unit.maintenance ? 'maintenance' : undefined);
  const outcome = await context.sessions.with(dsn, async (connection) => {
    connection.onNotice = context.notice;
    if (unit.already !== null) {
      const already = await ask(connection, unit.already, context);
      if (!already.ok) {
        refused = { statement: unit.already, failure: already.error };
        return { ok: true, value: null };
      }
      if (already.value) {
        done = context.made(index);
        return { ok: true, value: null };
      }
    }
    context.willMake(index);
    const run = unit.transaction ? inTransaction : oneByOne;
    refused = await run(connection, unit.statements, context, deadlineMs);
    if (refused !== null) connection.close();
    return { ok: true, value: null };
  });
  if (!outcome.ok) throw sqlFailure(node, null, outcome.error);
  fail(node, refused, context);
  return done;
}

/** A function of its own, since TypeScript does not see what a callback has put into a variable. */
function fail(node: string, refused: Refused | null, context: StepContext): void {
  if (refused === null) return;
  throw sqlFailure(
    node,
    refused.statement === null ? null : shown(refused.statement, context),
    refused.failure,
  );
}

/** Takes back a unit that this run did and that is still so. */
export async function undoUnit(
  node: string,
  unit: SqlUnit,
  index: number,
  deadlineMs: number,
  context: StepContext,
): Promise<void> {
  if (unit.undo === null || !context.made(index)) return;
  const undo = unit.undo;
  let refused: Refused | null = null;
  const outcome = await context.sessions.with(context.dsn(node), async (connection) => {
    connection.onNotice = context.notice;
    if (unit.already !== null) {
      const there = await ask(connection, unit.already, context);
      if (!there.ok) refused = { statement: unit.already, failure: there.error };
      if (!there.ok || !there.value) return { ok: true, value: null };
    }
    refused = await oneByOne(connection, undo, context, deadlineMs);
    if (refused !== null) connection.close();
    return { ok: true, value: null };
  });
  if (!outcome.ok) throw sqlFailure(node, null, outcome.error);
  fail(node, refused, context);
}

/** Waits until all facts are so. A node that does not answer is asked again until the time is over. */
export async function waitFor(
  awaited: Awaited[],
  timeoutSeconds: number,
  context: StepContext,
  wakes: Wake[] = [],
): Promise<void> {
  let wakeAt = Date.now() + WAKE_AFTER_MS;
  const deadline = Date.now() + timeoutSeconds * 1000;
  let missing = awaited;
  let pause = FIRST_LOOK_MS;
  const failures = new Map<Awaited, NodeFailure>();
  for (;;) {
    const answers = await Promise.all(missing.map((fact) => isSo(fact, failures, context)));
    missing = missing.filter((_, index) => !answers[index]);
    if (missing.length === 0) return;
    context.note(`${awaited.length - missing.length} of ${awaited.length} seen`);
    if (context.signal.aborted) throw new StepCancelled();
    if (Date.now() >= deadline) break;
    if (Date.now() >= wakeAt) {
      wakeAt = Number.POSITIVE_INFINITY;
      await Promise.all(wakes.map((each) => wake(each, context)));
    }
    await sleep(pause, undefined, { signal: context.signal }).catch(() => undefined);
    pause = Math.min(pause * 1.5, SLOWEST_LOOK_MS);
  }
  const first = missing[0] as Awaited;
  const failure = failures.get(first);
  if (failure !== undefined) throw sqlFailure(first.node, shown(first.query, context), failure);
  throw new StepFailure({
    message: `Not so within ${timeoutSeconds} s: ${missing.map((fact) => fact.text).join('; ')}.`,
    sqlstate: null,
    statement: shown(first.query, context),
    cause: null,
    remedy: `See the log of ${first.node}'s server, then resume: it goes on waiting.`,
  });
}

/** A failure says nothing: what is waited for tells whether it helped. */
async function wake({ node, needed, statement }: Wake, context: StepContext): Promise<void> {
  await context.sessions.with<unknown>(context.dsn(node), async (connection) => {
    const asked = await ask(connection, needed, context);
    if (!asked.ok || !asked.value) return asked;
    context.notice({
      severity: 'NOTE',
      message: `${node} had no Spock manager; ran ${shown(statement, context)}`,
    });
    return runStatement(connection, real(statement, context), PROBE_MS);
  });
}

async function isSo(
  fact: Awaited,
  failures: Map<Awaited, NodeFailure>,
  context: StepContext,
): Promise<boolean> {
  const outcome = await context.sessions.with(context.dsn(fact.node), (connection) =>
    ask(connection, fact.query, context),
  );
  if (outcome.ok) failures.delete(fact);
  else failures.set(fact, outcome.error);
  return outcome.ok && outcome.value;
}

export const sql: Executor<'sql'> = {
  again: false,
  async run({ node, units, timeoutSeconds }, context) {
    let skipped = true;
    for (const [index, unit] of units.entries()) {
      if (context.signal.aborted) throw new StepCancelled();
      if (await doUnit(node, unit, index, timeoutSeconds * 1000, context)) skipped = false;
    }
    return { skipped };
  },
  async undo({ node, units, timeoutSeconds }, context) {
    for (const [index, unit] of [...units.entries()].reverse()) {
      await undoUnit(node, unit, index, timeoutSeconds * 1000, context);
    }
  },
};

export const wait: Executor<'wait'> = {
  again: false,
  async run({ awaited, timeoutSeconds, wakes }, context) {
    await waitFor(awaited, timeoutSeconds, context, wakes);
    context.note(null);
    return { skipped: false };
  },
  async undo() {},
};

export const writeAndWait: Executor<'write-and-wait'> = {
  again: false,
  async run({ node, unit, awaited, timeoutSeconds }, context) {
    await doUnit(node, unit, 0, timeoutSeconds * 1000, context);
    const began = performance.now();
    await waitFor(awaited, timeoutSeconds, context);
    context.note(`seen after ${Math.round(performance.now() - began)} ms`);
    return { skipped: false };
  },
  async undo({ node, unit, timeoutSeconds }, context) {
    await undoUnit(node, unit, 0, timeoutSeconds * 1000, context);
  },
};
