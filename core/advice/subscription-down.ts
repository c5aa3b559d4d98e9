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
      { name: `${sub.receiver} reports`, value: sub.reportedStatus ?? 'not visible' },
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
      return `${receiver} itself reports this; ${provider} is not watched, so nothing more is known.`;
    case 'no-slot':
      return `The slot that ${receiver} reads does not exist on ${provider}, as after a failover to a standby without it, or when somebody dropped it. The subscription cannot recover by itself.`;
    case 'cannot-run':
      return cause.found.why;
    case 'plugin':
      return `${provider} does not allow ${words.name}'s output plugin.`;
    case 'protocol':
      return `The versions of ${words.name} on ${provider} and ${receiver} have no protocol in common.`;
    case 'full':
      return `${cause.resource} on ${cause.node} is used up, and the subscription needs one more.`;
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
        text: `Check whether ${provider} runs, and watch it too: add its address under Settings. Drop ${name} on ${receiver} only if ${provider} is gone for good.`,
      };
    case 'no-slot':
      return {
        text: `On ${receiver}, drop ${name} and create it again with its data copied from ${provider}, or compare the rows afterwards: what ${provider} has written since ${receiver} last read the slot is missing on ${receiver}.`,
        sql: advice.remedies['subscription-down'].withoutSlot(sub),
      };
    case 'cannot-run':
      return { text: cause.found.remedy(name) };
    case 'plugin':
      return {
        text: `See the finding plugin-not-listed of ${provider}; ${name} then recovers by itself.`,
      };
    case 'protocol':
      return {
        text: `Upgrade ${words.name} on the older of the two nodes; ${name} then recovers by itself.`,
      };
    case 'full':
      return {
        text: `Raise ${cause.resource} on ${cause.node} and restart it, or drop what is no longer used there; ${name} then recovers by itself.`,
      };
    default:
      return {
        text: `The server log of ${receiver} shows why its apply worker fails: ${provider} cannot be reached, a wrong password, no free slot or walsender there, or an error in a row.`,
      };
  }
}

function disabled(input: AdviceInput, sub: SubscriptionSnapshot): RuleFinding {
  return {
    severity: 'warning',
    subject: { provider: sub.provider ?? undefined, receiver: sub.receiver, subscription: sub.name },
    title: `${sub.name} on ${sub.receiver} is disabled`,
    detail: `Nothing that ${sub.provider} writes reaches ${sub.receiver} until it is enabled, and until then ${sub.provider} holds the WAL.`,
    evidence: [
      { name: 'sub_enabled', value: sub.enabled ? 't' : 'f' },
      { name: 'slot', value: sub.slot },
    ],
    remedy: {
      text: `Enable ${sub.name} when the work that it was disabled for is done.`,
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
