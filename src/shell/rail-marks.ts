/** The numbers at the right of the rail: grey counts where all is well, the count of what is not where it is not. Pure. */
import type { Finding, FindingCode } from '#core/model/finding.ts';
import { isRead } from '#core/model/read-nodes.ts';
import type { NodeSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { isDown, shownState } from '#src/lib/link-state.ts';

export interface Mark {
  count: number;
  tone?: 'warn' | 'crit';
  /** What is counted, for screen readers and on hover. */
  about: string;
}

export interface RailMarks {
  nodes?: Mark;
  subscriptions?: Mark;
  sets?: Mark;
  lag?: Mark;
  conflicts?: Mark;
}

const SETS: FindingCode[] = [
  'no-replica-identity',
  'unreplicated-table',
  'membership-differs',
  'sequence-collision',
  'schema-drift',
  'set-not-taken',
  'set-differs',
  'filter-unsafe',
];
const CONFLICTS: FindingCode[] = [
  'rows-diverged',
  'conflicts-unseen',
  'discarded-transactions',
  'disabled-by-exception',
];

export function railMarks(snapshot: Snapshot | undefined): RailMarks {
  if (!snapshot) return {};
  const behind = snapshot.links.filter((link) => shownState(link) === 'behind').length;
  return {
    nodes: nodesMark(snapshot.nodes),
    subscriptions: subscriptionsMark(snapshot),
    sets: findingsMark(snapshot.findings, SETS),
    lag: behind > 0 ? { count: behind, tone: 'warn', about: 'links behind' } : undefined,
    conflicts: findingsMark(snapshot.findings, CONFLICTS),
  };
}

function nodesMark(nodes: NodeSnapshot[]): Mark {
  const down = nodes.filter((node) => node.state === 'down').length;
  if (down > 0) return { count: down, tone: 'crit', about: 'down' };
  const unread = nodes.filter(
    (node) => !isRead(node) && (node.error !== null || node.standby === true),
  ).length;
  if (unread > 0) return { count: unread, tone: 'warn', about: 'cannot be read' };
  return { count: nodes.length, about: 'nodes' };
}

/** A missing link is one where somebody wants it: then a finding says so. */
function subscriptionsMark({ links, subscriptions, findings }: Snapshot): Mark {
  const wanted = findings.some(({ code }) => code === 'missing-link');
  const broken = links.filter(
    (link) => isDown(shownState(link)) || (wanted && link.state === 'missing'),
  ).length;
  const unwatched = findings.filter(
    ({ code, severity, subject }) =>
      code === 'subscription-down' &&
      severity === 'critical' &&
      !links.some(({ provider, receiver }) => provider === subject.provider && receiver === subject.receiver),
  ).length;
  if (broken + unwatched > 0)
    return { count: broken + unwatched, tone: 'crit', about: 'failing, down or missing' };
  const disabled = links.filter((link) => link.state === 'disabled').length;
  if (disabled > 0) return { count: disabled, tone: 'warn', about: 'disabled' };
  return { count: subscriptions.length, about: 'subscriptions' };
}

function findingsMark(findings: Finding[], codes: FindingCode[]): Mark | undefined {
  const found = findings.filter((finding) => finding.severity !== 'info' && codes.includes(finding.code));
  if (found.length === 0) return undefined;
  const critical = found.some((finding) => finding.severity === 'critical');
  return { count: found.length, tone: critical ? 'crit' : 'warn', about: 'findings' };
}
