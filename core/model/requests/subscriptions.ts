/** Changes of subscriptions, each of one or of several at once. */
import { z } from 'zod';
import { ClusterName, Lsn, PgName } from '#core/model/scalars.ts';

/** A subscription is known by its receiver and its name together. */
const SubscriptionName = z.object({ receiver: PgName, subscription: PgName });
export type SubscriptionName = z.infer<typeof SubscriptionName>;

const one = { cluster: ClusterName, ...SubscriptionName.shape };
/** The first is named as one alone is; `subscriptions` are further ones, for which the same is done. */
const some = { ...one, subscriptions: z.array(SubscriptionName).max(5000).optional() };

const TableName = z.object({ schema: PgName, table: PgName });

/** Tables emptied on the receiver and copied from the provider: one by `schema` and `table`, or `tables`. */
export const TableResync = z.object({
  kind: z.literal('table-resync'),
  ...one,
  schema: PgName.optional(),
  table: PgName.optional(),
  /** `all`: every table that a set of the subscription sends. */
  tables: z.union([z.literal('all'), z.array(TableName).min(1).max(5000)]).optional(),
});
export type TableResync = z.infer<typeof TableResync>;

/** A month: a slot keeps its WAL that long. */
const MOST_DELAY_SECONDS = 31 * 86_400;

export const SubscriptionRequests = [
  z.object({ kind: z.literal('subscription-enable'), ...some }),
  z.object({ kind: z.literal('subscription-disable'), ...some }),
  z.object({
    kind: z.literal('subscription-create'),
    cluster: ClusterName,
    provider: PgName,
    receiver: PgName,
  }),
  /** Every link that a full mesh has and this cluster has not. */
  z.object({ kind: z.literal('mesh-complete'), cluster: ClusterName }),
  z.object({ kind: z.literal('subscription-drop'), ...one }),
  z.object({
    kind: z.literal('subscription-sets'),
    ...some,
    add: z.array(PgName).max(100),
    remove: z.array(PgName).max(100),
  }),
  /** `lsn`: where the transaction commits that disabled the subscription, as its receiver has recorded it. */
  z.object({ kind: z.literal('subscription-skip'), ...one, lsn: Lsn }),
  /** `interface`: of the provider, by the name that the receiver has for it. */
  z.object({ kind: z.literal('subscription-interface'), ...some, interface: PgName }),
  /** The slots of their providers are copied to those providers' standbys, from PostgreSQL 17 on. */
  z.object({ kind: z.literal('subscription-failover'), ...some }),
  /** What is left out stays as it is. */
  z.object({
    kind: z.literal('subscription-options'),
    ...some,
    applyDelaySeconds: z.number().min(0).max(MOST_DELAY_SECONDS).optional(),
    /** `all`, or nothing: only what the provider wrote itself. */
    forwardOrigins: z.array(z.literal('all')).max(1).optional(),
    skipSchema: z.array(PgName).max(1000).optional(),
  }),
] as const;
