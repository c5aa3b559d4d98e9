/** Old records of conflicts and exceptions removed from nodes. Nothing brings them back, and no row of a user's table changes. */
import type { AnswerRow } from '#core/engines/observing.ts';
import { countOf, formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, type ExecutableStep, step } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';

type TrimRequest = Extract<PlanRequest, { kind: 'records-trim' }>;

/** A million rows take seconds; a server with slow disks more. */
const DELETE_SECONDS = 600;

export const decodeRecords = (row: AnswerRow): NonNullable<ObservedFacts['records']> => ({
  old: Number(row.old),
  total: Number(row.total),
  needed: row.needed === true,
});

export function planRecordsTrim(request: TrimRequest, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  const nodes = [...new Set(request.nodes)];
  const { records } = grounds.changes;
  if (records === null) {
    grounds.problem(
      null,
      'version',
      `${grounds.changes.words.name} keeps no such records.`,
      'There is nothing to remove.',
    );
  }
  const steps = nodes.flatMap((node) => trimStep(grounds, request, node) ?? []);
  const what = request.records === 'conflicts' ? 'conflicts' : 'exceptions';
  return {
    title: `Remove records of ${what} before ${request.before.slice(0, 16).replace('T', ' ')} UTC on ${formatNames(nodes)}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps,
  };
}

function trimStep(
  grounds: Grounds,
  { records: of, before }: TrimRequest,
  node: string,
): ExecutableStep | null {
  const facts = grounds.need(node);
  const { records } = grounds.changes;
  if (facts === null || records === null || !grounds.read(node, facts, 'records')) return null;
  const table = records.table(of);
  const counted = facts.records;
  if (counted?.needed === true) {
    grounds.stop(node, table, 'needed', {
      code: 'records-needed',
      message: `A subscription of ${node} is disabled by an exception, and the record of it would be removed: without it the transaction cannot be skipped.`,
      remedy: 'Enable the subscription or skip the transaction first, or keep more.',
    });
  }
  const none = counted?.old === 0;
  if (none) grounds.ok(node, table, 'nothing so old');
  else if (counted !== undefined) {
    const left = counted.total - counted.old;
    grounds.know(
      node,
      table,
      of === 'conflicts'
        ? `${countOf(counted.old, 'row')} of ${counted.total} are removed for good: the console shows these conflicts no more, ${left} stay`
        : `${countOf(counted.old, 'row')} of ${counted.total} are removed for good: where what they record was not repaired, nothing says any more that rows differ; ${left} stay`,
    );
  }
  return step({
    id: `trim:${node}`,
    title: `Remove the old rows of ${table}`,
    node,
    done: none,
    risk: none ? 'none' : 'data',
    riskText: none ? null : `The old rows of ${table} on ${node} are gone for good.`,
    undo: null,
    action: { type: 'sql', node, timeoutSeconds: DELETE_SECONDS, units: [records.trim(of, before)] },
  });
}
