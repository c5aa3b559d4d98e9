/** The proof that ends what moves, deletes or sends rows: tables hold the same rows on all nodes, or the step fails. */

import type { Words } from '#core/engines/changes.ts';
import type { ComparedTable } from '#core/rows/compared-table.ts';
import { progressText } from '#core/rows/words.ts';
import type { StepContext } from '#server/run/step-context.ts';
import { StepCancelled, StepFailure } from '#server/run/step-failure.ts';
import { readableTable } from './readable.ts';
import { Ended, Reader } from './reader.ts';
import { compareTable, LIMITS, type Limits, type Verdict } from './table.ts';

const TABLES_AT_ONCE = 2;
const NAMED = 10;

export interface ProveJob {
  nodes: string[];
  tables: ComparedTable[];
  /** As in `Work`: a node that nobody subscribes to yet, whose own changes are counted and not held against it. */
  own?: string;
}

/**
 * Compares the rows of each table on all nodes, and tells each verdict as a fact. True: all are the same, apart from rows that
 * change all the time, which the facts count. False: the operator has ended the proof, and `know` names what was not proved.
 * Throws StepFailure: `rows-differ` with what differs; another code where it is not known (a node that does not apply what
 * another sends, a right that is missing); StepCancelled. Calls `context.proving` itself.
 */
export function proveRows(job: ProveJob, context: StepContext, limits: Limits = LIMITS): Promise<boolean> {
  return context.proving((ended) => prove(job, context, limits, ended));
}

async function prove(
  { nodes, tables, own }: ProveJob,
  context: StepContext,
  limits: Limits,
  ended: AbortSignal,
): Promise<boolean> {
  const failed = new AbortController();
  const signal = AbortSignal.any([context.signal, ended, failed.signal]);
  const reader = new Reader({
    sessions: context.sessions,
    changes: context.changes,
    dsn: (node) => context.dsn(node),
    signal,
  });
  const providers = [...new Set([...nodes, ...context.nodes])];
  const verdicts: (Verdict | undefined)[] = tables.map(() => undefined);
  const shares = tables.map(() => 0);
  const tell = () => {
    const done = verdicts.filter((verdict) => verdict !== undefined).length;
    context.note(
      progressText(done, tables.length, shares.reduce((sum, share) => sum + share, 0) / tables.length),
    );
  };
  // In the order of the tables, whichever was done first.
  let factsTold = 0;
  const tellFacts = () => {
    for (; verdicts[factsTold] !== undefined; factsTold++) {
      context.fact(nameOf(tables[factsTold] as ComparedTable), (verdicts[factsTold] as Verdict).text);
    }
  };
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < tables.length; index = next++) {
      const table = tables[index] as ComparedTable;
      const heard = (share: number) => {
        shares[index] = share;
        tell();
      };
      const verdict = await verdictOn(table, nodes, { reader, providers, limits, own: own ?? null, heard });
      verdicts[index] = verdict;
      tellFacts();
      heard(1);
    }
  };
  tell();
  const outcomes = await Promise.allSettled(
    Array.from({ length: TABLES_AT_ONCE }, () =>
      work().catch((error) => {
        failed.abort();
        throw error;
      }),
    ),
  );
  tables.forEach((table, index) => {
    const verdict = verdicts[index];
    if (index > factsTold && verdict !== undefined) context.fact(nameOf(table), verdict.text);
  });
  const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  const error = errors.find((each) => !(each instanceof Ended));
  if (error !== undefined) throw error;
  if (context.signal.aborted) throw new StepCancelled();
  const told = tables.map((table, index) => ({ name: nameOf(table), verdict: verdicts[index] }));
  const different = told.filter(({ verdict }) => verdict?.kind === 'different');
  if (different.length > 0)
    throw rowsDiffer(
      different.map(({ name, verdict }) => `${name}: ${verdict?.text}`),
      context.changes.words,
    );
  const open = told.filter(({ verdict }) => verdict?.kind !== 'same');
  if (ended.aborted && open.length > 0) {
    context.note(null);
    context.know(
      `not proved: ended by the operator, before ${names(open.map(({ name }) => name))} could be compared`,
    );
    return false;
  }
  for (const { verdict } of open) if (verdict?.kind === 'not-known') throw new StepFailure(verdict.error);
  const changing = told.filter(({ verdict }) => verdict?.kind === 'same' && verdict.changing > 0).length;
  context.note(
    `${tables.length} of ${tables.length} tables the same${changing > 0 ? `, ${changing} with rows that change faster than they can be read` : ''}`,
  );
  return true;
}

const nameOf = ({ schema, table }: ComparedTable): string => `${schema}.${table}`;

const names = (all: string[]): string =>
  all.length > NAMED ? `${all.slice(0, NAMED).join(', ')} and ${all.length - NAMED} more` : all.join(', ');

async function verdictOn(
  table: ComparedTable,
  nodes: readonly string[],
  work: Parameters<typeof compareTable>[1],
): Promise<Verdict> {
  const name = nameOf(table);
  const readable = await readableTable(table, nodes, work.reader).catch((error) => {
    if (!(error instanceof StepFailure) || error.error.code === 'unreachable') throw error;
    return error;
  });
  if (readable instanceof StepFailure) {
    const { error } = readable;
    return {
      kind: 'not-known',
      text: `not known: ${error.message}`,
      error: { ...error, message: `${name}: not known: ${error.message}` },
    };
  }
  if (!('why' in readable)) return compareTable(readable, work);
  const { why } = readable;
  return {
    kind: 'not-known',
    text: `not compared: ${why}`,
    error: {
      code: 'changed',
      message: `The rows of ${name} cannot be compared: ${why}.`,
      sqlstate: null,
      statement: null,
      cause: 'The table has changed since the plan was made, or differs between the nodes.',
      remedy: 'Make the table the same on all nodes, then resume: the rows are compared again.',
    },
  };
}

function rowsDiffer(tables: string[], { exceptions, conflicts, repair }: Words): StepFailure {
  return new StepFailure({
    code: 'rows-differ',
    message: `Rows differ between the nodes: ${tables.join('; ')}.`,
    sqlstate: null,
    statement: null,
    cause:
      'The nodes held different rows before, or a change was not applied on one of them. What was under way has been applied before each row was read again.',
    remedy: `Check ${exceptions} and ${conflicts} on the nodes; make the rows the same under ${repair}, then resume: they are compared again.`,
  });
}
