/**
 * `/metrics`: the last snapshots as Prometheus text (docs/metrics.md gives the names). What is not known has no sample,
 * so that an alert on absence finds it and a graph shows a gap.
 */
import { wordsOf } from '#core/engines/words.ts';
import { engineNames } from '#core/model/engine-name.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { Services } from '#server/services.ts';

type Labels = Record<string, string>;
type Samples = [labels: Labels, value: number | boolean | null | undefined][];

interface Metric {
  name: string;
  help: string;
  samples: (snapshot: Snapshot) => Samples;
}

const ofNodes =
  (value: (node: Snapshot['nodes'][number]) => number | boolean | null) =>
  ({ cluster, nodes }: Snapshot): Samples =>
    nodes.map((node) => [{ cluster, node: node.name }, value(node)]);

const ofLinks =
  (value: (link: Snapshot['links'][number]) => number | boolean | null) =>
  ({ cluster, links }: Snapshot): Samples =>
    links.map((link) => [{ cluster, provider: link.provider, receiver: link.receiver }, value(link)]);

const METRICS: Metric[] = [
  {
    name: 'tricorder_cluster_health',
    help: '1 for the health that the cluster has: ok, warning, critical or unknown.',
    samples: ({ cluster, health }) =>
      ['ok', 'warning', 'critical', 'unknown'].map((word) => [{ cluster, health: word }, word === health]),
  },
  {
    name: 'tricorder_findings',
    help: 'Open findings, by severity.',
    samples: ({ cluster, findings }) =>
      ['info', 'warning', 'critical'].map((severity) => [
        { cluster, severity },
        findings.filter((finding) => finding.severity === severity).length,
      ]),
  },
  {
    name: 'tricorder_finding',
    help: '1 for each open finding, by its code.',
    samples: ({ cluster, findings }) => {
      const counts = new Map<string, number>();
      for (const { code } of findings) counts.set(code, (counts.get(code) ?? 0) + 1);
      return [...counts].map(([code, count]) => [{ cluster, code }, count]);
    },
  },
  {
    name: 'tricorder_node_up',
    help: '1 when the last poll of the node was good, 0 when it did not answer; no sample when it was not polled or cannot be read.',
    samples: ofNodes((node) => (node.state === 'unknown' ? null : node.state === 'up')),
  },
  {
    name: 'tricorder_node_round_trip_seconds',
    help: 'Time of the last poll of the node.',
    samples: ofNodes((node) => (node.roundTripMs === null ? null : node.roundTripMs / 1000)),
  },
  {
    name: 'tricorder_node_observed_timestamp_seconds',
    help: 'When the node was last read.',
    samples: ofNodes((node) => (node.observedAt === null ? null : Date.parse(node.observedAt) / 1000)),
  },
  {
    name: 'tricorder_node_wal_bytes_per_second',
    help: 'WAL written, from the last two polls.',
    samples: ofNodes((node) => node.walBytesPerSecond),
  },
  {
    name: 'tricorder_node_clock_offset_seconds',
    help: "The node's clock minus the console's.",
    samples: ofNodes((node) => node.clockOffsetSeconds),
  },
  {
    name: 'tricorder_node_read_only',
    help: `1 when ${engineNames.map((engine) => wordsOf(engine).readOnlySetting).join(' or ')} is not off.`,
    samples: ofNodes((node) => node.readOnly),
  },
  {
    name: 'tricorder_link_state',
    help: '1 for the state that the link has: replicating, initializing, disabled, down, unknown or missing.',
    samples: ({ cluster, links }) =>
      links.map(({ provider, receiver, state }) => [{ cluster, provider, receiver, state }, 1]),
  },
  {
    name: 'tricorder_link_behind',
    help: '1 when a replicating link is over the lag threshold of its cluster.',
    samples: ofLinks((link) => link.behind),
  },
  {
    name: 'tricorder_link_lag_seconds',
    help: 'How long ago the provider wrote what the receiver has not confirmed.',
    samples: ofLinks((link) => link.lagSeconds),
  },
  {
    name: 'tricorder_link_lag_bytes',
    help: 'WAL of the provider that the receiver has not confirmed.',
    samples: ofLinks((link) => link.lagBytes),
  },
  {
    name: 'tricorder_link_wal_held_bytes',
    help: "WAL that the link's slot keeps on the provider's disk.",
    samples: ofLinks((link) => link.walHeldBytes),
  },
  {
    name: 'tricorder_link_safe_wal_bytes',
    help: "WAL that may still be written before the link's slot is in danger; only with max_slot_wal_keep_size.",
    samples: ofLinks((link) => link.safeWalSizeBytes),
  },
  {
    name: 'tricorder_link_confirmed_bytes_per_second',
    help: 'WAL that the receiver confirmed, from the last two polls.',
    samples: ofLinks((link) => link.bytesPerSecond),
  },
];

export function metricsText(services: Services): string {
  const snapshots = services.watchers.list().flatMap((watcher) => watcher.stream.current ?? []);
  const version: Metric = {
    name: 'tricorder_build_info',
    help: 'The version of the console.',
    samples: () => [[{ version: services.console.version }, 1]],
  };
  const storage: Metric = {
    name: 'tricorder_storage_ok',
    help: '1 while the console can keep what it sees, 0 while its data dir takes nothing, is lost or damaged.',
    samples: () => [[{}, services.storage.status.state === 'ok']],
  };
  const lines = [...text(version, version.samples(EMPTY)), ...text(storage, storage.samples(EMPTY))];
  for (const metric of METRICS) lines.push(...text(metric, snapshots.flatMap(metric.samples)));
  return `${lines.join('\n')}\n`;
}

const EMPTY = {} as Snapshot;

function text(metric: Metric, samples: Samples): string[] {
  const lines = [`# HELP ${metric.name} ${metric.help}`, `# TYPE ${metric.name} gauge`];
  for (const [labels, value] of samples) {
    if (value === null || value === undefined) continue;
    const pairs = Object.entries(labels).map(([name, label]) => `${name}="${escaped(label)}"`);
    lines.push(`${metric.name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${Number(value)}`);
  }
  return lines;
}

function escaped(label: string): string {
  return label.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
