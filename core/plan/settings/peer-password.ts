/**
 * The password of the role by which the nodes reach each other: in every catalog first, then of the role itself, then each link is
 * made to connect anew. A link that runs is not interrupted before that: it has shown its password when it connected.
 */
import { quoteLiteral } from '#core/engines/quote.ts';
import { unit } from '#core/engines/units.ts';
import { countOf, formatNames } from '#core/model/format.ts';
import type { Observed, ObservedFacts, ObservedSubscription } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { type ExecutablePlan, type ExecutableStep, step } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';
import { waitForChanged } from '#core/plan/subscriptions-changed.ts';

type PasswordRequest = Extract<PlanRequest, { kind: 'peer-password' }>;

export const roleQuestion = (role: string): string =>
  `SELECT 1 AS there FROM pg_roles WHERE rolname = ${quoteLiteral(role)}`;

interface Member {
  node: string;
  facts: ObservedFacts;
  /** Interfaces in its catalog that are by the role. */
  count: number;
}

export function planPeerPassword(request: PasswordRequest, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  const members = (observed.nodes ?? []).flatMap(({ name }) => memberOf(grounds, request, name) ?? []);
  if (grounds.problems.length === 0 && members.every(({ count }) => count === 0)) {
    grounds.problem(
      null,
      'no-interface',
      `No node is reached by the role ${request.role}.`,
      'Take the role that stands in the interfaces of the nodes.',
    );
  }
  const { role, alterRole } = request;
  grounds.know(
    null,
    'Links',
    'each is disabled and enabled once, so that it connects with the new password: some seconds in which nothing is applied, and nothing is lost',
  );
  return {
    title: `Change the password of ${role} ${alterRole ? 'on all nodes and in all their interfaces' : 'in the interfaces of all nodes'}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : stepsOf(grounds, request, members),
  };
}

function memberOf(grounds: Grounds, { role, alterRole }: PasswordRequest, node: string): Member | null {
  const facts = grounds.need(node);
  if (facts === null || !grounds.read(node, facts, 'interfaces')) return null;
  if (!grounds.read(node, facts, 'subscriptions')) return null;
  if (facts.standin) {
    grounds.stop(node, 'Interfaces', 'of the stand-in', {
      code: 'version',
      message: `The subscriptions of the stand-in keep their own copy of the password on ${node}.`,
      remedy: 'It is for trials: create the sandbox again.',
    });
  }
  const all = facts.interfaceRoles ?? [];
  const unread = all.filter(({ role: by }) => by === null);
  if (unread.length > 0) {
    grounds.know(
      node,
      'Interfaces',
      `${formatNames(unread.map(({ node: of, name }) => `${name} of ${of}`))} stay as they are: they name no role`,
    );
  }
  const own = all.filter(({ role: by }) => by === role);
  if (own.length > 0)
    grounds.todo(node, 'Interfaces', `${own.length} of ${all.length} by ${role}`, `dsns:${node}`);
  else grounds.ok(node, 'Interfaces', `none of ${all.length} by ${role}`);
  if (alterRole) checkRole(grounds, node, facts, role);
  return { node, facts, count: own.length };
}

function checkRole(grounds: Grounds, node: string, facts: ObservedFacts, role: string): void {
  if (facts.hasRole === false) {
    grounds.stop(node, 'Role', 'not there', {
      code: 'no-role',
      message: `${node} has no role ${role}.`,
      remedy: 'Create it there, or correct the name.',
    });
  }
  if (facts.role?.name !== role) return;
  grounds.stop(node, 'Role', "the console's own", {
    code: 'own-role',
    message: `The console itself reads ${node} as ${role}: with another password it would be shut out in the midst of the run.`,
    remedy: `Give the console a role of its own on ${node}, or change the password with ALTER ROLE and the console's addresses yourself, then plan this without the role.`,
  });
}

function stepsOf(
  grounds: Grounds,
  { role, alterRole }: PasswordRequest,
  members: readonly Member[],
): ExecutableStep[] {
  const dsns = members.map(({ node, count }) =>
    step({
      id: `dsns:${node}`,
      title: `Write the new password into ${countOf(count, 'interface')}`,
      node,
      done: count === 0,
      undo: 'Restores the interfaces as they were.',
      action: { type: 'peer-password', node, role },
    }),
  );
  const written = dsns.filter(({ done }) => !done).map(({ id }) => id);
  const roles = !alterRole
    ? []
    : members.map(({ node }) =>
        step({
          id: `role:${node}`,
          title: `Change the password of ${role}`,
          node,
          after: written,
          undo: 'Restores the password that it had.',
          action: { type: 'role-password', node, role },
        }),
      );
  const changed = [...written, ...roles.map(({ id }) => id)];
  const links = members.flatMap(({ node, facts }) => reconnectStep(grounds, node, facts, changed));
  return [
    ...dsns,
    ...roles,
    ...links,
    ...waitForChanged(
      grounds,
      members.flatMap(({ node, facts }) =>
        runningOf(facts).map((found) => ({ receiver: node, found, restarts: true })),
      ),
      links,
    ),
  ];
}

/** Those that are switched off stay so: they connect with the new password whenever they are enabled. */
const runningOf = ({ subscriptions }: ObservedFacts): ObservedSubscription[] =>
  subscriptions.filter(({ enabled, status }) => enabled && status !== 'initializing');

function reconnectStep(
  grounds: Grounds,
  node: string,
  facts: ObservedFacts,
  after: string[],
): ExecutableStep[] {
  const all = runningOf(facts);
  if (all.length === 0) return [];
  return [
    step({
      id: `connect:${node}`,
      title: `Make ${countOf(all.length, 'link')} connect again`,
      node,
      after,
      action: {
        type: 'sql',
        node,
        timeoutSeconds: 60,
        units: all.map((found) => {
          const { subscriptions } = grounds.changesFor(found);
          return unit([subscriptions.disable(found.name), subscriptions.enable(found.name)], {
            scope: 'catalog',
          });
        }),
      },
    }),
  ];
}
