/** What a cluster's event stream carries: the snapshot first, then whole changed objects and the keys of removed ones. */
import { z } from 'zod';
import { Finding } from './finding.ts';
import { Health, Instant } from './scalars.ts';
import { SentencePart } from './sentence.ts';
import {
  LinkSnapshot,
  NodeSnapshot,
  ReplicationSetSnapshot,
  Snapshot,
  SubscriptionSnapshot,
  Thresholds,
} from './snapshot.ts';

export const SnapshotEvent = Snapshot.extend({ type: z.literal('snapshot') });

/**
 * Lists hold only objects of which more than `observedAt` changed. The `observedAt` of the others follows from
 * their node's (a link's from its provider, a subscription's from its receiver): see core/snapshot/change.ts.
 */
export const ChangeEvent = z.object({
  type: z.literal('change'),
  cluster: z.string(),
  observedAt: Instant,
  health: Health,
  healthSince: Instant.nullable(),
  sentence: z.array(SentencePart),
  thresholds: Thresholds,
  nodes: z.array(NodeSnapshot),
  subscriptions: z.array(SubscriptionSnapshot),
  links: z.array(LinkSnapshot),
  replicationSets: z.array(ReplicationSetSnapshot),
  findings: z.array(Finding),
  /** Keys as core/snapshot/change.ts makes them. */
  removed: z.object({
    nodes: z.array(z.string()),
    subscriptions: z.array(z.string()),
    links: z.array(z.string()),
    replicationSets: z.array(z.string()),
    findings: z.array(z.string()),
  }),
});
export type ChangeEvent = z.infer<typeof ChangeEvent>;

export const ClusterEvent = z.discriminatedUnion('type', [SnapshotEvent, ChangeEvent]);
export type ClusterEvent = z.infer<typeof ClusterEvent>;
