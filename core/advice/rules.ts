/** All rules, one for each code: a code without a rule fails the types. */

import type { Finding, FindingCode } from '#core/model/finding.ts';
import { compareKeys, findingKey } from '#core/model/keys.ts';
import { isRead } from '#core/model/read-nodes.ts';
import { shownText } from '#core/model/shown-text.ts';
import type { ReadTimes } from '#core/snapshot/doubts.ts';
import { applyBlocked } from './apply-blocked.ts';
import { applyLoop } from './apply-loop.ts';
import { archiverFailing } from './archiver-failing.ts';
import { capacity } from './capacity.ts';
import { clockSkew } from './clock-skew.ts';
import { consoleStorage } from './console-storage.ts';
import { cures } from './cures.ts';
import { factsUnread } from './facts-unread.ts';
import { forwardingLoop } from './forwarding-loop.ts';
import { membershipDiffers } from './membership-differs.ts';
import { missingLink } from './missing-link.ts';
import { noReplicaIdentity } from './no-replica-identity.ts';
import { nodeReplaced } from './node-replaced.ts';
import { nodeUnreachable } from './node-unreachable.ts';
import { effectOf } from './order.ts';
import { orphanSlot } from './orphan-slot.ts';
import { pluginNotListed } from './plugin-not-listed.ts';
import { providerUnwatched } from './provider-unwatched.ts';
import type { AdviceInput, Rule, RuleFinding } from './rule.ts';
import { schemaDrift } from './schema-drift.ts';
import { sequenceCollision } from './sequence-collision.ts';
import { setDiffers } from './set-differs.ts';
import { setNotTaken } from './set-not-taken.ts';
import { settings } from './settings.ts';
import { slotBloat } from './slot-bloat.ts';
import { slotLost } from './slot-lost.ts';
import { staleInterface } from './stale-interface.ts';
import { standby } from './standby.ts';
import { subscriptionDown } from './subscription-down.ts';
import { syncStuck } from './sync-stuck.ts';
import { unknownReader } from './unknown-reader.ts';
import { unreplicatedTable } from './unreplicated-table.ts';
import { wraparound } from './wraparound.ts';
import { xminHeld } from './xmin-held.ts';

/** One that only some engine can have, as those of the cluster find it. */
const ofEngines =
  (code: FindingCode): Rule =>
  (input) =>
    input.engines.flatMap(({ advice }) => advice.rules[code]?.(input) ?? []);

export const rules: Record<FindingCode, Rule> = {
  'slot-bloat': slotBloat,
  'slot-lost': slotLost,
  'apply-loop': applyLoop,
  'disabled-by-exception': ofEngines('disabled-by-exception'),
  'discarded-transactions': ofEngines('discarded-transactions'),
  'no-replica-identity': noReplicaIdentity,
  'unreplicated-table': unreplicatedTable,
  'membership-differs': membershipDiffers,
  'sequence-collision': sequenceCollision,
  'schema-drift': schemaDrift,
  'forwarding-loop': forwardingLoop,
  'version-skew': ofEngines('version-skew'),
  capacity,
  'subscription-down': subscriptionDown,
  'rows-diverged': ofEngines('rows-diverged'),
  'sync-stuck': syncStuck,
  'orphan-slot': orphanSlot,
  'conflicts-unseen': ofEngines('conflicts-unseen'),
  'missing-link': missingLink,
  'clock-skew': clockSkew,
  'stale-interface': staleInterface,
  'read-only': ofEngines('read-only'),
  'node-unreachable': nodeUnreachable,
  settings,
  'node-replaced': nodeReplaced,
  standby,
  'provider-unwatched': providerUnwatched,
  'unknown-reader': unknownReader,
  'sync-failed': ofEngines('sync-failed'),
  'set-not-taken': setNotTaken,
  'set-differs': setDiffers,
  'filter-unsafe': ofEngines('filter-unsafe'),
  'plugin-not-listed': pluginNotListed,
  'failover-slots': ofEngines('failover-slots'),
  wraparound,
  'xmin-held': xminHeld,
  'apply-blocked': applyBlocked,
  'archiver-failing': archiverFailing,
  'console-storage': consoleStorage,
  'facts-unread': factsUnread,
};

