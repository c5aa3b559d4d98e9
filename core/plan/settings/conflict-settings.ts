/** How nodes resolve conflicts and what they do with what cannot be applied: it has to be alike on all of them. */
import { countOf, formatNames } from '#core/model/format.ts';
import type { Observed } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { ExecutablePlan } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';
import { alikeSteps } from './alike.ts';

type Request = Extract<PlanRequest, { kind: 'conflict-settings' }>;

export function planConflictSettings({ nodes, settings }: Request, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  const known = grounds.changes.settings.conflicts;
  const wanted = Object.entries(settings);
  const unknown = wanted.map(([name]) => name).filter((each) => !known.includes(each));
  if (unknown.length > 0) {
    grounds.problem(
      null,
      'bad-setting',
      `${formatNames(unknown)} ${unknown.length === 1 ? 'is no setting' : 'are no settings'} of conflicts.`,
      `Choose from ${known.join(', ')}.`,
    );
  }
  if (wanted.length === 0)
    grounds.problem(
      null,
      'nothing-named',
      'The request names no setting.',
      `Choose from ${known.join(', ')}.`,
    );
  const names = [...new Set(nodes)];
  for (const node of names.filter((each) => grounds.may(each)?.standin === true)) {
    grounds.stop(node, 'Conflicts', 'the stand-in', {
      code: 'version',
      message: `The stand-in on ${node} has no settings of conflicts.`,
      remedy: 'Use a server with the engine itself.',
    });
  }
  const steps = grounds.problems.length > 0 ? [] : alikeSteps(grounds, names, wanted);
  tellUnlike(grounds, observed, names, wanted);
  return {
    title: `Set ${wanted.length === 1 ? (wanted[0]?.[0] ?? '') : `${wanted.length} conflict settings`} on ${countOf(names.length, 'node')}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps,
  };
}

/** Nodes that are left out and have another value: two nodes that resolve one conflict differently keep different rows. */
function tellUnlike(
  grounds: Grounds,
  observed: Observed,
  names: readonly string[],
  wanted: readonly (readonly [string, string])[],
): void {
  for (const { name: node } of observed.nodes ?? []) {
    if (names.includes(node)) continue;
    const settings = grounds.may(node)?.settings ?? {};
    const unlike = wanted.filter(
      ([name, value]) => settings[name] !== undefined && settings[name].value !== value,
    );
    if (unlike.length > 0)
      grounds.know(
        node,
        'Not alike',
        `${unlike.map(([name]) => `${name} is ${settings[name]?.value ?? ''}`).join(', ')} there, and stays so: one conflict may end differently on two nodes`,
      );
  }
}
