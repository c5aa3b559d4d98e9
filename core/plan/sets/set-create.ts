/** A set made, or what it sends altered, alike on the nodes that are asked for. */
import type { SetSends } from '#core/engines/changes.ts';
import { formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, type ExecutableStep, step } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';
import { memberOf, relationsOf } from './members.ts';
import { setOf } from './set-tables.ts';
import { nodesText } from './set-tables-text.ts';
import { listText } from './tables-words.ts';

type Request<K extends PlanRequest['kind']> = Extract<PlanRequest, { kind: K }>;
type Target = ObservedFacts['sets'][number];

const KINDS = ['insert', 'update', 'delete', 'truncate'] as const;
const SECONDS = 30;

export const sendsOf = ({
  insert,
  update,
  delete: deletes,
  truncate = true,
}: Omit<Target, 'name' | 'tables'>): SetSends => ({
  insert,
  update,
  delete: deletes,
  truncate,
});

/** `INSERT and UPDATE`. */
export const sendsText = (sends: SetSends): string => {
  const names = KINDS.filter((kind) => sends[kind]).map((kind) => kind.toUpperCase());
  return names.length === 0 ? 'nothing' : formatNames(names);
};

const same = (one: SetSends, other: SetSends): boolean => KINDS.every((kind) => one[kind] === other[kind]);

export function planSetCreate(request: Request<'set-create'>, observed: Observed): ExecutablePlan {
  const { set } = request;
  const grounds = new Grounds(observed);
  const nodes = [...new Set(request.nodes)];
  const sends = sendsOf(request);
  const steps: ExecutableStep[] = [];
  for (const node of nodes) {
    const facts = grounds.need(node);
    if (facts === null || !grounds.read(node, facts, 'sets')) continue;
    const there = facts.sets.find((each) => each.name === set);
    const id = `create:${node}`;
    if (there !== undefined && !same(sendsOf(there), sends)) {
      grounds.stop(node, 'Set', `there, and sends ${sendsText(sendsOf(there))}`, {
        code: 'set-exists',
        message: `${node} has a replication set ${set} already, and it sends ${sendsText(sendsOf(there))}.`,
        remedy: 'Choose another name, or alter that set.',
      });
      continue;
    }
    if (there === undefined) grounds.todo(node, 'Set', 'not there', id);
    else grounds.ok(node, 'Set', 'there already');
    steps.push(
      step({
        id,
        title: `Create set ${set}, which sends ${sendsText(sends)}`,
        node,
        done: there !== undefined,
        undo: `Drops set ${set} again.`,
        action: {
          type: 'sql',
          node,
          timeoutSeconds: SECONDS,
          units: [grounds.changes.sets.create(set, sends)],
        },
      }),
    );
  }
  grounds.know(
    null,
    'Subscriptions',
    `nothing is sent by it until tables are in it and subscriptions list it: add ${set} to them afterwards`,
  );
  return {
    title: `Create set ${set} on ${nodesText(nodes)}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps,
  };
}

export function planSetAlter(request: Request<'set-alter'>, observed: Observed): ExecutablePlan {
  const { set } = request;
  const grounds = new Grounds(observed);
  const nodes = [...new Set(request.nodes)];
  if (KINDS.every((kind) => request[kind] === undefined)) {
    grounds.problem(
      null,
      'nothing-named',
      'The request alters nothing.',
      'Say which changes the set is to send.',
    );
  }
  const steps: ExecutableStep[] = [];
  for (const node of nodes) {
    const facts = grounds.need(node);
    if (facts === null) continue;
    const target = setOf(grounds, set, node, facts);
    if (target === null || !grounds.read(node, facts, 'tables')) continue;
    const was = sendsOf(target);
    const sends = { ...was };
    for (const kind of KINDS) sends[kind] = request[kind] ?? was[kind];
    checkKeys(grounds, node, set, facts, sends, was);
    const id = `alter:${node}`;
    const isSo = same(was, sends);
    if (isSo) grounds.ok(node, 'Sends', sendsText(sends));
    else grounds.todo(node, 'Sends', `${sendsText(was)}; will send ${sendsText(sends)}`, id);
    const less = KINDS.filter((kind) => was[kind] && !sends[kind]).map((kind) => kind.toUpperCase());
    steps.push(
      step({
        id,
        title: `Let set ${set} send ${sendsText(sends)}`,
        node,
        done: isSo,
        ...(less.length > 0 && {
          risk: 'data' as const,
          riskText: `${formatNames(less)} on tables of ${set} on ${node} ${less.length === 1 ? 'is' : 'are'} no longer sent: receivers keep what they have, and come to differ.`,
        }),
        undo: `Lets it send ${sendsText(was)} again.`,
        action: {
          type: 'sql',
          node,
          timeoutSeconds: SECONDS,
          units: [grounds.changes.sets.alter(set, sends, was)],
        },
      }),
    );
  }
  return {
    title: `Alter what set ${set} sends on ${nodesText(nodes)}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps,
  };
}

/** Rows of a table without a key cannot be found by those who would update or delete them. */
function checkKeys(
  grounds: Grounds,
  node: string,
  set: string,
  { tables = [] }: ObservedFacts,
  sends: SetSends,
  was: SetSends,
): void {
  const more = (sends.update && !was.update) || (sends.delete && !was.delete);
  const keyless = tables.filter(
    (each) => !each.hasKey && relationsOf(each).some((one) => memberOf(one, set) !== null),
  );
  if (!more || keyless.length === 0) return;
  grounds.stop(node, 'Key', `none on ${listText(keyless)}`, {
    code: 'no-key',
    message: `${listText(keyless)} ${keyless.length === 1 ? 'is' : 'are'} in ${set} on ${node} and ${keyless.length === 1 ? 'has' : 'have'} no key: a set with UPDATE or DELETE needs one.`,
    remedy: `Add primary keys on every node, or move these tables to a set that sends INSERT only (${grounds.changes.sets.insertOnly}).`,
  });
}
