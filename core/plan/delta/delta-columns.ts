/**
 * Columns whose changes are added up where two nodes make them at the same time, on all nodes of the cluster: with one node that adds
 * up and one that does not, the values drift apart, and nothing says so.
 */
import type { SqlUnit } from '#core/engines/units.ts';
import { countOf, formatNames } from '#core/model/format.ts';
import type { Observed, ObservedSummed } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, type ExecutableStep, step } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';

type Request = Extract<PlanRequest, { kind: 'delta-columns' }>;

const SECONDS = 30;
/** The ALTER TABLE waits for whoever uses the table, and everybody else behind it. */
const TRIES = { times: 5, pauseSeconds: 5 };

export function planDeltaColumns(request: Request, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  const name = `${request.schema}.${request.table}`;
  checkRequest(grounds, request);
  const all = (observed.nodes ?? []).map(({ name: node }) => node);
  const steps = all.flatMap((node) => stepOf(grounds, request, node) ?? []);
  const isDone = steps.length > 0 && steps.every(({ done }) => done);
  if (!isDone) tellMeaning(grounds, request);
  return {
    title: `${titleOf(request)} of ${name} on ${countOf(all.length, 'node')}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps,
  };
}

const titleOf = ({ add, remove }: Request): string =>
  [
    ...(add.length > 0 ? [`Add up ${formatNames(add)}`] : []),
    ...(remove.length > 0 ? [`${add.length > 0 ? 'no' : 'No'} longer add up ${formatNames(remove)}`] : []),
  ].join(', ') || 'Columns';

function checkRequest(grounds: Grounds, { add, remove }: Request): void {
  const { sums, words } = grounds.changes;
  if (sums === null)
    grounds.problem(
      null,
      'version',
      `${words.name} does not add up columns.`,
      'Leave the columns as they are.',
    );
  if (add.length + remove.length === 0)
    grounds.problem(null, 'nothing-named', 'The request names no column.', 'Name columns.');
  const both = add.filter((each) => remove.includes(each));
  if (both.length > 0)
    grounds.problem(null, 'both-ways', `${formatNames(both)} would be added up and not.`, 'Name each once.');
}

/** Null, with the problem. */
function stepOf(grounds: Grounds, request: Request, node: string): ExecutableStep | null {
  const facts = grounds.need(node);
  const { sums } = grounds.changes;
  if (facts === null || sums === null || !grounds.read(node, facts, 'table')) return null;
  const { schema, table, add, remove } = request;
  if (facts.standin) {
    grounds.stop(node, 'Columns', 'the stand-in', {
      code: 'version',
      message: `The stand-in on ${node} does not add up columns.`,
      remedy: 'Use servers with the engine itself.',
    });
    return null;
  }
  const columns = new Map((facts.summed ?? []).map((each) => [each.name, each]));
  if (columns.size === 0) {
    grounds.stop(node, 'Table', 'not there', {
      code: 'no-table',
      message: `${node} has no table ${schema}.${table}.`,
      remedy: 'Create it there first.',
    });
    return null;
  }
  const before = grounds.problems.length;
  for (const name of add) checkColumn(grounds, request, node, name, columns.get(name));
  for (const name of remove) {
    if (!columns.has(name)) noColumn(grounds, request, node, name);
  }
  if (grounds.problems.length > before) return null;
  const units: SqlUnit[] = [
    ...add.map((name) => sums.add(request, name)),
    ...remove.map((name) => sums.remove(request, name)),
  ];
  const done =
    add.every((name) => columns.get(name)?.summed === true) &&
    remove.every((name) => columns.get(name)?.summed === false);
  const value = [...columns.values()].filter(({ summed }) => summed).map(({ name }) => name);
  const text = value.length === 0 ? 'none' : formatNames(value);
  if (done) grounds.ok(node, 'Added up', text);
  else grounds.todo(node, 'Added up', text, `delta:${node}`);
  return step({
    id: `delta:${node}`,
    title: `${titleOf(request)} on ${node}`,
    node,
    done,
    risk: 'data',
    riskText: `While only some nodes add up, values of ${schema}.${table} that two of them change come to differ.`,
    undo: 'Restores how the columns were.',
    action: { type: 'sql', node, timeoutSeconds: SECONDS, tries: TRIES, units },
  });
}

function noColumn(grounds: Grounds, { schema, table }: Request, node: string, name: string): void {
  grounds.stop(node, 'Column', `no ${name}`, {
    code: 'no-column',
    message: `${schema}.${table} on ${node} has no column ${name}.`,
    remedy: 'Choose a column that all nodes have.',
  });
}

function checkColumn(
  grounds: Grounds,
  request: Request,
  node: string,
  name: string,
  column: ObservedSummed | undefined,
): void {
  if (column === undefined) {
    noColumn(grounds, request, node, name);
    return;
  }
  const why = column.key
    ? 'it is in the key, by which a row is found'
    : column.generated
      ? 'it is generated'
      : grounds.changes.sums?.takes(column.type) === true
        ? column.notNull
          ? null
          : 'it may be NULL, to which nothing can be added'
        : `it is ${column.type}, which cannot be added up`;
  if (why === null) return;
  grounds.stop(node, 'Column', `${name}: ${why}`, {
    code: 'no-delta',
    message: `${name} of ${request.schema}.${request.table} on ${node} cannot be added up: ${why}.`,
    remedy: 'It has to be a number, NOT NULL and outside the key.',
  });
}

function tellMeaning(grounds: Grounds, { add, remove, schema, table }: Request): void {
  if (add.length > 0) {
    grounds.know(
      null,
      'Until now',
      `of two updates of ${formatNames(add)} that two nodes make to a row at the same time, the later one wins and the other is lost`,
    );
    grounds.know(
      null,
      'From then on',
      `both count: each node adds the difference between the new value and the old one. An UPDATE that sets a value outright counts as its difference too, so the row need not have that value afterwards`,
    );
  }
  if (remove.length > 0) {
    grounds.know(
      null,
      'From then on',
      `of two updates of ${formatNames(remove)} at the same time the later one wins and the other is lost; until now both were added up`,
    );
  }
  grounds.know(
    null,
    'Meanwhile',
    `the nodes are changed one after the other: pause updates of ${schema}.${table} until the run has ended, or compare its rows afterwards`,
  );
}
