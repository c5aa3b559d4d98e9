/** What has to be so at the moment at which all writers wait: tables still empty, copies untouched, the same rows on all nodes. */
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import { countOf, formatCount, formatNames } from '#core/model/format.ts';
import type { HeldNode, HoldAction } from '#core/plan/executable.ts';
import type { ComparedTable } from '#core/rows/compared-table.ts';
import { sumsOf } from '#core/rows/held-sum.ts';
import { AS_TEXT } from '#core/rows/settings.ts';
import type { Connection } from '#server/postgres/connection.ts';
import type { Held } from './held-lock.ts';
import { StepFailure, sqlFailure } from './step-failure.ts';

const READ_MS = 20_000;
/** Of more tables the rest is counted. */
const NAMED = 5;

/** Null: all is as it has to be. */
export async function lookAtHeld(action: HoldAction, held: Held): Promise<StepFailure | null> {
  const looked = await Promise.all(
    action.nodes.map(async (each) => {
      const connection = held.get(each.node);
      return connection === undefined ? null : lookAtNode(each, connection);
    }),
  );
  const wrong = looked.find((each) => each !== null);
  if (wrong !== undefined) return wrong ?? null;
  return action.equal.length === 0 ? null : compare(action, held);
}

async function lookAtNode(
  { node, tables, look }: HeldNode,
  connection: Connection,
): Promise<StepFailure | null> {
  if (look === 'none' || tables.length === 0) return null;
  // A row of a copy carries the origin of its subscription; 0 are those that were written here.
  const which =
    look === 'empty'
      ? ''
      : ' t WHERE pg_xact_commit_timestamp_origin(t.xmin) IS NOT NULL AND (pg_xact_commit_timestamp_origin(t.xmin)).roident = 0';
  const text = tables
    .map((each) => {
      const name = quoteQualified(each.schema, each.table);
      return `SELECT ${quoteLiteral(`${each.schema}.${each.table}`)} AS name WHERE EXISTS (SELECT FROM ONLY ${name}${which})`;
    })
    .join(' UNION ALL ');
  const outcome = await connection.run(text, READ_MS);
  if (!outcome.ok) return sqlFailure(node, `${text};`, outcome.error);
  const names = (outcome.value.at(-1)?.rows ?? []).map(({ name }) => String(name));
  if (names.length === 0) return null;
  const said =
    names.length > NAMED
      ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more`
      : formatNames(names, NAMED);
  return new StepFailure({
    code: 'writes-not-paused',
    message:
      look === 'empty'
        ? `${said} on ${node} ${names.length === 1 ? 'has' : 'have'} rows, and had none when the plan was made.`
        : `Applications have written to ${said} on ${node} since the copy.`,
    sqlstate: null,
    statement: null,
    cause: `What was written on ${node} before its slots were created reaches no other node.`,
    remedy:
      look === 'empty'
        ? `Stop the writes, save what you need of the rows, empty the tables on ${node} (TRUNCATE), then resume; or roll back. From this step on, applications can write again.`
        : `Save what was written there, then roll back and deploy again with writes to ${node} paused.`,
  });
}

interface Sum {
  node: string;
  /** `rows/sum` by table. */
  of: Map<string, { rows: number; sum: string }>;
}

async function readSums(
  node: string,
  tables: readonly ComparedTable[],
  connection: Connection,
): Promise<Sum | StepFailure> {
  const text = sumsOf(tables);
  const outcome = await connection.run([...AS_TEXT, text].join('; '), READ_MS);
  if (!outcome.ok) return sqlFailure(node, `${text};`, outcome.error);
  const of = new Map<string, { rows: number; sum: string }>();
  for (const { index, rows, sum } of outcome.value.at(-1)?.rows ?? []) {
    const table = tables[Number(index)];
    if (table !== undefined)
      of.set(`${table.schema}.${table.table}`, { rows: Number(rows), sum: String(sum) });
  }
  return { node, of };
}

async function compare({ nodes, equal }: HoldAction, held: Held): Promise<StepFailure | null> {
  const read = await Promise.all(
    nodes.flatMap(({ node }) => {
      const connection = held.get(node);
      return connection === undefined ? [] : [readSums(node, equal, connection)];
    }),
  );
  const failed = read.find((each) => each instanceof StepFailure);
  if (failed instanceof StepFailure) return failed;
  const sums = read.filter((each): each is Sum => !(each instanceof StepFailure));
  const differing = [...(sums[0]?.of.keys() ?? [])].filter((table) => {
    const all = new Set(sums.map(({ of }) => `${of.get(table)?.rows}/${of.get(table)?.sum}`));
    return all.size > 1;
  });
  const [first] = differing;
  if (first === undefined) return null;
  const counts = sums.map(({ node, of }) => `${node} ${formatCount(of.get(first)?.rows ?? 0)}`).join(', ');
  const rest =
    differing.length > 1 ? `, and ${countOf(differing.length - 1, 'more table', 'more tables')}` : '';
  return new StepFailure({
    code: 'rows-differ',
    message: `${first} does not have the same rows on all nodes (rows: ${counts})${rest}. Read at the same moment, with all writers waiting.`,
    sqlstate: null,
    statement: null,
    cause:
      'They differed before, or applications have written since the plan was made: until now, no WAL was kept for the other nodes.',
    remedy:
      'Stop the writes and make the rows the same, then resume; or roll back, and choose the node that seeds the others.',
  });
}
