/** Findings, health and the sentence of a simulated cluster. */

import type { z } from 'zod';
import type { Finding } from '#core/model/finding.ts';
import type { SentencePart } from '#core/model/sentence.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { SimCluster } from './model.ts';

type Facts = Pick<Snapshot, 'nodes' | 'links' | 'thresholds'>;
type Advice = Pick<Snapshot, 'health' | 'healthSince' | 'sentence' | 'findings'>;

export function adviseCluster(
  cluster: SimCluster,
  facts: Facts,
  before: Snapshot | null,
  at: number,
): Advice {
  const now = new Date(at).toISOString();
  const findings: Finding[] = [];
  const raise = (finding: Omit<Finding, 'since'>) =>
    findings.push({ ...finding, since: before?.findings.find((was) => was.id === finding.id)?.since ?? now });
  for (const node of facts.nodes)
    if (node.state === 'down')
      raise({
        id: `node-unreachable:${JSON.stringify({ node: node.name })}`,
        code: 'node-unreachable',
        severity: 'critical',
        subject: { node: node.name },
        title: `${node.name} does not answer`,
        detail: node.error?.message ?? '',
        evidence: [{ name: 'last answer', value: node.observedAt ?? 'never' }],
        remedy: { text: `Start the server of ${node.name}, or mend the way to it.` },
      });
  for (const link of facts.links)
    if (link.state === 'missing' && cluster.topology.kind === 'full-mesh')
      raise({
        id: `missing-link:${JSON.stringify([link.provider, link.receiver])}`,
        code: 'missing-link',
        severity: 'warning',
        subject: { provider: link.provider, receiver: link.receiver },
        title: `${link.receiver} does not subscribe to ${link.provider}`,
        detail: `What ${link.provider} writes does not reach ${link.receiver}.`,
        evidence: [],
        remedy: {
          text: 'Create the subscription.',
          plan: {
            kind: 'subscription-create',
            cluster: cluster.name,
            provider: link.provider,
            receiver: link.receiver,
          },
        },
      });
  findings.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const behind = facts.links.some((link) => link.behind || link.state === 'unknown');
  const health = findings.some((finding) => finding.severity === 'critical')
    ? 'critical'
    : facts.nodes.every((node) => node.state === 'unknown')
      ? 'unknown'
      : findings.length > 0 || behind
        ? 'warning'
        : 'ok';
  return {
    health,
    healthSince: before?.health === health ? before.healthSince : now,
    sentence: sentenceOf(facts),
    findings,
  };
}

function sentenceOf(facts: Facts): z.infer<typeof SentencePart>[] {
  const up = facts.nodes.filter((node) => node.state === 'up').length;
  const replicating = facts.links.filter((link) => link.state === 'replicating').length;
  const nodes = up === facts.nodes.length ? `${up} nodes up` : `${up} of ${facts.nodes.length} nodes up`;
  const links =
    replicating === facts.links.length
      ? `All ${replicating} links replicating`
      : `${replicating} of ${facts.links.length} links replicating`;
  return [{ text: `${nodes}. ${links}.` }];
}
