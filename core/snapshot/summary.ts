/** A cluster in one line of the list. */
import type { ClusterSummary } from '#core/contract/clusters.ts';
import type { Snapshot } from '#core/model/snapshot.ts';

/** What the registry says of a cluster. */
interface Watched extends Pick<ClusterSummary, 'name' | 'engine' | 'sandbox'> {
  nodes: readonly unknown[];
}

/** `snapshot` null: not polled yet. */
export function summaryOf(record: Watched, snapshot: Snapshot | null): ClusterSummary {
  const nodes = snapshot?.nodes ?? [];
  const links = snapshot?.links ?? [];
  return {
    name: record.name,
    engine: record.engine,
    health: snapshot?.health ?? 'unknown',
    sentence: sentenceText(snapshot),
    nodes: record.nodes.length,
    nodesUp: nodes.filter((node) => node.state === 'up').length,
    links: links.length,
    linksReplicating: links.filter((link) => link.state === 'replicating').length,
    findings: snapshot?.findings.length ?? 0,
    sandbox: record.sandbox,
    standin: nodes.some((node) => node.standin),
    serverVersions: distinct(nodes.map((node) => node.serverVersion)),
    engineVersions: distinct(nodes.map((node) => node.engineVersion)),
    observedAt: snapshot?.observedAt ?? null,
  };
}

export function sentenceText(snapshot: Snapshot | null): string {
  return (snapshot?.sentence ?? []).map((part) => part.text).join('');
}

function distinct(values: (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))].sort();
}
