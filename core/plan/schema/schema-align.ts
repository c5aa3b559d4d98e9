/** The schema of one node made like that of another: what differs, and the statements, run in repair mode so that no other node gets them. */
import { type Sql, sql } from '#core/engines/sql.ts';
import { unit } from '#core/engines/units.ts';
import { countOf } from '#core/model/format.ts';
import type { Observed } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, type ExecutableStep, step } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';
import { type Difference, differencesOf, groupsOf } from './differences.ts';

type Request = Extract<PlanRequest, { kind: 'schema-align' }>;

const SECONDS = 4 * 3600;
const LOCK: Sql = sql`SET LOCAL lock_timeout = '3s'`;
const TRIES = { times: 5, pauseSeconds: 5 };

export function planSchemaAlign({ from, to, objects }: Request, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  if (from === to) grounds.problem(to, 'same-node', `${to} would be made like itself.`, 'Choose two nodes.');
  const [one, other] = [from, to].map((node) => {
    const facts = grounds.need(node);
    return facts !== null && grounds.read(node, facts, 'schema') ? (facts.schema ?? null) : null;
  });
  const all = one == null || other == null ? [] : differencesOf(one, other);
  const unknown = (objects ?? []).filter((each) => !all.some(({ object }) => object === each));
  if (one != null && other != null && unknown.length > 0)
    grounds.problem(
      to,
      'no-difference',
      `${unknown.join(', ')} ${unknown.length === 1 ? 'does' : 'do'} not differ between ${from} and ${to}.`,
      'Compare again.',
    );
  const chosen = objects === undefined ? all : all.filter(({ object }) => objects.includes(object));
  const steps = groupsOf(chosen).flatMap(([group, of]) => stepsOf(grounds, { from, to }, group, of));
  for (const [index, each] of steps.entries())
    each.after = steps
      .slice(0, index)
      .map(({ id }) => id)
      .slice(-1);
  if (one != null && other != null && all.length === 0) grounds.ok(to, 'Schema', `as on ${from}`);
  if (one != null && other != null)
    grounds.ok(
      null,
      'Compared',
      `${countOf(one.tables.length, 'table')}, ${countOf(one.sequences.length, 'sequence')}, ${countOf(one.enums.length, 'enum')}, ${countOf(one.extensions.length, 'extension')}`,
    );
  return {
    title: `Make the schema of ${to} like that of ${from}: ${countOf(chosen.length, 'difference')}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps,
  };
}

function stepsOf(
  grounds: Grounds,
  { from, to }: Pick<Request, 'from' | 'to'>,
  group: string,
  of: readonly Difference[],
): ExecutableStep[] {
  const id = `align:${group}`;
  for (const each of of) {
    const text = `${from} ${each.from ?? 'none'}; ${to} ${each.to ?? 'none'}`;
    if (each.statements.length === 0 || each.say !== null)
      grounds.know(to, each.object, each.say === null ? text : `${text}: ${each.say}`);
    if (each.statements.length > 0) grounds.todo(to, each.object, text, id);
  }
  const done = of.filter(({ statements }) => statements.length > 0);
  if (done.length === 0) return [];
  const undo = done.map((each) => each.undo);
  const stays = `What was changed of ${group} stays: no statement takes it back without losing something.`;
  return [
    step({
      id,
      title: `Change ${group}: ${countOf(done.length, 'difference')}`,
      node: to,
      undo: undo.includes(null) ? stays : 'Restores what was there.',
      action: {
        type: 'sql',
        node: to,
        timeoutSeconds: SECONDS,
        tries: TRIES,
        units: [
          unit([LOCK, ...done.flatMap(({ statements }) => statements.map((text) => sql`${text}`))], {
            scope: 'local',
            undo: undo.includes(null)
              ? null
              : undo.toReversed().flatMap((each) => (each ?? []).map((text) => sql`${text}`)),
            ...(undo.includes(null) && { stays }),
          }),
        ],
      },
    }),
  ];
}
