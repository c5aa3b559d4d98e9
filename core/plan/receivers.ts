/** Several subscriptions of one plan: how they are called, and which stand on which receiver. */
import { subscriptionsOf } from '#core/model/subscription-names.ts';

/** `sub_n2n1 on n2`, or how many where there are more. */
export function calledIn(request: Parameters<typeof subscriptionsOf>[0]): string {
  const all = subscriptionsOf(request);
  return all.length === 1 ? `${request.subscription} on ${request.receiver}` : `${all.length} subscriptions`;
}

export function byReceiver<C extends { receiver: string }>(
  all: readonly C[],
): { receiver: string; changes: C[] }[] {
  const found = new Map<string, C[]>();
  for (const change of all) {
    const changes = found.get(change.receiver);
    if (changes === undefined) found.set(change.receiver, [change]);
    else changes.push(change);
  }
  return [...found].map(([receiver, changes]) => ({ receiver, changes }));
}
