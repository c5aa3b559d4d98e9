/** Whether a node sends DDL that is run on it to its subscribers by itself. */
import { countOf, formatNames } from '#core/model/format.ts';
import type { Observed } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { ExecutablePlan } from '#core/plan/executable.ts';
import { Grounds } from '#core/plan/nodes.ts';
import { alikeSteps } from '#core/plan/settings/alike.ts';

type Request = Extract<PlanRequest, { kind: 'ddl-replication' }>;

export function planDdlReplication({ nodes, on }: Request, observed: Observed): ExecutablePlan {
  const grounds = new Grounds(observed);
  const { ddl } = grounds.changes.settings;
  const names = [...new Set(nodes)];
  const { words } = grounds.changes;
  for (const node of names.filter((each) => ddl === null || grounds.may(each)?.standin === true)) {
    grounds.stop(node, 'DDL', 'not sent', {
      code: 'version',
      message: `${ddl === null ? words.name : 'The stand-in'} does not send DDL by itself, on ${node}.`,
      remedy: 'Run statements by a plan on all nodes.',
    });
  }
  const steps =
    ddl === null || grounds.problems.length > 0
      ? []
      : alikeSteps(
          grounds,
          names,
          // Tables that are made come into a set by themselves once it is on, so that the order is turned for off.
          (on ? ddl.all : ddl.all.toReversed()).map((setting) => [setting, on ? 'on' : 'off'] as const),
        );
  const others = (observed.nodes ?? []).map(({ name }) => name).filter((each) => !names.includes(each));
  grounds.know(
    null,
    'From then on',
    on
      ? `CREATE, ALTER and DROP that are run on ${formatNames(names)} run on the other nodes too, and a new table comes into a set there; not CREATE INDEX CONCURRENTLY, VACUUM or ALTER SYSTEM. Where one fails on another node it is discarded there`
      : `CREATE, ALTER and DROP that are run on ${formatNames(names)} stay there: run them by a plan on all nodes`,
  );
  if (others.length > 0)
    grounds.know(
      null,
      'Other nodes',
      `${formatNames(others)} ${others.length === 1 ? 'stays' : 'stay'} as ${others.length === 1 ? 'it is' : 'they are'}: a new table comes into a set only where the node's own settings say so`,
    );
  return {
    title: `${on ? 'Replicate' : 'Do not replicate'} DDL of ${countOf(names.length, 'node')}`,
    checks: grounds.checks,
    problems: grounds.problems,
    steps: grounds.problems.length > 0 ? [] : steps,
  };
}
