/** What the undo of a copy keeps, and the one transaction in which it takes back the rest. */
import type { LeftToDo } from '#core/model/plan.ts';
import { runLocal } from './local-transaction.ts';
import type { StepContext } from './step-context.ts';
import { StepFailure } from './step-failure.ts';

const DROP_MS = 10 * 60_000;

export type Kept = Omit<LeftToDo, 'step' | 'node'>;

export const keptRows = (name: string, code: 'written-since' | 'not-known', why: string): Kept => ({
  code,
  object: `table ${name}`,
  message: why,
  sql: [],
});

/** Throws StepFailure `written-since` where others wrote meanwhile; nothing is taken back then. */
export async function inOne(node: string, statements: string[], context: StepContext): Promise<void> {
  try {
    await runLocal(node, statements, DROP_MS, context);
  } catch (error) {
    if (error instanceof StepFailure && error.error.sqlstate === 'TR001') {
      throw new StepFailure({
        ...error.error,
        code: 'written-since',
        cause: 'Others wrote there at this moment, so nothing was undone.',
        remedy: 'Stop what writes there, then roll back again.',
      });
    }
    throw error;
  }
}
