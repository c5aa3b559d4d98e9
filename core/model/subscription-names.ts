/** The subscriptions that a request speaks of. No zod: pages load it. */
import type { SubscriptionName } from './requests/subscriptions.ts';

/** All that a request speaks of, each once, the first one first. */
export function subscriptionsOf(
  request: SubscriptionName & { subscriptions?: SubscriptionName[] | undefined },
): SubscriptionName[] {
  const all = [
    { receiver: request.receiver, subscription: request.subscription },
    ...(request.subscriptions ?? []),
  ];
  const seen = new Set<string>();
  return all.filter(({ receiver, subscription }) => {
    const key = JSON.stringify([receiver, subscription]);
    return !seen.has(key) && seen.add(key);
  });
}
