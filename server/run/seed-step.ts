/** A subscription that fills its receiver: made, followed, proved by comparing the rows, and taken back. */
import { quoteQualified } from '#core/engines/quote.ts';
import { formatBytes, formatCount } from '#core/model/format.ts';
import type { SeedAction } from '#core/plan/executable.ts';
import type { ComparedTable } from '#core/rows/compared-table.ts';
import { proveRows } from '#server/rows/prove.ts';
import { foreignOrigins } from './others-rows.ts';
import { follow, lookAt, sizeOf } from './seed-follow.ts';
import { forgetRestore, rememberBefore, restoreOf, rowsOn } from './seed-inventory.ts';
import { setSequences } from './seed-sequences.ts';
import { clearSeed, rememberBegun, rememberEnd, takeBackSeed } from './seed-undo.ts';
import { firstError, type LogMark, logMark } from './server-log.ts';
import { claimSlot } from './slot-claim.ts';
import { doUnit } from './sql-steps.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepFailure } from './step-failure.ts';

const CREATE_MS = 60_000;

export const seed: Executor<'seed'> = {
  async run(action, context) {
    const { node, provider, subscription, unit } = action;
    if (context.recall('foreign') === undefined) {
      context.remember('foreign', await foreignOrigins(node, context));
    }
    if (action.structure) await rememberBefore(node, context);
    await clearFailed(action, context);
    const log = await logFrom(node, context);
    const there = (await rowsOn(node, lookAt(action, context.changes), context)).length > 0;
    if (!there) {
      await rememberBegun(action, context);
      await claimSlot({ receiver: node, provider, subscription }, context);
    }
    const made = await doUnit(node, unit, 0, CREATE_MS, context);
    const total = await sizeOf(action, context);
    let proved: boolean;
    try {
      if (context.recall('ended') == null) {
        await follow(action, total, log, context);
        await rememberEnd(action, context);
      }
      await setSequences(action, context);
      proved = await prove(action, log, context);
    } catch (error) {
      await rememberFailure(action, error, context);
      throw error;
    }
    context.note(`${formatCount(action.tables.length)} tables, ${formatBytes(total.bytes)}`);
    return { skipped: !made || !proved };
  },
  async undo(action, context) {
    if (!context.made(0)) return;
    await takeBackSeed(action, context);
  },
};

/** Where the receiver's log stood when this copy began: another try of the console's does not move it. */
export async function logFrom(node: string, context: StepContext): Promise<LogMark> {
  const known = context.recall('log') as LogMark | null | undefined;
  if (known !== undefined && known !== null) return known;
  const mark = await logMark(node, context);
  context.remember('log', mark);
  return mark;
}

/** The engine does not try such a copy again, and one that is cut off stays so: it is made anew by a resume. */
export async function rememberFailure(
  action: SeedAction,
  error: unknown,
  context: StepContext,
): Promise<void> {
  if (!(error instanceof StepFailure)) return;
  if (error.error.code === 'copy-failed' || error.error.code === 'copy-incomplete') {
    context.remember('failed', true);
  }
  // As long as the engine tells how far it came.
  if (action.structure) await restoreOf(action, context).catch(() => undefined);
}

/** What an earlier try of this run has left can only be dropped, with what it had brought and nothing else. True: it was. */
export async function clearFailed(action: SeedAction, context: StepContext): Promise<boolean> {
  if (!context.made(0)) return false;
  const { copies } = context.changes;
  const [row] = await rowsOn(action.node, lookAt(action, context.changes), context);
  if (row !== undefined) {
    const { status, state, enabled } = copies.decodeLook(row);
    const down = status === 'down' && state !== null && copies.notRetried.has(state);
    if (context.recall('failed') !== true && !down && enabled) return false;
  }
  await clearSeed(action, context);
  forgetRestore(context);
  context.remember('failed', false);
  context.remember('log', null);
  return true;
}

/** Rows on both sides, compared. False: ended by the operator, who is told what was not proved. */
async function prove(action: SeedAction, log: LogMark, context: StepContext): Promise<boolean> {
  const { node, provider } = action;
  const tables = await replicated(action, context);
  if (tables.length === 0) return true;
  try {
    // What applications write on the receiver since its hold reaches the provider when that subscribes.
    return await proveRows({ nodes: [provider, node], tables, own: node }, context);
  } catch (error) {
    if (!(error instanceof StepFailure) || error.error.code !== 'rows-differ') throw error;
    throw await incomplete(action, error, tables, log, context);
  }
}

/**
 * Of a structure all tables are copied, and rows of those only that are in a set. Without columns that are added up: what the
 * receiver's applications have added is the node's own, whoever wrote the row last, and the last comparison has all columns.
 */
async function replicated(action: SeedAction, context: StepContext): Promise<ComparedTable[]> {
  if (action.tables.length === 0) return [];
  const found = await rowsOn(action.provider, context.changes.sets.sentColumns(action.tables), context);
  return found.map((row) => ({
    schema: String(row.schema),
    table: String(row.name),
    columns: JSON.parse(String(row.columns)) as string[],
  }));
}

/** Fewer rows than the provider has are a copy that was cut off; anything else has another cause. */
async function incomplete(
  { node, provider }: SeedAction,
  differ: StepFailure,
  tables: readonly ComparedTable[],
  log: LogMark,
  context: StepContext,
): Promise<StepFailure> {
  const short: string[] = [];
  for (const { schema, table } of tables) {
    const text = `SELECT count(*)::float8 AS n FROM ${quoteQualified(schema, table)}`;
    const [there] = await rowsOn(provider, text, context).catch(() => []);
    const [here] = await rowsOn(node, text, context).catch(() => []);
    if (there === undefined || here === undefined || Number(here.n) >= Number(there.n)) continue;
    short.push(
      `${schema}.${table}: ${node} has ${formatCount(Number(here.n))} of ${formatCount(Number(there.n))} rows`,
    );
  }
  if (short.length === 0) return differ;
  const { error, why } = await firstError(node, log, context);
  return new StepFailure({
    ...differ.error,
    code: 'copy-incomplete',
    message: `The copy from ${provider} to ${node} has ended, but it is not complete. ${short.join('; ')}.${error === null ? '' : `\n${error}`}`,
    cause:
      error === null
        ? `The copy was cut off${why === null ? '' : `; why it ended is not known: ${why}`}.`
        : null,
    remedy: 'Resume: what was copied is removed and copied again. Or roll back.',
  });
}
