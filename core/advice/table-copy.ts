/** What findings of a copy that does not end well have alike: what shows it, and that the table is copied again. */

import { syncRelation } from '#core/lag/worker-book.ts';
import type { SubscriptionSnapshot } from '#core/model/snapshot.ts';
import type { AdviceInput, RuleFinding } from './rule.ts';

type Sync = SubscriptionSnapshot['sync'][number];

/** Milliseconds; null: it was not seen to begin. */
export const copyingSince = (
  { memory }: AdviceInput,
  { receiver, name }: SubscriptionSnapshot,
  sync: Sync,
): number | null => memory.workers.syncingSince(receiver, name, syncRelation(sync), sync.status);

/** `status`: with what it means, where that is known. */
export const copyEvidence = (
  { name }: SubscriptionSnapshot,
  { lsn }: Sync,
  status: string,
): RuleFinding['evidence'] => [
  { name: 'sync_status', value: status },
  { name: 'subscription', value: name },
  ...(lsn === null ? [] : [{ name: 'sync_statuslsn', value: lsn }]),
];

/** The plan that copies the table again, and the engine's statements for it. */
export const copyAgain = (
  input: AdviceInput,
  sub: SubscriptionSnapshot,
  schema: string,
  table: string,
): Pick<NonNullable<RuleFinding['remedy']>, 'sql' | 'plan'> => ({
  sql: input.engineOf(sub.engine).advice.remedies['sync-stuck'](sub, schema, table),
  plan: {
    kind: 'table-resync',
    cluster: input.facts.cluster,
    receiver: sub.receiver,
    subscription: sub.name,
    schema,
    table,
  },
});