/** What is not well, sorted by id. `previous`: the findings of the last snapshot; what was found then keeps its `since`. */
export function advise(input: AdviceInput, previous: readonly Finding[]): Finding[] {
  const before = new Map(previous.map((finding) => [finding.id, finding]));
  const now = new Date(input.at).toISOString();
  const doubts = input.memory.doubts.look(input.at, readTimes(input));
  const findings = (Object.entries(rules) as [FindingCode, Rule][]).flatMap(([code, rule]) =>
    rule(input).flatMap((finding) => {
      const id = idOf(code, finding);
      const firstSeen = finding.compares && doubts.settled(id, finding.compares.what, finding.compares.nodes);
      return firstSeen === null ? [] : [finish(code, id, firstSeen, finding, before, now)];
    }),
  );
  const found = new Set(findings.map(({ id }) => id));
  const read = new Set(input.facts.nodes.flatMap((node) => (isRead(node) ? [node.name] : [])));
  // What was found between nodes is not over because one of them cannot be read.
  findings.push(...previous.filter(({ id }) => !found.has(id) && doubts.isBlind(id, read)));
  doubts.end();
  return findings.sort((a, b) => compareKeys(findingKey(a), findingKey(b)));
}

/** Of each node that was read at all: the older of its slow facts and of its tables, which are read when a catalog was written. */
function readTimes({ nodes }: AdviceInput): ReadTimes {
  return new Map(
    [...nodes.values()].flatMap(({ name, slow }) =>
      slow === null ? [] : [[name, Math.min(slow.sentAt, slow.value.tablesReadAt ?? slow.sentAt)] as const],
    ),
  );
}

const idOf = (code: FindingCode, { lasting, subject, part }: RuleFinding): string =>
  JSON.stringify([code, ...subjectKey(lasting ?? subject), ...(part === undefined ? [] : [part])]);

function finish(
  code: FindingCode,
  id: string,
  firstSeen: number | undefined,
  { sinceAt, part, lasting, compares, effect, ...finding }: RuleFinding,
  before: ReadonlyMap<string, Finding>,
  now: string,
): Finding {
  const told = shown(finding);
  const seen = firstSeen === undefined ? now : new Date(firstSeen).toISOString();
  const since = before.get(id)?.since ?? seen;
  return {
    id,
    code,
    effect: effect ?? effectOf[code],
    ...told,
    remedy: curedBy(code, told.remedy),
    since: sinceAt === undefined ? since : new Date(sinceAt).toISOString(),
  };
}

/** A remedy that opens no plan says why. */
function curedBy(code: FindingCode, remedy: Finding['remedy']): Finding['remedy'] {
  if (remedy === null || remedy.plan !== undefined) return remedy;
  return { ...remedy, noPlan: remedy.noPlan ?? cures[code].otherwise };
}

/** Names are the catalogs' own in a subject; in sentences they are made visible. */
function shown<T extends Pick<RuleFinding, 'title' | 'detail' | 'evidence' | 'remedy'>>(finding: T): T {
  return {
    ...finding,
    title: shownText(finding.title),
    detail: shownText(finding.detail),
    evidence: finding.evidence.map(({ name, value }) => ({ name: shownText(name), value: shownText(value) })),
    remedy: finding.remedy && { ...finding.remedy, text: shownText(finding.remedy.text) },
  };
}

/** The parts of a subject in one order, so that the same subject has the same id. */
function subjectKey(subject: Finding['subject']): string[] {
  return Object.entries(subject)
    .filter(([, name]) => name !== undefined)
    .sort(([a], [b]) => compareKeys(a, b))
    .map(([kind, name]) => `${kind}=${name}`);
}
