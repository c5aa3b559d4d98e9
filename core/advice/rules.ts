/** All rules, one for each code: a code without a rule fails the types. */
import { compareKeys } from '#core/model/change.ts';
import type { Finding, FindingCode } from '#core/model/finding.ts';
import { findingKey } from '#core/model/keys.ts';
import { applyLoop } from './apply-loop.ts';
import { capacity } from './capacity.ts';
import { clockSkew } from './clock-skew.ts';
import { conflictsUnseen } from './conflicts-unseen.ts';
import { disabledByException } from './disabled-by-exception.ts';
import { discardedTransactions } from './discarded-transactions.ts';
import { forwardingLoop } from './forwarding-loop.ts';
import { membershipDiffers } from './membership-differs.ts';
import { missingLink } from './missing-link.ts';
import { noReplicaIdentity } from './no-replica-identity.ts';
import { nodeUnreachable } from './node-unreachable.ts';
import { orphanSlot } from './orphan-slot.ts';
import { readOnly } from './read-only.ts';
import { rowsDiverged } from './rows-diverged.ts';
import type { AdviceInput, FindingDraft, Rule } from './rule.ts';
import { schemaDrift } from './schema-drift.ts';
import { sequenceCollision } from './sequence-collision.ts';
import { settings } from './settings.ts';
import { slotBloat } from './slot-bloat.ts';
import { slotLost } from './slot-lost.ts';
import { staleInterface } from './stale-interface.ts';
import { subscriptionDown } from './subscription-down.ts';
import { syncStuck } from './sync-stuck.ts';
import { unreplicatedTable } from './unreplicated-table.ts';
import { versionSkew } from './version-skew.ts';

export const rules: Record<FindingCode, Rule> = {
  'slot-bloat': slotBloat,
  'slot-lost': slotLost,
  'apply-loop': applyLoop,
  'disabled-by-exception': disabledByException,
  'discarded-transactions': discardedTransactions,
  'no-replica-identity': noReplicaIdentity,
  'unreplicated-table': unreplicatedTable,
  'membership-differs': membershipDiffers,
  'sequence-collision': sequenceCollision,
  'schema-drift': schemaDrift,
  'forwarding-loop': forwardingLoop,
  'version-skew': versionSkew,
  capacity,
  'subscription-down': subscriptionDown,
  'rows-diverged': rowsDiverged,
  'sync-stuck': syncStuck,
  'orphan-slot': orphanSlot,
  'conflicts-unseen': conflictsUnseen,
  'missing-link': missingLink,
  'clock-skew': clockSkew,
  'stale-interface': staleInterface,
  'read-only': readOnly,
  'node-unreachable': nodeUnreachable,
  settings,
};

/** What is not well, sorted by id. `previous`: the findings of the last snapshot; what was found then keeps its `since`. */
export function advise(input: AdviceInput, previous: readonly Finding[]): Finding[] {
  const before = new Map(previous.map((finding) => [finding.id, finding]));
  const now = new Date(input.at).toISOString();
  const findings = (Object.entries(rules) as [FindingCode, Rule][]).flatMap(([code, rule]) =>
    rule(input).map((draft) => finish(code, draft, before, now)),
  );
  return findings.sort((a, b) => compareKeys(findingKey(a), findingKey(b)));
}

function finish(
  code: FindingCode,
  { sinceAt, part, ...draft }: FindingDraft,
  before: ReadonlyMap<string, Finding>,
  now: string,
): Finding {
  const id = JSON.stringify([code, ...subjectKey(draft.subject), ...(part === undefined ? [] : [part])]);
  const since = sinceAt === undefined ? (before.get(id)?.since ?? now) : new Date(sinceAt).toISOString();
  return { id, code, ...draft, since };
}

/** The parts of a subject in one order, so that the same subject has the same id. */
function subjectKey(subject: Finding['subject']): string[] {
  return Object.entries(subject)
    .filter(([, name]) => name !== undefined)
    .sort(([a], [b]) => compareKeys(a, b))
    .map(([kind, name]) => `${kind}=${name}`);
}
