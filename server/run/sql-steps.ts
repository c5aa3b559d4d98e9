/** Steps that are SQL: units of statements, each looked up before it is done and after a crash. */

import { setTimeout as sleep } from 'node:timers/promises';
import { maskDsn } from '#core/dsn/mask.ts';
import { renderSql, type Sql } from '#core/engines/sql.ts';
import type { SqlUnit } from '#core/engines/units.ts';
import type { Action } from '#core/plan/executable.ts';
import { shownStatements } from '#core/plan/shown.ts';
import { type KeptIdentity, whoseIs } from '#core/run/identity.ts';
import type { Connection, Outcome } from '#server/postgres/connection.ts';
import { runLocalStatements } from './local-transaction.ts';
import { runStatement } from './sessions.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepCancelled, StepFailure, sqlFailure } from './step-failure.ts';
import { refuseWhileRead } from './undo-gate.ts';

const PROBE_MS = 10_000;

/** A statement as it is shown, passwords masked, and as it runs. */
export const shown = (statement: Sql, context: StepContext): string =>
  `${renderSql(statement, (node) => maskDsn(context.peerDsn(node)))};`;
export const real = (statement: Sql, context: StepContext): string => renderSql(statement, context.peerDsn);

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

/** A node's statements, each of which throws StepFailure with itself. */
class On {
  readonly node: string;
  readonly connection: Connection;
  readonly #context: StepContext;

  constructor(node: string, connection: Connection, context: StepContext) {
    this.node = node;
    this.connection = connection;
    this.#context = context;
  }

