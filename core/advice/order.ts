/** In which order findings are shown, by what they do to the data: one place for each code. */

import type { Finding, FindingCode, FindingEffect } from '#core/model/finding.ts';
import { compareKeys } from '#core/model/keys.ts';
import type { Severity } from '#core/model/scalars.ts';

/** Of a finding whose rule says nothing else: a code without a place fails the types. */
export const effectOf: Record<FindingCode, FindingEffect> = {
  'node-unreachable': 'stops-data',
  'node-replaced': 'stops-data',
  standby: 'stops-data',
  'subscription-down': 'stops-data',
  'apply-loop': 'stops-data',
  'disabled-by-exception': 'stops-data',
  'stale-interface': 'stops-data',
  'slot-lost': 'stops-data',
  'sync-failed': 'stops-data',
  'sync-stuck': 'stops-data',
  'missing-link': 'stops-data',
  'set-not-taken': 'stops-data',
  'read-only': 'stops-data',
  'discarded-transactions': 'past-loss',
  'rows-diverged': 'past-loss',
  'slot-bloat': 'hygiene',
  'apply-blocked': 'stops-data',
  'no-replica-identity': 'hygiene',
  'unreplicated-table': 'hygiene',
  'membership-differs': 'hygiene',
  'sequence-collision': 'hygiene',
  'schema-drift': 'hygiene',
  'forwarding-loop': 'hygiene',
  'version-skew': 'hygiene',
  capacity: 'hygiene',
  'orphan-slot': 'hygiene',
  'conflicts-unseen': 'hygiene',
  'clock-skew': 'hygiene',
  settings: 'hygiene',
  'provider-unwatched': 'hygiene',
  'unknown-reader': 'hygiene',
  'set-differs': 'hygiene',
  'filter-unsafe': 'hygiene',
  'plugin-not-listed': 'hygiene',
  'failover-slots': 'hygiene',
  wraparound: 'hygiene',
  'xmin-held': 'hygiene',
  'archiver-failing': 'hygiene',
  'console-storage': 'hygiene',
  'facts-unread': 'hygiene',
};

const EFFECTS: Record<FindingEffect, number> = { 'stops-data': 0, 'past-loss': 1, hygiene: 2 };
const SEVERITIES: Record<Severity, number> = { critical: 0, warning: 1, info: 2 };

/**
 * What stops data now comes first, and of that what has a button; then what was lost; then all else, the worst first. What is
 * equal in that stands by its age, so that nothing changes places while it lasts.
 */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    compareEffects(a, b) ||
    SEVERITIES[a.severity] - SEVERITIES[b.severity] ||
    compareKeys(a.since, b.since) ||
    compareKeys(a.id, b.id)
  );
}

/** The first half of that order, for what is told in words. */
export const compareEffects = (a: Finding, b: Finding): number =>
  EFFECTS[a.effect] - EFFECTS[b.effect] || (a.effect === 'stops-data' ? hasNoButton(a) - hasNoButton(b) : 0);

const hasNoButton = ({ remedy }: Finding): number => (remedy?.plan === undefined ? 1 : 0);
