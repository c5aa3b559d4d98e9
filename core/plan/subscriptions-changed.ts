/** What the plans that change subscriptions as they stand have in common: a step a receiver, then a wait until all work again. */

import type { ObservedSubscription } from '#core/model/observed.ts';
import { type ExecutableStep, step } from './executable.ts';
import type { Grounds } from './nodes.ts';
import { byReceiver } from './receivers.ts';
import { slotInUse } from './subscriptions.ts';

export interface Changed {
  receiver: string;
  found: ObservedSubscription;
  /** False: its worker goes on as it is. Behind the stand-in's it does where nothing changes that PostgreSQL itself knows. */
  restarts: boolean;
}

const WAIT_SECONDS = 90;

/** Each that is enabled replicates again, by a worker that knows of the change, and somebody reads its slot. A step a receiver. */
export function waitForChanged(
  grounds: Grounds,
  all: readonly Changed[],
  before: readonly ExecutableStep[],
): ExecutableStep[] {
  return byReceiver(all.filter(({ found }) => found.enabled)).flatMap(({ receiver, changes }) => {
    const own = before.filter(({ node, done }) => node === receiver && !done);
    if (own.length === 0) return [];
    return step({
      id: `wait:${receiver}`,
      title:
        changes.length === 1
          ? `Wait until ${changes[0]?.found.name} replicates again`
          : 'Wait until they replicate again',
      node: receiver,
      after: own.map(({ id }) => id),
      action: {
        type: 'wait',
        timeoutSeconds: WAIT_SECONDS,
        awaited: changes.flatMap(({ found, restarts }) => {
          const { subscriptions, waits } = grounds.changesFor(found);
          return [
            {
              node: receiver,
              text: `${found.name} replicates on ${receiver} with the change`,
              query: restarts
                ? subscriptions.worksAsChanged(found.name)
                : subscriptions.hasStatus(found.name, 'replicating'),
              hopeless: waits.cannotCome({ for: 'replicating', node: receiver, subscription: found.name }),
            },
            ...slotInUse(grounds, found),
          ];
        }),
      },
    });
  });
}
