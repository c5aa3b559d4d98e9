/** For tests: a comparison of tables on servers that stand, and what came of it. */

import { proveRows } from '#server/rows/prove.ts';
import { LIMITS, type Limits } from '#server/rows/table.ts';
import { StepFailure } from '#server/run/step-failure.ts';
import type { TestNodes } from './replicating.ts';
import { contextOn, type TestContext, type WrittenDown } from './step-context.ts';

/** Blocks of some rows, so that a small table has many. */
export const SMALL: Limits = { ...LIMITS, blockRows: 1000, mostBlockRows: 2000, oneBlockBytes: 0 };

export interface Outcome extends WrittenDown {
  /** Null: it threw `error`. */
  proved: boolean | null;
  error: StepFailure['error'] | null;
}

/** Of tables in `public`; all columns of the first node unless `columns` are given. */
export async function prove(
  nodes: TestNodes,
  tables: string[],
  of: {
    limits?: Limits;
    columns?: string[];
    /** Who reads; the superuser otherwise. */
    role?: { user: string; password: string };
    /** Called when it has begun. */
    begun?: (test: TestContext) => void;
  } = {},
): Promise<Outcome> {
  const dsns = nodes.names.map((name, index) => {
    const dsn = nodes.servers.dsn(index + 1);
    const { role } = of;
    return [name, role === undefined ? dsn : `${dsn} user=${role.user} password=${role.password}`] as const;
  });
  const test = contextOn(nodes.servers, { dsns: Object.fromEntries(dsns) });
  const compared = tables.map((table) => ({ schema: 'public', table, columns: of.columns ?? [] }));
  try {
    const proving = proveRows({ nodes: nodes.names, tables: compared }, test.context, of.limits ?? LIMITS);
    of.begun?.(test);
    const proved = await proving;
    return { ...test.written, proved, error: null };
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    return { ...test.written, proved: null, error: error.error };
  } finally {
    test.close();
  }
}
