/**
 * What happened and what stands, as marks on the axis of time. A finding that stands is marked where it began; one that
 * is over, where it was found and where it ended.
 */
import type { ActivityItem } from '#core/contract/history.ts';
import type { Finding } from '#core/model/finding.ts';
import type { Severity } from '#core/model/scalars.ts';

/** A dotted vertical with its time and words. */
export interface ChartMark {
  /** ms since 1970. */
  at: number;
  text: string;
  tone: 'plain' | 'warn' | 'crit';
  /** What kind of activity it was; null: a finding that stands now. */
  kind: ActivityItem['kind'] | null;
}

const toneOf = (severity: Severity | null): ChartMark['tone'] =>
  severity === 'critical' ? 'crit' : severity === 'warning' ? 'warn' : 'plain';

/** A node's own line comes within a poll or two of the finding that says the same. */
const SAME_MS = 10_000;

/** In the range, newest first. Rows that conflicts left are not of the axis of lag; all else may explain a line. */
export function eventMarks(
  items: readonly ActivityItem[],
  findings: readonly Finding[],
  from: number,
  to: number,
): ChartMark[] {
  const told = findings.filter((finding) => !isToldByNode(finding, items));
  const repeated = begins(items, told);
  return [
    ...items
      .filter((item) => item.kind !== 'conflict' && !repeated.has(item.id))
      .map(({ at, text, severity, kind }) => ({ at: Date.parse(at), text, tone: toneOf(severity), kind })),
    ...told.map(({ since, title, severity }) => ({
      at: Date.parse(since),
      text: title,
      tone: toneOf(severity),
      kind: null,
    })),
  ]
    .filter(({ at }) => at >= from && at <= to)
    .sort((a, b) => b.at - a.at);
}

function isToldByNode({ code, subject, since }: Finding, items: readonly ActivityItem[]): boolean {
  if (code !== 'node-unreachable') return false;
  const at = Date.parse(since);
  return items.some(
    (item) =>
      item.kind === 'node' &&
      item.subject?.node === subject.node &&
      Math.abs(Date.parse(item.at) - at) <= SAME_MS,
  );
}

/** Lines that told of findings that stand now, where they came last: their marks stand at their `since`. */
function begins(items: readonly ActivityItem[], findings: readonly Finding[]): Set<string> {
  const newest = new Map<string, ActivityItem>();
  for (const item of items) {
    if (item.finding === null) continue;
    const known = newest.get(item.finding);
    if (known === undefined || item.at > known.at) newest.set(item.finding, item);
  }
  return new Set(findings.flatMap(({ id }) => newest.get(id)?.id ?? []));
}
