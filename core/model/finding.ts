import { z } from 'zod';
import { PlanRequest } from './plan.ts';
import { Instant, Severity } from './scalars.ts';
import { Subject } from './sentence.ts';

/** The closed list: other programs match on these words. */
export const FindingCode = z.enum([
  'slot-bloat',
  'slot-lost',
  'apply-loop',
  'disabled-by-exception',
  'discarded-transactions',
  'no-replica-identity',
  'unreplicated-table',
  'membership-differs',
  'sequence-collision',
  'schema-drift',
  'forwarding-loop',
  'version-skew',
  'capacity',
  'subscription-down',
  'rows-diverged',
  'sync-stuck',
  'orphan-slot',
  'conflicts-unseen',
  'missing-link',
  'clock-skew',
  'stale-interface',
  'read-only',
  'node-unreachable',
  'settings',
  'node-replaced',
  'standby',
  'provider-unwatched',
  'unknown-reader',
  'sync-failed',
  'set-not-taken',
  'set-differs',
  'filter-unsafe',
  'plugin-not-listed',
  'failover-slots',
  'wraparound',
  'xmin-held',
  'apply-blocked',
  'archiver-failing',
  'console-storage',
  'facts-unread',
]);
export type FindingCode = z.infer<typeof FindingCode>;

/**
 * What it does to the data, which is the order in which findings are shown: changes do not arrive now; some have been lost, or
 * rows differ already; nothing is wrong with the data yet.
 */
export const FindingEffect = z.enum(['stops-data', 'past-loss', 'hygiene']);
export type FindingEffect = z.infer<typeof FindingEffect>;

/** What helps: words always, SQL where it is a statement to paste, a plan where the console can do it. */
export const Remedy = z.object({
  text: z.string(),
  sql: z.array(z.string()).optional(),
  plan: PlanRequest.optional(),
  /** Without a plan: why the console offers none. */
  noPlan: z.string().optional(),
});
export type Remedy = z.infer<typeof Remedy>;

/** Something that is not well, or may not be. `id` is stable while it lasts: code and subject. */
export const Finding = z.object({
  id: z.string(),
  code: FindingCode,
  severity: Severity,
  effect: FindingEffect,
  subject: Subject,
  /** A fact, in one line. */
  title: z.string(),
  /** Why it matters and by when. */
  detail: z.string(),
  /** Names and values, as one would read them in psql. */
  evidence: z.array(z.object({ name: z.string(), value: z.string() })),
  since: Instant,
  remedy: Remedy.nullable(),
});
export type Finding = z.infer<typeof Finding>;
