/** The numbers at the right of the rail: grey counts where all is well, the count of what is not where it is not. Pure. */
import type { Finding, FindingCode } from '#core/model/finding.ts';
import type { Snapshot } from '#core/model/snapshot.ts';

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
];
const CONFLICTS: FindingCode[] = [
  'rows-diverged',
  'conflicts-unseen',
  'discarded-transactions',
  'disabled-by-exception',
];

export function railMarks(snapshot: Snapshot | undefined): RailMarks {
  if (!snapshot) return {};
  const down = snapshot.nodes.filter((node) => node.state === 'down').length;
  const broken = snapshot.links.filter((link) => link.state === 'down' || link.state === 'missing').length;
  const behind = snapshot.links.filter((link) => link.state === 'replicating' && link.behind).length;
  return {
    nodes:
      down > 0
        ? { count: down, tone: 'crit', about: 'down' }
        : { count: snapshot.nodes.length, about: 'nodes' },
    subscriptions:
      broken > 0
        ? { count: broken, tone: 'crit', about: 'links down or missing' }
        : { count: snapshot.subscriptions.length, about: 'subscriptions' },
    sets: findingsMark(snapshot.findings, SETS),
    lag: behind > 0 ? { count: behind, tone: 'warn', about: 'links behind' } : undefined,
    conflicts: findingsMark(snapshot.findings, CONFLICTS),
  };
}

function findingsMark(findings: Finding[], codes: FindingCode[]): Mark | undefined {
  const found = findings.filter((finding) => finding.severity !== 'info' && codes.includes(finding.code));
  if (found.length === 0) return undefined;
  const critical = found.some((finding) => finding.severity === 'critical');
  return { count: found.length, tone: critical ? 'crit' : 'warn', about: 'findings' };
}
