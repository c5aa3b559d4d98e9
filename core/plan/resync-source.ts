/** Copying a table anew: whether the subscription and its provider can bring a copy now, asked before anything is emptied. */

import { formatBytes } from '#core/model/format.ts';
import type { ObservedFacts, ObservedSubscription } from '#core/model/observed.ts';
import type { Grounds } from './nodes.ts';
import type { Resync } from './resync-tables.ts';

/** Nothing can be copied through a subscription that does not replicate: the table would be emptied, and stay so. */
export function checkLink(
  grounds: Grounds,
  { receiver }: Resync,
  found: ObservedSubscription,
  provider: ObservedFacts | null,
): void {
  const lost = 'the rows would be deleted, but nothing copied';
  if (!found.enabled) {
    grounds.stop(receiver, 'Subscription', 'disabled', {
      code: 'disabled',
      message: `${found.name} is disabled: ${lost}.`,
      remedy: 'Enable it first.',
    });
    return;
  }
  const slot = provider?.slots.find((each) => each.name === found.slot);
  const why =
    found.status !== 'replicating'
      ? `${found.name} is ${found.status}`
      : found.worker != null && found.worker !== 'running'
        ? `the apply worker of ${found.name} does not run (${found.worker})`
        : provider === null || provider.unread?.slots !== undefined
          ? null
          : slot === undefined
            ? `${found.provider} has no slot ${found.slot}`
            : slot.active
              ? null
              : `nobody reads from slot ${found.slot} on ${found.provider}`;
  if (why === null) {
    grounds.ok(receiver, 'Subscription', 'replicates');
    return;
  }
  grounds.stop(receiver, 'Subscription', why, {
    code: 'not-replicating',
    message: `${why}: ${lost}.`,
    remedy: `Get ${found.name} to replicate first; the findings of the cluster show what blocks it.`,
  });
}

/** spock_functions.c, check_readonly_for_resync: Spock refuses it, so the plan does. */
export function checkReadOnly(grounds: Grounds, receiver: string, facts: ObservedFacts): void {
  const { readOnly } = grounds.changes.settings;
  if (facts.readOnly == null || readOnly === null) return;
  grounds.stop(receiver, 'Read-only', facts.readOnly, {
    code: 'read-only',
    message: `${receiver} is read-only (${readOnly.name} is ${facts.readOnly}): no table can be copied to it.`,
    remedy: `Reset ${readOnly.name} on ${receiver}, copy, and set it again.`,
  });
}

/** A node whose changes the provider has to have before the receiver's rows go. */
export interface Settling {
  node: string;
  to: { node: string; subscription: string }[];
}

/**
 * The copy holds what the provider has: rows that came to the receiver from others, or that its own applications wrote, and that
 * the provider has not applied yet, would be missing there for good. So all that the others have committed is let arrive first.
 */
export function settlingOf(
  grounds: Grounds,
  receiver: string,
  provider: string,
  nodes: readonly string[],
): Settling[] {
  const target = grounds.may(provider);
  const own = grounds.may(receiver);
  if (target === null || own === null) return [];
  return nodes.flatMap((node) => {
    if (node === provider) return [];
    const sender = grounds.may(node);
    const name = sender?.nodeName ?? node;
    const into = target.subscriptions.find((each) => each.provider === name);
    const here = own.subscriptions.find((each) => each.provider === name && each.status === 'replicating');
    if (node !== receiver && here === undefined && into === undefined) return [];
    if (into?.enabled === true && into.status === 'replicating' && sender !== null) {
      return [
        {
          node,
          to: [
            { node: provider, subscription: into.name },
            ...(node === receiver || here === undefined ? [] : [{ node: receiver, subscription: here.name }]),
          ],
        },
      ];
    }
    const behind = sender?.slots.find((each) => each.name === into?.slot)?.unconfirmedBytes ?? null;
    const what =
      into === undefined
        ? `${provider} does not subscribe to ${node}`
        : sender === null
          ? `${node} could not be read`
          : `${into.name} on ${provider} is ${into.status}${behind === null ? '' : `, ${formatBytes(behind)} behind`}`;
    grounds.know(
      provider,
      `Changes of ${node}`,
      `${what}: rows that ${node} wrote, and that ${receiver} has but ${provider} does not, are lost on ${receiver}`,
    );
    return [];
  });
}
