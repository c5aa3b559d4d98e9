/** Makes simulated clusters: a full mesh of healthy nodes to start from; scenarios then break parts of it. */
import type { SimCluster, SimNode, SimSetting, SimSubscription } from './model.ts';
import { chance, seedOf } from './random.ts';
import { orderTables } from './tables.ts';

export const MEGABYTE = 1024 ** 2;
export const GIGABYTE = 1024 ** 3;

export interface NodeSketch {
  name: string;
  location: string | null;
  country?: string | null;
  host: string;
  port?: number;
  roundTripMs: number;
  wal: number;
  writeBytesPerSecond: number;
  clockOffsetSeconds?: number;
}

const setting = (value: string, wanted: string | null, ok: boolean | null, unit: string | null = null) => ({
  value,
  unit,
  wanted,
  ok,
});

function healthySettings(): Map<string, SimSetting> {
  return new Map(
    Object.entries({
      wal_level: setting('logical', 'logical', true),
      shared_preload_libraries: setting('spock', 'spock', true),
      track_commit_timestamp: setting('on', 'on', true),
      max_replication_slots: setting('10', null, true),
      max_wal_senders: setting('10', null, true),
      max_worker_processes: setting('12', null, true),
      max_slot_wal_keep_size: setting('40960', null, null, 'MB'),
      'spock.conflict_resolution': setting('last_update_wins', 'last_update_wins', true),
      'spock.exception_behaviour': setting('transdiscard', null, null),
      'spock.save_resolutions': setting('on', 'on', true),
      'spock.enable_ddl_replication': setting('on', null, null),
      'spock.include_ddl_repset': setting('on', null, null),
      'spock.readonly': setting('off', 'off', true),
    }),
  );
}

export function makeNode(cluster: string, sketch: NodeSketch, at: number): SimNode {
  const port = sketch.port ?? 5432;
  const seed = seedOf(`${cluster}/${sketch.name}`);
  return {
    name: sketch.name,
    location: sketch.location,
    country: sketch.country ?? null,
    address: `${sketch.host}:${port}/${cluster}`,
    dsn: `host=${sketch.host} port=${port} dbname=${cluster} user=tricorder password=••••`,
    state: 'running',
    polled: true,
    firstPollAt: at,
    roundTripMs: sketch.roundTripMs,
    wal: sketch.wal,
    writeBytesPerSecond: sketch.writeBytesPerSecond,
    clockOffsetSeconds: sketch.clockOffsetSeconds ?? 0,
    serverVersion: '17.10',
    engineVersion: '5.0.11',
    standin: false,
    standby: false,
    readOnly: false,
    systemIdentifier: `75${Math.floor(chance(seed, 1) * 1e17)
      .toString()
      .padStart(17, '0')}`,
    timeline: 1,
    maxSlots: 10,
    otherSlots: 0,
    snowflakeNode: null,
    settings: healthySettings(),
    interfaces: [
      {
        name: sketch.name,
        dsn: `host=${sketch.host} port=${port} dbname=${cluster} user=spock_repl password=••••`,
      },
    ],
    unseen: [],
    tables: orderTables(),
    sets: [
      { name: 'default', insert: true, update: true, delete: true, truncate: true, sequences: 0 },
      {
        name: 'default_insert_only',
        insert: true,
        update: false,
        delete: false,
        truncate: true,
        sequences: 0,
      },
      { name: 'ddl_sql', insert: true, update: false, delete: false, truncate: false, sequences: 0 },
      { name: 'eu_only', insert: true, update: true, delete: true, truncate: true, sequences: 0 },
    ],
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
    slot: `spk_${cluster.name}_${provider.name}_${name}`,
    enabled: true,
    replicationSets: ['default', 'default_insert_only', 'ddl_sql', 'eu_only'],
    forwardOrigins: [],
    applyDelaySeconds: 0,
    createdAt,
    providerDsn: provider.interfaces[0]?.dsn ?? provider.dsn,
    confirmed,
    restart: confirmed - heldBytes,
    baseLagSeconds,
    applyBytesPerSecond: Math.max(40 * MEGABYTE, provider.writeBytesPerSecond * 10),
    heldBytes,
    pinned: false,
    broken: false,
    copy: null,
    walStatus: 'reserved',
    reported: null,
    workerPid: 20_000 + Math.floor(chance(seedOf(name + provider.name), 3) * 9000),
  };
}

/** A cluster in which every node subscribes to every other. Lag and held WAL come from `link`, else from the way. */
export function makeMesh(
  name: string,
  sketches: NodeSketch[],
  at: number,
  link?: (provider: string, receiver: string) => { lag: number; held: number } | undefined,
): SimCluster {
  const createdAt = at - 20 * 86_400_000;
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
  for (const node of cluster.nodes) node.otherSlots = node.name === 'n1' ? 3 : 1;
  return cluster;
}
