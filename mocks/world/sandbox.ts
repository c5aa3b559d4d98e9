/** A cluster that the console runs itself: three servers on this machine with pgbench's tables. */
import { makeMesh } from './build.ts';
import type { SimCluster, SimTable } from './model.ts';
import { sandboxFolder } from './observed.ts';

const NODES = ['n1', 'n2', 'n3'];

function pgbenchTables(): SimTable[] {
  const table = (name: string, columns: string[], key: string[], rows: number): SimTable => ({
    schema: 'public',
    name,
    columns,
    key,
    identity: 'd',
    rows,
    partitionOf: null,
    sets: [{ set: key.length > 0 ? 'default' : 'default_insert_only', rowFilter: null, columns: null }],
    deltaColumns: [],
    sequenceColumns: [],
  });
  return [
    table(
      'pgbench_accounts',
      ['aid integer', 'bid integer', 'abalance integer', 'filler character(84)'],
      ['aid'],
      100_000,
    ),
    table('pgbench_branches', ['bid integer', 'bbalance integer', 'filler character(88)'], ['bid'], 1),
    table(
      'pgbench_history',
      [
        'tid integer',
        'bid integer',
        'aid integer',
        'delta integer',
        'mtime timestamp without time zone',
        'filler character(22)',
      ],
      [],
      0,
    ),
    table(
      'pgbench_tellers',
      ['tid integer', 'bid integer', 'tbalance integer', 'filler character(84)'],
      ['tid'],
      10,
    ),
  ];
}

/** The sandbox as it stands after its deployment; traffic is off. */
export function makeSandbox(name: string, at: number, ports: number[]): SimCluster {
  const portOf = (index: number) => ports[index] ?? 5501 + index;
  const cluster = makeMesh(
    name,
    NODES.map((node, index) => ({
      name: node,
      location: null,
      host: '127.0.0.1',
      port: portOf(index),
      database: 'demo',
      roundTripMs: 0.5 + index * 0.1,
      wal: 0x206a750 + index * 0x10000,
      writeBytesPerSecond: 90_000,
    })),
    at,
    () => ({ lag: 0, held: 56 }),
  );
  cluster.createdAt = at;
  cluster.slotKeepBytes = null;
  for (const node of cluster.nodes) {
    node.serverVersion = '18.4';
    node.engineVersion = '6.0.0-standin';
    node.standin = true;
    node.startedAt = at;
    node.tables = pgbenchTables();
    node.sets = node.sets.filter((set) => set.name !== 'eu_only');
    node.settings.delete('max_slot_wal_keep_size');
  }
  for (const sub of cluster.subscriptions) {
    sub.createdAt = at;
    sub.baseLagSeconds = 0.004;
    sub.replicationSets = ['default', 'default_insert_only', 'ddl_sql'];
  }
  cluster.sandbox = {
    engine: 'Stand-in for Spock on PostgreSQL 18.4',
    standin: true,
    dataDir: sandboxFolder(name),
    servers: NODES.map((node, index) => ({
      node,
      port: portOf(index),
      pid: 31_400 + index * 17,
      state: 'running',
      restarts: 0,
    })),
    traffic: { on: false, transactionsPerSecond: 50 },
  };
  return cluster;
}
