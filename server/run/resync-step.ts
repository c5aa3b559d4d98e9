/** A table copied anew: emptied and copied by the engine, waited for, and compared with the provider's before it is called done. */

import { renderSql } from '#core/engines/sql.ts';
import { formatCount } from '#core/model/format.ts';
import type { ResyncAction } from '#core/plan/executable.ts';
import { countWithin } from '#core/rows/count.ts';
import { proveRows } from '#server/rows/prove.ts';
import { doUnit } from './sql-steps.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepFailure, sqlFailure } from './step-failure.ts';
import { waitFor } from './wait-step.ts';

const BEGIN_MS = 60_000;
const COPIED_WITHIN_SECONDS = 6 * 3600;
const ANSWER_MS = 10_000;
/** Counting both sides, for the message of a copy that is not whole. */
const COUNT_MS = 60_000;

/**
 * Where an earlier try stopped. `copied`: only the comparison is left. Anything else is copied anew: Spock calls a copy ready that
 * was cut off (its worker reads the end of a broken COPY as the end of the rows), so what came tells nothing of what is missing.
 */
type Stage = 'begun' | 'copied' | 'failed';

export const resync: Executor<'resync'> = {
  async run(action, context) {
    if (context.recall('resync') !== ('copied' satisfies Stage)) {
      await copy(action, context);
      stage(context, 'copied');
    }
    context.note('comparing the rows');
    try {
      const proved = await compare(action, context);
      return { skipped: !proved };
    } catch (error) {
      // Copied anew by a resume: what differs after a copy is not mended by comparing again.
      if (error instanceof StepFailure && MENDED_BY_COPY.includes(error.error.code)) stage(context, 'failed');
      throw error;
    }
  },
  async undo() {},
};

const MENDED_BY_COPY: string[] = ['rows-differ', 'copy-incomplete'];

const stage = (context: StepContext, now: Stage): void => context.remember('resync', now);

/** A copy that is under way, of a try before a crash or of somebody else, is waited for: Spock refuses a second one. */
async function copy(action: ResyncAction, context: StepContext): Promise<void> {
  const { node, unit, synchronized, hopeless, table } = action;
  if (!(await isSo(action, context))) {
    stage(context, 'begun');
    await doUnit(node, unit, 0, BEGIN_MS, context);
  }
  context.note('copying');
  try {
    await waitFor(
      [
        {
          node,
          text: `${table.schema}.${table.table} is synchronized on ${node}`,
          query: synchronized,
          hopeless,
        },
      ],
      COPIED_WITHIN_SECONDS,
      context,
    );
  } catch (error) {
    if (error instanceof StepFailure) stage(context, 'failed');
    throw error;
  }
}

async function isSo({ node, underWay }: ResyncAction, context: StepContext): Promise<boolean> {
  const text = renderSql(underWay, context.peerDsn);
  const outcome = await context.sessions.statement(context.dsn(node), text, ANSWER_MS);
  if (!outcome.ok) throw sqlFailure(node, `${text};`, outcome.error);
  return Object.values(outcome.value[0]?.rows[0] ?? {})[0] === true;
}

/** False: ended by the operator. Throws `copy-incomplete` where rows are missing, `rows-differ` where others differ. */
async function compare(action: ResyncAction, context: StepContext): Promise<boolean> {
  const { node, provider, table } = action;
  try {
    return await proveRows({ nodes: [provider, node], tables: [table] }, context);
  } catch (error) {
    if (!(error instanceof StepFailure) || error.error.code !== 'rows-differ') throw error;
    const [there, here] = await Promise.all([count(provider, action, context), count(node, action, context)]);
    if (there === null || here === null || here >= there) throw error;
    throw new StepFailure({
      code: 'copy-incomplete',
      message: `The copy of ${table.schema}.${table.table} is not complete: ${provider} has ${formatCount(there)} rows, ${node} has ${formatCount(here)}.`,
      sqlstate: null,
      statement: null,
      cause: `${context.changes.words.name} reports that it is synchronized. The copy was cut off, or ${node} refused its rows. ${error.error.message}`,
      remedy: `Check the logs of ${node} and ${provider} at the time of the copy. Resume: the table is copied again.`,
    });
  }
}

/** Null: it could not be counted in time. */
async function count(node: string, action: ResyncAction, context: StepContext): Promise<number | null> {
  const outcome = await context.sessions.statement(context.dsn(node), countWithin(action.table), COUNT_MS);
  return outcome.ok ? Number(outcome.value[0]?.rows[0]?.rows) : null;
}
