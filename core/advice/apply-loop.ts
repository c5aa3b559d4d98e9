/** An apply worker that fails, restarts and fails again: `replicating` in many polls, and never any further. */
import { quoteLiteral } from '#core/engines/quote.ts';
import { formatSeconds } from '#core/model/format.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import type { AdviceInput, FindingDraft, Rule } from './rule.ts';
import { unreached } from './unreached.ts';

/** One restart may be anything; three within five minutes are no accident. */
export const restartsOfALoop = 3;

export const applyLoop: Rule = (input) => {
  const drafts: FindingDraft[] = [];
  for (const sub of input.facts.subscriptions) {
    if (!sub.enabled || sub.provider === null) continue;
    const worker = input.memory.workers.workerOf(sub.receiver, sub.name);
    const sender = input.memory.workers.walsenderOf(sub.provider, sub.slot);
    const life = worker.restarts >= sender.restarts ? worker : sender;
    if (life.restarts < restartsOfALoop || life.firstRestartAt === null || life.lastRestartAt === null)
      continue;
    // Without its provider no worker lives long, and that is said by node-unreachable.
    if (input.nodes.get(sub.provider)?.failure) continue;
    // Its worker fails at the connection, and at no transaction.
    if (unreached(input, sub) !== null) continue;
    if (sub.status === 'replicating' && isOver(input, sub.provider, sub, life.lastRestartAt)) continue;
    const exception = input.nodes
      .get(sub.receiver)
      ?.fast?.value.exceptions?.find(({ originId }) => originId === originOf(input, sub.receiver, sub.name));
    drafts.push({
      severity: 'critical',
      subject: { provider: sub.provider, receiver: sub.receiver, subscription: sub.name },
      title: `${sub.name} on ${sub.receiver} fails and restarts again and again`,
      detail: `Its apply worker was started anew ${life.restarts} times within ${formatSeconds(Math.round((input.at - life.firstRestartAt) / 1000))}. Nothing that ${sub.provider} writes reaches ${sub.receiver} while the same transaction fails, and ${sub.provider} holds its WAL meanwhile.`,
      evidence: [
        { name: 'restarts in 5 min', value: String(life.restarts) },
        { name: 'status', value: sub.reportedStatus ?? 'not visible' },
        ...(exception?.message ? [{ name: 'last exception', value: exception.message }] : []),
      ],
      sinceAt: life.firstRestartAt,
      remedy: {
        text: `The server log of ${sub.receiver} names the error and the LSN of its transaction. Mend its cause; or step over the transaction, which discards it on ${sub.receiver}.`,
        sql: [`SELECT spock.sub_alter_skiplsn(${quoteLiteral(sub.name)}, '…')`],
      },
    });
  }
  return drafts;
};

/** What has come further since its last restart, or has nothing left to apply, is over what it failed at. */
function isOver(
  input: AdviceInput,
  provider: string,
  { receiver, slot }: SubscriptionSnapshot,
  lastRestartAt: number,
): boolean {
  if (input.links.get(provider, receiver)?.lagSeconds === 0) return true;
  const progressedAt = input.memory.workers.progressedAt(provider, slot);
  return progressedAt !== null && progressedAt > lastRestartAt;
}

function originOf(input: AdviceInput, receiver: string, name: string): string | undefined {
  return input.nodes.get(receiver)?.fast?.value.subscriptions?.find((sub) => sub.name === name)?.originId;
}