  async run(statement: Sql, deadlineMs: number): Promise<void> {
    const outcome = await runStatement(this.connection, real(statement, this.#context), deadlineMs);
    if (!outcome.ok) throw sqlFailure(this.node, shown(statement, this.#context), outcome.error);
  }

  async all(statements: readonly Sql[], deadlineMs: number): Promise<void> {
    for (const statement of statements) await this.run(statement, deadlineMs);
  }

  async isSo(query: Sql): Promise<boolean> {
    const outcome = await ask(this.connection, query, this.#context);
    if (!outcome.ok) throw sqlFailure(this.node, shown(query, this.#context), outcome.error);
    return outcome.value;
  }

  /** The first text of the first row; null: none, or NULL. */
  async text(query: Sql): Promise<string | null> {
    const outcome = await runStatement(this.connection, real(query, this.#context), PROBE_MS);
    if (!outcome.ok) throw sqlFailure(this.node, shown(query, this.#context), outcome.error);
    const value = Object.values(outcome.value[0]?.rows[0] ?? {})[0];
    return value === undefined || value === null ? null : String(value);
  }
}

/**
 * `how`: on a connection of the run's, or on a new one. After an error the connection is given up: a backend of Spock 5.0.11 in
 * which a sub_drop was rolled back crashes the whole server at its next one.
 */
async function withNode<T>(
  node: string,
  dsn: string,
  context: StepContext,
  how: 'with' | 'once',
  use: (on: On) => Promise<T>,
): Promise<T> {
  const outcome = await context.sessions[how]<T>(dsn, async (connection) => {
    connection.onNotice = context.notice;
    try {
      return { ok: true, value: await use(new On(node, connection, context)) };
    } catch (error) {
      connection.close();
      throw error;
    }
  });
  if (!outcome.ok) throw sqlFailure(node, null, outcome.error);
  return outcome.value;
}

const identityKey = (index: number): string => `identity ${index}`;

/**
 * Does one unit unless it is so already, as far as it goes (`scope`). What it has made is kept by its identity: before the commit
 * where it is one transaction. True: it was done now, or earlier by this run.
 */
export async function doUnit(
  node: string,
  unit: SqlUnit,
  index: number,
  deadlineMs: number,
  context: StepContext,
): Promise<boolean> {
  const dsn = context.dsn(node, unit.maintenance ? 'maintenance' : undefined);
  return withNode(node, dsn, context, 'with', async (on) => {
    if (unit.already !== null && (await on.isSo(unit.already))) return context.made(index);
    const { identity } = unit;
    if (identity !== null && !context.made(index)) {
      context.remember(identityKey(index), { before: await on.text(identity) } satisfies KeptIdentity);
    }
    const keep = async (by: On): Promise<void> => {
      if (identity === null) return;
      const kept = context.recall(identityKey(index)) as KeptIdentity;
      context.remember(identityKey(index), { before: kept.before, made: await by.text(identity) });
    };
    context.willMake(index);
    await perform(on, dsn, unit, unit.statements, deadlineMs, context, keep);
    return true;
  });
}

/** Statements of a unit, or of its undo. `keep` is called before the commit of what is one transaction. */
async function perform(
  on: On,
  dsn: string,
  { scope, transaction }: SqlUnit,
  statements: readonly Sql[],
  deadlineMs: number,
  context: StepContext,
  keep: (on: On) => Promise<void> = async () => undefined,
): Promise<void> {
  if (scope === 'local') {
    const local = statements.map((each) => ({ text: real(each, context), shown: shown(each, context) }));
    await runLocalStatements(on.node, local, deadlineMs, context, (connection) =>
      keep(new On(on.node, connection, context)),
    );
    return;
  }
  const work = async (by: On): Promise<void> => {
    if (transaction) await by.run(['BEGIN'], deadlineMs);
    await by.all(statements, deadlineMs);
    await keep(by);
    if (transaction) await by.run(['COMMIT'], deadlineMs);
  };
  if (scope === 'catalog') return work(on);
  await withNode(on.node, dsn, context, 'once', async (by) => {
    await by.run([context.changes.local.asTheServer], deadlineMs);
    await work(by);
  });
}

/** What an engine's catalog that is gone answers: undefined table, undefined schema. */
const GONE = new Set(['42P01', '3F000']);

/** Null: with the engine's catalog, what the query is about is gone as well. */
async function unlessGone<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof StepFailure && GONE.has(error.error.sqlstate ?? '')) return null;
    throw error;
  }
}

/**
 * Takes back a unit that this run did, that is still so, and that is still the run's own. What somebody has made anew or changed
 * since stays, and is said; where the undo would drop it, that ends the step (StepFailure `not-ours`): what it stands on stays too.
 */
export async function undoUnit(
  node: string,
  unit: SqlUnit,
  index: number,
  deadlineMs: number,
  context: StepContext,
): Promise<void> {
  const { undo, already, identity, stays } = unit;
  if (!context.made(index)) return;
  const dsn = context.dsn(node, unit.maintenance ? 'maintenance' : undefined);
  if (undo === null) {
    if (stays === undefined) return;
    const so = await withNode(node, dsn, context, 'with', (on) =>
      already === null ? Promise.resolve(true) : on.isSo(already),
    );
    if (so) context.left({ node, code: 'stays', object: unit.object, message: stays, sql: [] });
    return;
  }
  const texts = shownStatements(undo, unit, (of) => maskDsn(context.peerDsn(of)), context.changes);
  await withNode(node, dsn, context, 'with', async (on) => {
    if (identity !== null) {
      const now = await unlessGone(on.text(identity));
      const kept = (context.recall(identityKey(index)) ?? { before: null }) as KeptIdentity;
      const whose = whoseIs(kept, now, unit.transaction || unit.scope === 'local');
      if (whose === 'as-before') return;
      if (whose === 'not-ours') return leave(node, unit, texts, context);
    }
    if (already !== null && (await unlessGone(on.isSo(already))) !== true) return;
    if (unit.undoClears) {
      const what = `undo ${unit.object ?? `step ${context.step.id}`}`;
      await refuseWhileRead(node, what, texts, context, unit.scope === 'local' ? 'rows' : 'engine');
    }
    await perform(on, dsn, unit, undo, deadlineMs, context);
  });
}

function leave(node: string, unit: SqlUnit, sql: string[], context: StepContext): void {
  const what = unit.object ?? `What step ${context.step.id} created`;
  const message = `${what} on ${node} is not as this run created it: somebody has since changed or recreated it. It was not touched.`;
  context.left({ node, code: 'not-ours', object: unit.object, message, sql });
  if (!unit.undoClears) return;
  throw new StepFailure({
    code: 'not-ours',
    message,
    sqlstate: null,
    statement: null,
    cause: null,
    remedy: `Keep it; or, if nobody needs it, drop it on ${node} by hand, then roll back again.`,
  });
}

/** What meets a lock is let go of after a while, so that others get past it, and tried again. */
async function untilUnlocked<T>(
  tries: Extract<Action, { type: 'sql' }>['tries'],
  context: StepContext,
  work: () => Promise<T>,
): Promise<T> {
  for (let time = 1; ; time++) {
    try {
      return await work();
    } catch (error) {
      const { times, pauseSeconds } = tries ?? { times: 1, pauseSeconds: 0 };
      if (!(error instanceof StepFailure) || error.error.code !== 'locked' || time >= times) throw error;
      const who = error.error.cause === null ? '' : `: ${error.error.cause}`;
      context.note(`try ${time} of ${times} met a lock${who} Next one in ${pauseSeconds} s.`);
      await sleep(pauseSeconds * 1000, undefined, { signal: context.signal }).catch(() => undefined);
      if (context.signal.aborted) throw new StepCancelled();
    }
  }
}

export const sql: Executor<'sql'> = {
  async run({ node, units, timeoutSeconds, tries }, context) {
    let skipped = true;
    for (const [index, unit] of units.entries()) {
      if (context.signal.aborted) throw new StepCancelled();
      const work = () => doUnit(node, unit, index, timeoutSeconds * 1000, context);
      if (await untilUnlocked(tries, context, work)) skipped = false;
    }
    return { skipped };
  },
  async undo({ node, units, timeoutSeconds }, context) {
    for (const [index, unit] of [...units.entries()].reverse()) {
      await undoUnit(node, unit, index, timeoutSeconds * 1000, context);
    }
  },
};
