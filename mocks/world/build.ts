/** Makes simulated clusters: a full mesh of healthy nodes to start from; scenarios then break parts of it. */
import { simulatedSettings } from '#core/engines/spock/simulated.ts';
import type { SimCluster, SimNode, SimSubscription } from './model.ts';
import { chance, seedOf } from './random.ts';
import { keyedTables } from './tables.ts';
import { WalTrack } from './wal-track.ts';

export const MEGABYTE = 1024 ** 2;
export const GIGABYTE = 1024 ** 3;
export const DAY = 86_400_000;

export interface NodeSketch {
  name: string;
  location: string | null;
  country?: string | null;
  host: string;
  port?: number;
  database?: string;
  roundTripMs: number;
  wal: number;
  writeBytesPerSecond: number;
  clockOffsetSeconds?: number;
}

const SETTINGS: [string, string, string | null][] = [
  ['wal_level', 'logical', null],
  ['shared_preload_libraries', 'spock', null],
  ['track_commit_timestamp', 'on', null],
  ['max_replication_slots', '12', null],
  ['max_wal_senders', '12', null],
  ['max_worker_processes', '16', null],
  ['max_slot_wal_keep_size', '40960', 'MB'],
  ['output_plugin_libraries', 'pgoutput, spock_output', null],
  ...simulatedSettings,
];

export function makeNode(cluster: string, sketch: NodeSketch, at: number): SimNode {
  const seed = seedOf(`${cluster}/${sketch.name}`);
  const track = new WalTrack();
  const past = 45 * 60;
  track.add(at - past * 1000, sketch.wal - past * sketch.writeBytesPerSecond);
  track.add(at, sketch.wal);
  return {
    name: sketch.name,
    location: sketch.location,
    country: sketch.country ?? null,
    host: sketch.host,
    port: sketch.port ?? 5432,
    database: sketch.database ?? 'orders',
    state: 'running',
    firstPollAt: at,
    roundTripMs: sketch.roundTripMs,
    wal: sketch.wal,
    track,
    writeBytesPerSecond: sketch.writeBytesPerSecond,
    clockOffsetSeconds: sketch.clockOffsetSeconds ?? 0,
    serverVersion: '17.11',
    engineVersion: '5.0.11',
    standin: false,
    standby: false,
    readOnly: 'off',
    systemIdentifier: `75${Math.floor(chance(seed, 1) * 1e17)
      .toString()
      .padStart(17, '0')}`,
    timeline: 1,
    startedAt: at - 33 * DAY,
    otherSlots: [],
    snowflakeNode: null,
    settings: new Map(SETTINGS.map(([name, value, unit]) => [name, { value, unit }])),
    walRoom: null,
    peerHost: null,
    unseen: [],
    tables: keyedTables(),
    sets: [
      { name: 'default', insert: true, update: true, delete: true, truncate: true, sequences: [] },
      {
        name: 'default_insert_only',
        insert: true,
        update: false,
        delete: false,
        truncate: true,
        sequences: [],
      },
      { name: 'ddl_sql', insert: true, update: false, delete: false, truncate: false, sequences: [] },
      { name: 'eu_only', insert: true, update: true, delete: true, truncate: true, sequences: [] },
    ],
    catalogMark: 1,
  };
}

export function makeSubscription(
  cluster: SimCluster,
  provider: SimNode,
  receiver: SimNode,
  baseLagSeconds: number,
  heldBytes: number,
  createdAt: number,
): SimSubscription {
  const name = `sub_${receiver.name}${provider.name}`;
  const confirmed = provider.wal - Math.floor(baseLagSeconds * provider.writeBytesPerSecond);
  return {
    name,
    receiver: receiver.name,
    provider: provider.name,
    slot: `spk_${provider.database}_${provider.name}_${name}`,
    enabled: true,
    replicationSets: provider.sets.map((set) => set.name),
    forwardOrigins: [],
    applyDelaySeconds: 0,
    createdAt,
    providerHost: null,
    confirmed,
    restart: confirmed - heldBytes,
    baseLagSeconds,
    lead: null,
    applyBytesPerSecond: Math.max(40 * MEGABYTE, provider.writeBytesPerSecond * 10),
    heldBytes,
    pinned: false,
    cut: false,
    broken: false,
    copy: null,
    walStatus: 'reserved',
    workerPid: 20_000 + Math.floor(chance(seedOf(cluster.name + name + provider.name), 3) * 9000),
  };
}

/** A cluster in which every node subscribes to every other. Lag and held WAL come from `link`, else from the way. */
export function makeMesh(
  name: string,
  sketches: NodeSketch[],
  /** The moment of which this is the state, ms since 1970. */
  at: number,
  link?: (provider: string, receiver: string) => { lag: number; held: number } | undefined,
): SimCluster {
  const createdAt = at - 20 * DAY;
  const cluster: SimCluster = {
    name,
    seed: seedOf(name),
    createdAt,
    pollSeconds: 1,
    thresholds: { lagSeconds: 10, walHeldBytes: GIGABYTE },
    topology: { kind: 'full-mesh' },
    nodes: sketches.map((sketch) => makeNode(name, sketch, at)),
    subscriptions: [],
    conflicts: [],
    exceptions: [],
    discovered: [],
    sandbox: null,
    slotKeepBytes: 40 * GIGABYTE,
    unsampled: [],
    script: [],
    past: null,
  };
  for (const provider of cluster.nodes)
    for (const receiver of cluster.nodes) {
      if (provider === receiver) continue;
      const way = Math.abs(provider.roundTripMs - receiver.roundTripMs) / 1000;
      const given = link?.(provider.name, receiver.name) ?? {
        lag: 0.1 + way,
        held: 6 * MEGABYTE + chance(seedOf(provider.name + receiver.name), 2) * 9 * MEGABYTE,
      };
      cluster.subscriptions.push(
        makeSubscription(cluster, provider, receiver, given.lag, Math.floor(given.held), createdAt),
      );
    }
  return cluster;
}

/** The cluster of the drawings: three regions, 3.3, 1.1 and 0.6 MB/s. */
export function makeOrders(at: number): SimCluster {
  const lags: Record<string, [number, number]> = {
    'n1>n2': [0.2, 12],
    'n1>n3': [0.3, 13],
    'n2>n1': [0.2, 9],
    'n2>n3': [0.4, 14],
    'n3>n1': [0.3, 8],
    'n3>n2': [0.4, 8],
  };
  const cluster = makeMesh(
    'orders',
    [
      {
        name: 'n1',
        location: 'eu-west',
        country: 'IE',
        host: '10.1.0.4',
        roundTripMs: 0.7,
        wal: 0x2f7f2c41a8,
        writeBytesPerSecond: 3.3 * MEGABYTE,
        clockOffsetSeconds: 0.0002,
      },
      {
        name: 'n2',
        location: 'us-east',
        country: 'US',
        host: '10.2.0.4',
        roundTripMs: 81,
        wal: 0x1a09b81110,
        writeBytesPerSecond: 1.1 * MEGABYTE,
        clockOffsetSeconds: 0.0186,
      },
      {
        name: 'n3',
        location: 'ap-south',
        country: 'IN',
        host: '10.3.0.9',
        roundTripMs: 142,
        wal: 0x2c4410f0e8,
        writeBytesPerSecond: 0.6 * MEGABYTE,
        clockOffsetSeconds: -0.0021,
      },
    ],
    at,
    (provider, receiver) => {
      const [lag = 0.2, held = 9] = lags[`${provider}>${receiver}`] ?? [];
      return { lag, held: held * MEGABYTE };
    },
  );
  return cluster;
}
