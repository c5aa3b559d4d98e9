/**
 * Row filters of a request: parsed, held against the columns of each node's table, asked of the server's catalogs, and only then
 * tried, READ ONLY and with a time-out, over all rows where that does not take long.
 */
import type { Row } from '#core/engines/engine.ts';
import type {
  FilterTried,
  ObservedFacts,
  ObservedNode,
  ObservedSetTable,
  ParsedSql,
} from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { judgeFilter } from '#core/plan/sets/filter/judge.ts';
import { catalogQuestion, rowsQuestion } from '#core/plan/sets/filter/questions.ts';
import { filtersOf, isInForce } from '#core/plan/sets/filter/request.ts';
import { onlyExpression } from '#core/plan/sets/filter/tree.ts';
import { choose } from '#core/plan/sets/members.ts';
import { wantedOf } from '#core/plan/sets/wanted.ts';
import type { Connection } from '#server/postgres/connection.ts';
import type { NodeRecord } from '#server/store/registry.ts';
import { question, withNode } from './node-question.ts';
import { parseSql } from './parse-sql.ts';

const TOO_LONG = '57014';
/** Of a table whose rows take longer than a question may. */
const SOME_ROWS = 10_000;

/** By the filter's text; null: the request brings none. */
export async function parseFilters(
  request: PlanRequest,
  observed: readonly ObservedNode[],
): Promise<Record<string, ParsedSql> | null> {
  const texts = filtersOf(request, observed);
  if (texts.length === 0) return null;
  const parsed = await Promise.all(
    // The line's end: what ends in a comment does not take the bracket with it.
    texts.map(async (text) => [text, await parseSql(`SELECT (${text}\n)`)] as const),
  );
  return Object.fromEntries(parsed);
}

/** Puts `tried` into the tables that a filter is asked for. */
export async function tryFilters(
  nodes: readonly NodeRecord[],
  observed: readonly ObservedNode[],
  request: PlanRequest,
  parsed: Readonly<Record<string, ParsedSql>>,
): Promise<void> {
  const wanted = wantedOf(request);
  if (wanted === null) return;
  await Promise.all(
    nodes.map(async ({ name, dsn }) => {
      const read = observed.find((each) => each.name === name)?.read;
      if (read?.ok !== true || !wanted.nodes.includes(name)) return;
      const asked = choose(wanted, read.facts).add.filter(
        ({ table, wanted: of }) => of?.rowFilter != null && !isInForce(of.rowFilter, table, observed),
      );
      if (asked.length === 0) return;
      await withNode(dsn, async (connection) => {
        for (const { table, wanted: of } of asked) {
          const tried = await tryOne(connection, table, parsed[of?.rowFilter ?? '']);
          if (tried !== null) table.tried = tried;
        }
        return { ok: true, facts: read.facts } satisfies { ok: true; facts: ObservedFacts };
      }).catch(() => undefined);
    }),
  );
}

/** Null: the planner refuses it without. */
async function tryOne(
  connection: Connection,
  table: ObservedSetTable,
  parsed: ParsedSql | undefined,
): Promise<FilterTried | null> {
  const tree = parsed?.ok === true ? onlyExpression(parsed.tree) : null;
  const judged = tree === null ? null : judgeFilter(tree, table.columns ?? []);
  if (judged?.ok !== true) return null;
  const { filter } = judged;
  const catalog = await question(connection, catalogQuestion(table, filter));
  if (!catalog.ok) return { ok: false, unread: true, error: catalog.error.message };
  const doubt = catalog.value.map(({ doubt: of }: Row) => String(of));
  if (doubt.length > 0) return { ok: false, unread: false, error: doubt.join('; ') };
  const whole = await question(connection, rowsQuestion(table, filter.text, null));
  if (whole.ok) return resultOf(whole.value, true);
  if (whole.error.sqlstate !== TOO_LONG) return failed(whole.error);
  const some = await question(connection, rowsQuestion(table, filter.text, SOME_ROWS));
  return some.ok ? resultOf(some.value, false) : failed(some.error);
}

const resultOf = ([row]: Row[], whole: boolean): FilterTried => ({
  ok: true,
  rows: Number(row?.rows),
  within: Number(row?.within),
  whole,
});

/** Without an SQLSTATE it is the connection, not the filter. */
const failed = ({ message, sqlstate }: { message: string; sqlstate: string | null }): FilterTried => ({
  ok: false,
  unread: sqlstate === null || sqlstate === TOO_LONG || sqlstate === '55P03' || sqlstate === '42501',
  error: message,
});
