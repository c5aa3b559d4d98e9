/** A node kept from writes of applications, and given back to them. What other nodes wrote is applied on it all the while. */

import { quoteLiteral } from '#core/engines/quote.ts';
import { sql } from '#core/engines/sql.ts';
import { unit } from '#core/engines/units.ts';
import type { Observed, ObservedFacts } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type Altered, alterSystem, isAltered, RELOAD } from './alter-system.ts';
import { type ExecutablePlan, type ExecutableStep, step } from './executable.ts';
import { Grounds } from './nodes.ts';

type ReadOnlyRequest = Extract<PlanRequest, { kind: 'node-read-only' }>;

const OFF = 'off';

export function planNodeReadOnly(request: ReadOnlyRequest, observed: Observed): ExecutablePlan {
  const { node, readOnly } = request;
  const grounds = new Grounds(observed);
  const facts = grounds.need(node);
  const { settings, words } = grounds.changes;
  if (facts !== null && (settings.readOnly === null || facts.standin)) {
    const name = facts.standin ? 'The stand-in' : words.name;
    grounds.stop(node, 'Read-only', 'not possible', {
      code: 'version',
      message: `${name} cannot keep applications from writing on ${node}.`,
      remedy: 'Revoke the rights of the applications, or stop them.',
    });
  }
  const steps =
    facts === null || settings.readOnly === null || grounds.problems.length > 0
      ? []
      : stepsOf(grounds, request, facts, settings.readOnly);
  return {
    title: readOnly ? `Make ${node} read-only` : `Allow writes on ${node}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps,
  };
}

type ReadOnly = NonNullable<Grounds['changes']['settings']['readOnly']>;

/** Set, then waited for until it is in force; what it means for applications is said as checks. */
export function stepsOf(
  grounds: Grounds,
  { node, readOnly }: Pick<ReadOnlyRequest, 'node' | 'readOnly'>,
  facts: ObservedFacts,
  setting: ReadOnly,
): ExecutableStep[] {
  const now = facts.readOnly ?? OFF;
  const off = setting.keepingOff(facts.engineVersion);
  // The strictest holds back what comes as well: whoever set it so wants more than this.
  const done = readOnly ? now === off.value || now === setting.heldAt : now === OFF;
  const wanted = readOnly ? off.value : OFF;
  if (done) grounds.ok(node, setting.name, now);
  else if (readOnly) tellOn(grounds, node, off.superusers);
  else tellOff(grounds, node, now, setting);
  const as = (value: string | null): Altered => ({ setting: setting.name, value, list: false });
  const before =
    facts.unread?.settings === undefined ? (facts.readOnlyAltered ?? null) : (facts.readOnly ?? null);
  const unread = facts.unread?.settings !== undefined;
  // What ALTER SYSTEM has not set is in another file: it stays there, and is overruled.
  const to = as(readOnly ? wanted : before === null && !unread && now !== OFF ? OFF : null);
  // The server's value, whatever this session has set for itself.
  const isSo = sql`SELECT coalesce((SELECT reset_val = ${quoteLiteral(wanted)} FROM pg_settings WHERE name = ${quoteLiteral(setting.name)}), false)`;
  return [
    step({
      id: 'set',
      title: `Set ${setting.name} to ${wanted}`,
      node,
      done,
      undo: before === null ? `Resets ${setting.name}.` : `Sets ${setting.name} to ${before} again.`,
      action: {
        type: 'sql',
        node,
        timeoutSeconds: 30,
        units: [
          unit([alterSystem(to), RELOAD], {
            scope: 'catalog',
            already: isAltered(to),
            object: `setting ${setting.name}`,
            undo: [alterSystem(as(before)), RELOAD],
          }),
        ],
      },
    }),
    step({
      id: 'wait',
      title: `Wait until the server has read it`,
      node,
      after: ['set'],
      action: {
        type: 'wait',
        timeoutSeconds: 20,
        awaited: [{ node, text: `${setting.name} is ${wanted} on ${node}`, query: isSo }],
      },
    }),
  ];
}

function tellOn(
  grounds: Grounds,
  node: string,
  superusers: ReturnType<ReadOnly['keepingOff']>['superusers'],
): void {
  grounds.know(
    node,
    'Applications',
    superusers === 'are refused'
      ? `every write on ${node} fails from then on, of superusers too, CREATE EXTENSION included; ALTER SYSTEM still works`
      : `every write on ${node} fails from then on with SQLSTATE 25006, except those of superusers`,
  );
  grounds.know(
    node,
    'Changes of other nodes',
    `still applied on ${node}; a table cannot be copied into it while it is read-only`,
  );
}

function tellOff(grounds: Grounds, node: string, now: string, { heldAt, name }: ReadOnly): void {
  grounds.know(
    node,
    'Applications',
    now === heldAt
      ? `may write on ${node} again, and changes of other nodes that were held are applied (${name} was ${now})`
      : `may write on ${node} again (${name} was ${now})`,
  );
}
