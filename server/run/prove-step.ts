/** The step that proves what a plan has done: the tables hold the same rows on all nodes. */
import { proveRows } from '#server/rows/prove.ts';
import type { Executor } from './step-context.ts';

export const prove: Executor<'prove'> = {
  async run(job, context) {
    return { skipped: !(await proveRows(job, context)) };
  },
  async undo() {},
};
