/** Nodes restarted one after another by the operator: the next one only when the links of the last one replicate again. */
import type { Sql } from '#core/engines/sql.ts';
import type { Awaited } from '#core/engines/units.ts';
import { formatNames } from '#core/model/format.ts';
import type { Observed, ObservedSubscription } from '#core/model/observed.ts';
import { type ExecutableStep, step } from '#core/plan/executable.ts';
import type { Grounds } from '#core/plan/nodes.ts';
import { slotInUse } from '#core/plan/subscriptions.ts';

const HOW = 'systemctl restart postgresql';
const LINKS_SECONDS = 120;

export interface Restarted {
  node: string;
  after: string[];
  /** One boolean. */
  inForce: Sql;
  /** What takes a restart. */
  for: string[];
}

export function restartSteps(
  grounds: Grounds,
  all: readonly Restarted[],
  observed: Observed,
): ExecutableStep[] {
  const steps: ExecutableStep[] = [];
  for (const { node, after, inForce, for: names } of all) {
    const before = steps.at(-1);
    steps.push(
      step({
        id: `restart:${node}`,
        title: `Restart PostgreSQL, so that ${formatNames(names)} ${names.length === 1 ? 'is' : 'are'} in force`,
        node,
        commands: [`on the host of ${node}: ${HOW}`],
        after: before === undefined ? after : [...after, before.id],
        risk: 'restart',
        riskText: `${node} refuses connections while it restarts. You restart it; the run waits until it is back.`,
        action: { type: 'restart', node, inForce, how: HOW },
      }),
    );
    const awaited = linksOf(grounds, node, observed);
    if (awaited.length > 0) {
      steps.push(
        step({
          id: `links:${node}`,
          title: `Wait until the links of ${node} replicate again`,
          node,
          after: [`restart:${node}`],
          action: { type: 'wait', timeoutSeconds: LINKS_SECONDS, awaited },
        }),
      );
    }
  }
  return steps;
}

/** Those that replicate now, into the node and out of it. */
function linksOf(grounds: Grounds, node: string, observed: Observed): Awaited[] {
  return (observed.nodes ?? []).flatMap(({ name: receiver }) =>
    (grounds.may(receiver)?.subscriptions ?? [])
      .filter(({ provider }) => receiver === node || provider === node)
      .filter(({ enabled, status }) => enabled && status === 'replicating')
      .flatMap((found) => waitedFor(grounds, receiver, found)),
  );
}

function waitedFor(grounds: Grounds, receiver: string, found: ObservedSubscription): Awaited[] {
  const { subscriptions } = grounds.changesFor(found);
  return [
    {
      node: receiver,
      text: `${found.name} replicates on ${receiver}`,
      query: subscriptions.hasStatus(found.name, 'replicating'),
    },
    ...slotInUse(grounds, found),
  ];
}
