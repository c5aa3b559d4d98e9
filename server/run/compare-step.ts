/**
 * Whether tables hold the same rows on all nodes: at a moment when every node has applied what every other had committed,
 * one number over the rows of each. While applications write, nodes differ for as long as a row travels: then it is
 * looked at again, and what moves between two looks is said to move, never called equal or different.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatCount } from '#core/model/format.ts';
import {
  AS_TEXT,
  bytesOf,
  CHECKSUM_BYTES,
  COUNT_BYTES,
  checksumOf,
  countRows,
  estimateRows,
} from '#core/plan/checksum.ts';
import type { ComparedTable } from '#core/plan/draft.ts';
import { renderSql, type Sql } from '#core/plan/sql.ts';
import { runStatement } from './sessions.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepCancelled, StepFailure, sqlFailure } from './step-failure.ts';

/** For the largest table that is summed up, on a slow disk. */
const TABLE_MS = 15 * 60_000;
const ANSWER_MS = 10_000;
const LOOKS = 5;
/** Differences are looked at again after this: rows on their way arrive within it, on links that are well. */
const AGAIN_MS = 400;

type Way = 'sum' | 'count' | 'estimate';
const WORDS: Record<Way, string> = {
  sum: 'the same rows',
  count: 'the same number of rows; too large to compare row by row',
  estimate: 'about the same number of rows, as the servers estimate; too large to count',
};

interface Seen {
  rows: string | null;
  sum: string | null;
}

export const compare: Executor<'compare'> = {
  again: true,
  async run({ nodes, tables }, context) {
    const different: string[] = [];
    let moving = 0;
    for (const [index, table] of tables.entries()) {
      if (context.signal.aborted) throw new StepCancelled();
      context.note(`${index} of ${tables.length} tables`);
      const verdict = await compareTable(table, nodes, context);
      context.fact(`${table.schema}.${table.table}`, verdict.text);
      if (verdict.kind === 'different') different.push(`${table.schema}.${table.table}: ${verdict.text}`);
      if (verdict.kind === 'moving') moving++;
    }
    if (different.length > 0) throw rowsDiffer(different);
    const same = tables.length - moving;
    context.note(
      `${same} of ${tables.length} tables the same${moving > 0 ? `, ${moving} written to meanwhile` : ''}`,
    );
    return { skipped: false };
  },
  async undo() {},
};

interface Verdict {
  kind: 'same' | 'different' | 'moving';
  text: string;
}

async function compareTable(table: ComparedTable, nodes: string[], context: StepContext): Promise<Verdict> {
  const sizes = await Promise.all(nodes.map((node) => ask(node, bytesOf(table), ANSWER_MS, context)));
  const bytes = Math.max(...sizes.map((row) => Number(row.bytes)));
  const way: Way = bytes <= CHECKSUM_BYTES ? 'sum' : bytes <= COUNT_BYTES ? 'count' : 'estimate';
  const query = { sum: checksumOf, count: countRows, estimate: estimateRows }[way](table);
  let before: Seen[] | null = null;
  for (let look = 0; ; look++) {
    const now = await Promise.all(nodes.map((node) => seen(node, query, context)));
    if (way === 'estimate') return { kind: 'same', text: `${WORDS.estimate}: ${countsOf(nodes, now)}` };
    if (new Set(now.map((each) => JSON.stringify(each))).size === 1) {
      return { kind: 'same', text: `${formatCount(Number(now[0]?.rows ?? 0))} rows, ${WORDS[way]}` };
    }
    // What was the same in two looks and differs between the nodes is not on its way.
    const stands = before !== null && JSON.stringify(before) === JSON.stringify(now);
    if (stands && look >= 2)
      return { kind: 'different', text: `${countsOf(nodes, now)}, and not the same rows` };
    if (look + 1 >= LOOKS && !stands) {
      return { kind: 'moving', text: `written to while it was compared; not known: ${countsOf(nodes, now)}` };
    }
    before = now;
    if (context.signal.aborted) throw new StepCancelled();
    await sleep(AGAIN_MS);
  }
}

const countsOf = (nodes: string[], seen: Seen[]): string =>
  nodes
    .map((node, index) => {
      const rows = seen[index]?.rows ?? null;
      return `${node} ${rows === null ? 'not counted' : formatCount(Number(rows))}`;
    })
    .join(', ');

async function seen(node: string, query: Sql, context: StepContext): Promise<Seen> {
  const row = await ask(node, query, TABLE_MS, context);
  return {
    rows: row.rows === null ? null : String(row.rows),
    sum: row.sum === null ? null : String(row.sum),
  };
}

/** One row, in a transaction that writes nothing and prints values as all others do. */
async function ask(
  node: string,
  query: Sql,
  deadlineMs: number,
  context: StepContext,
): Promise<Record<string, unknown>> {
  const text = renderSql(query, context.peerDsn);
  const settings = AS_TEXT.map((each) => renderSql(each, context.peerDsn));
  const outcome = await context.sessions.with(context.dsn(node), async (connection) => {
    const answer = await runStatement(
      connection,
      ['BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', ...settings, text, 'COMMIT'].join('; '),
      deadlineMs,
    );
    if (!answer.ok && !connection.closed) await connection.run('ROLLBACK', ANSWER_MS);
    return answer;
  });
  if (!outcome.ok) throw sqlFailure(node, `${text};`, outcome.error);
  return outcome.value.at(-2)?.rows[0] ?? {};
}

function rowsDiffer(tables: string[]): StepFailure {
  return new StepFailure({
    message: `Rows differ between the nodes: ${tables.join('; ')}.`,
    sqlstate: null,
    statement: null,
    cause: 'The nodes held different rows before the deploy, or a change was not applied on one of them.',
    remedy:
      'See spock.exception_log and spock.resolutions on the nodes; make the rows the same under repair mode, then resume: they are compared anew.',
  });
}
