/** A subscription that does not apply, and no other finding says why. */
import type { Engine } from '#core/engines/engine.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { type Cause, causeOf } from './cause.ts';
import type { AdviceInput, AdvisingEngine, Rule, RuleFinding } from './rule.ts';

/** A worker that restarts is down for a moment. */
const graceMs = 3000;

export const subscriptionDown: Rule = (input) =>
  input.facts.subscriptions.flatMap((sub): RuleFinding[] => {
    if (sub.status === 'disabled')
      return causeOf(input, sub)?.kind === 'disabled' ? [disabled(input, sub)] : [];
    if (sub.status !== 'down' || sub.provider === null) return [];
    const cause = causeOf(input, sub);
    if (cause === null || isSaidElsewhere(cause)) return [];
    const link = input.links.get(sub.provider, sub.receiver);
    const since = link ? (link.since === null ? null : Date.parse(link.since)) : saidSince(input, sub);
    if (since !== null && input.at - since < graceMs) return [];
    return [down(input, sub, sub.provider, cause, link?.reason ?? null)];
  });

/** There is no link to a node that is not watched: by the receiver's own word. */
const saidSince = (
  input: AdviceInput,
  { receiver, name, reportedStatus }: SubscriptionSnapshot,
): number | null => input.memory.workers.sayingSince(receiver, name, reportedStatus ?? '');

/** A finding of its own speaks of it, and would only be said twice. */
function isSaidElsewhere({ kind }: Cause): boolean {
  switch (kind) {
    case 'down':
    case 'unread':
    case 'disabled-by-exception':
    case 'slot-lost':
    case 'unreached':
    case 'failing':
    case 'copying':
      return true;
    case 'unwatched':
    case 'disabled':
    case 'no-slot':
    case 'cannot-run':
    case 'plugin':
    case 'protocol':
    case 'full':
    case 'stopped':
      return false;
  }
}

function down(
  input: AdviceInput,
  sub: SubscriptionSnapshot,
  provider: string,
  cause: Cause,
  reason: string | null,
): RuleFinding {
  const slot = input.nodes.get(provider)?.fast?.value.slots.find(({ name }) => name === sub.slot);
  const watched = cause.kind !== 'unwatched';
  const engine = input.engineOf(sub.engine);
  return {
    severity: 'critical',
    subject: { provider, receiver: sub.receiver, subscription: sub.name },
    title: `${sub.name} on ${sub.receiver} is down`,
    detail: `Nothing that ${provider} writes reaches ${sub.receiver}${reason === null ? '' : `: ${reason}`}. ${because(engine, sub, provider, cause)}`,
    evidence: [
      { name: `${sub.receiver} says`, value: sub.reportedStatus ?? 'not visible' },
      { name: 'slot', value: sub.slot },
      ...(watched
        ? [
            {
              name: `slot on ${provider}`,
              value: slot === undefined ? 'not there' : slot.active ? 'active' : 'inactive',
            },
          ]
        : []),
      ...sub.sync.slice(0, 3).map((sync) => ({ name: 'sync_status', value: sync.status })),
    ],
    remedy: remedyOf(engine, sub, provider, cause),
  };
}

function because(
  { words }: Engine,
  { receiver }: SubscriptionSnapshot,
  provider: string,
  cause: Cause,
): string {
  switch (cause.kind) {
    case 'unwatched':
      return `${receiver} itself says so; ${provider} is not watched, so that nothing more is known.`;
    case 'no-slot':
      return `${receiver} reads by a slot that ${provider} does not have: as after a failover to a standby without it, or when somebody dropped it. It never comes back by itself.`;
    case 'cannot-run':
      return cause.found.why;
    case 'plugin':
      return `${provider} does not let ${words.name}'s output plugin decode.`;
    case 'protocol':
      return `The versions of ${words.name} on ${provider} and ${receiver} have no protocol in common.`;
    case 'full':
      return `All of ${cause.resource} on ${cause.node} is used, and the subscription needs one more.`;
    default:
      return 'Both nodes answer the console.';
  }
}

function remedyOf(
  { advice, words }: AdvisingEngine,
  sub: SubscriptionSnapshot,
  provider: string,
  cause: Cause,
): RuleFinding['remedy'] {
  const { receiver, name } = sub;
  switch (cause.kind) {
    case 'unwatched':
      return {
        text: `See whether ${provider} runs, and watch it too: add its address under Settings. Only where it is gone for good, drop ${name} on ${receiver}.`,
      };
    case 'no-slot':
      return {
        text: `On ${receiver}, drop ${name} and create it again with its data copied from ${provider}, or compare the rows afterwards: what ${provider} wrote since the slot was there is missing on ${receiver}.`,
        sql: advice.remedies['subscription-down'].withoutSlot(sub),
      };
    case 'cannot-run':
      return { text: cause.found.remedy(name) };
    case 'plugin':
      return {
        text: `See the finding plugin-not-listed of ${provider}; ${name} then comes back by itself.`,
      };
    case 'protocol':
      return { text: `Upgrade ${words.name} on the older of both nodes; ${name} then comes back by itself.` };
    case 'full':
      return {
        text: `Raise ${cause.resource} on ${cause.node} and restart it, or drop what is no longer used there; ${name} then comes back by itself.`,
      };
    default:
      return {
        text: `The server log of ${receiver} says what its apply worker met: no way to ${provider}, a password, no free slot or walsender there, or an error in a row.`,
      };
  }
}

function disabled(input: AdviceInput, sub: SubscriptionSnapshot): RuleFinding {
  return {
    severity: 'warning',
    subject: { provider: sub.provider ?? undefined, receiver: sub.receiver, subscription: sub.name },
    title: `${sub.name} on ${sub.receiver} is disabled`,
    detail: `Nothing that ${sub.provider} writes reaches ${sub.receiver} until it is enabled, and ${sub.provider} holds its WAL meanwhile.`,
    evidence: [
      { name: 'sub_enabled', value: sub.enabled ? 't' : 'f' },
      { name: 'slot', value: sub.slot },
    ],
    remedy: {
      text: `Enable ${sub.name} when what it was disabled for is done.`,
      sql: input.engineOf(sub.engine).advice.remedies['subscription-down'].disabled(sub),
      plan: {
        kind: 'subscription-enable',
        cluster: input.facts.cluster,
        receiver: sub.receiver,
        subscription: sub.name,
      },
    },
  };
}
