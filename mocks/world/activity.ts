/** What happened, told from one snapshot to the next: the same lines that the backend writes. */
import type { ActivityItem } from '#core/contract/history.ts';
import { linkKey } from '#core/model/keys.ts';
import type { Snapshot } from '#core/model/snapshot.ts';

type Line = Omit<ActivityItem, 'id' | 'at'>;

export function linesBetween(before: Snapshot, after: Snapshot): Line[] {
  const lines: Line[] = [];
  const say = (line: Partial<Line> & Pick<Line, 'kind' | 'text'>) =>
    lines.push({ cluster: after.cluster, severity: null, subject: null, run: null, ...line });
  for (const node of after.nodes) {
    const was = before.nodes.find((found) => found.name === node.name);
    if (!was || was.state === node.state) continue;
    if (node.state === 'down')
      say({
        kind: 'node',
        severity: 'critical',
        text: `${node.name} stopped answering`,
        subject: { node: node.name },
      });
    else if (node.state === 'up')
      say({
        kind: 'node',
        severity: 'info',
        text: `${node.name} answers${was.state === 'down' ? ' again' : ''}`,
        subject: { node: node.name },
      });
  }
  const links = new Map(before.links.map((link) => [linkKey(link), link]));
  for (const link of after.links) {
    const was = links.get(linkKey(link));
    if (!was) continue;
    const subject = { provider: link.provider, receiver: link.receiver };
    if (was.state !== link.state)
      say({
        kind: 'link',
        severity: link.state === 'replicating' ? 'info' : 'warning',
        text: `${link.provider} → ${link.receiver} ${link.state}${link.reason ? `: ${link.reason}` : ''}`,
        subject,
      });
    else if (link.behind && !was.behind)
      say({
        kind: 'link',
        severity: 'warning',
        text: `${link.provider} → ${link.receiver} more than ${after.thresholds.lagSeconds} s behind`,
        subject,
      });
  }
  const known = new Set(before.findings.map((finding) => finding.id));
  for (const finding of after.findings)
    if (!known.has(finding.id))
      say({ kind: 'finding', severity: finding.severity, text: finding.title, subject: finding.subject });
  const still = new Set(after.findings.map((finding) => finding.id));
  for (const finding of before.findings)
    if (!still.has(finding.id))
      say({
        kind: 'finding',
        severity: 'info',
        text: `No longer so: ${finding.title}`,
        subject: finding.subject,
      });
  return lines;
}
