/** Three servers on this machine: the deploy plan that makes them, the plan that removes them. */
import type { PlanRequest } from '#core/model/plan.ts';
import { makeMesh } from './build.ts';
import type { SimCluster, SimTable } from './model.ts';
import { type Draft, type SimStep, step } from './plan.ts';
import type { World } from './world.ts';

type Request<K extends PlanRequest['kind']> = Extract<PlanRequest, { kind: K }>;

const PORTS: Record<string, number> = { n1: 5501, n2: 5502, n3: 5503 };
const NODES = Object.keys(PORTS);
const dataDir = (cluster: string) => `~/.tricorder/sandbox/${cluster}`;
const dsn = (node: string) => `host=127.0.0.1 port=${PORTS[node]} dbname=tricorder user=spock password=••••`;

function pgbenchTables(): SimTable[] {
  const table = (name: string, columns: string[], key: string[], rows: number): SimTable => ({
    schema: 'public',
    name,
    columns,
    key,
    identity: key.length > 0 ? 'default' : 'none',
    rows,
    partitionOf: null,
    sets: key.length > 0 ? [{ set: 'default', rowFilter: null, columns: null }] : [],
    deltaColumns: [],
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
export function makeSandbox(name: string, at: number): SimCluster {
  const cluster = makeMesh(
    name,
    NODES.map((node, index) => ({
      name: node,
      location: null,
      host: '127.0.0.1',
      port: PORTS[node] ?? 5500,
      roundTripMs: 0.5 + index * 0.1,
      wal: 0x206a750 + index * 0x10000,
      writeBytesPerSecond: 90_000,
    })),
    at,
    () => ({ lag: 0.003, held: 56 }),
  );
  cluster.createdAt = at;
  cluster.slotKeepBytes = null;
  for (const node of cluster.nodes) {
    node.address = `127.0.0.1:${PORTS[node.name]}/tricorder`;
    node.dsn = dsn(node.name);
    node.interfaces = [{ name: node.name, dsn: dsn(node.name) }];
    node.serverVersion = '18.4';
    node.engineVersion = '6.0.0-standin';
    node.standin = true;
    node.tables = pgbenchTables();
    node.sets = node.sets.filter((set) => set.name !== 'eu_only');
    node.settings.delete('max_slot_wal_keep_size');
  }
  for (const sub of cluster.subscriptions) {
    sub.createdAt = at;
    sub.replicationSets = ['default', 'default_insert_only', 'ddl_sql'];
    sub.providerDsn = dsn(sub.provider);
  }
  cluster.sandbox = {
    engine: 'Stand-in for Spock on PostgreSQL 18.4',
    standin: true,
    dataDir: dataDir(name),
    servers: NODES.map((node, index) => ({
      node,
      port: PORTS[node] ?? 0,
      pid: 31_400 + index * 17,
      state: 'running',
      restarts: 0,
    })),
    traffic: { on: false, transactionsPerSecond: 50 },
  };
  return cluster;
}

export function deploySandbox(world: World, request: Request<'deploy'>): Draft {
  const dir = dataDir(request.name);
  const steps: SimStep[] = [];
  const add = (given: Parameters<typeof step>[0]) => steps.push(step(given));
  const each = (prefix: string) => NODES.map((node) => `${prefix}-${node}`);
  add({
    id: 'initdb',
    title: 'Make the first data folder',
    node: null,
    commands: [`initdb -D ${dir}/n1 --auth=scram-sha-256 -U postgres`],
    undo: `Deletes ${dir}`,
    seconds: 2.4,
  });
  for (const node of NODES)
    add({
      id: `start-${node}`,
      title: `Start PostgreSQL`,
      node,
      commands: [
        ...(node === 'n1' ? [] : [`copy ${dir}/n1 to ${dir}/${node}`]),
        `postgres -D ${dir}/${node} -c port=${PORTS[node]} -c listen_addresses=127.0.0.1`,
      ],
      after: ['initdb'],
      undo: 'Stops the server',
      seconds: 0.7,
      note: `listens on 127.0.0.1:${PORTS[node]}`,
    });
  for (const node of NODES)
    add({
      id: `extension-${node}`,
      title: 'Create extension spock',
      node,
      sql: ['CREATE EXTENSION spock CASCADE;'],
      after: [`start-${node}`],
      seconds: 0.2,
    });
  for (const node of NODES)
    add({
      id: `tables-${node}`,
      title: 'Create pgbench’s tables',
      node,
      sql: [
        'CREATE TABLE pgbench_branches (bid integer PRIMARY KEY, bbalance integer, filler character(88));',
      ],
      after: [`extension-${node}`],
      seconds: 0.3,
      note: 'four tables, 100,011 rows',
    });
  for (const node of NODES)
    add({
      id: `node-${node}`,
      title: 'Create node',
      node,
      sql: [`SELECT spock.node_create(node_name := '${node}', dsn := '${dsn(node)}');`],
      after: [`tables-${node}`],
      undo: `SELECT spock.node_drop('${node}', true);`,
      seconds: 0.1,
    });
  for (const node of NODES)
    add({
      id: `sets-${node}`,
      title: 'Put tables into sets',
      node,
      sql: ["SELECT spock.repset_add_all_tables('default', ARRAY['public']);"],
      after: [`node-${node}`],
      seconds: 0.1,
      note: 'three tables; pgbench_history has no primary key',
    });
  for (const receiver of NODES)
    for (const provider of NODES)
      if (receiver !== provider)
        add({
          id: `sub-${receiver}-${provider}`,
          title: `Subscribe to ${provider}`,
          node: receiver,
          sql: [
            `SELECT spock.sub_create(subscription_name := 'sub_${receiver}${provider}', provider_dsn := '${dsn(provider)}', synchronize_structure := false, synchronize_data := false, forward_origins := '{}');`,
          ],
          after: each('sets'),
          undo: `SELECT spock.sub_drop('sub_${receiver}${provider}');`,
          seconds: 0.15,
        });
  add({
    id: 'register',
    title: 'Watch the cluster',
    node: null,
    after: steps.filter((made) => made.id.startsWith('sub-')).map((made) => made.id),
    undo: 'Forgets the cluster',
    seconds: 0.1,
    apply: (to) => to.add(makeSandbox(request.name, to.now)),
    revert: (to) => to.forget(request.name),
  });
  for (const node of NODES)
    add({
      id: `write-${node}`,
      title: 'See a first write on the others',
      node,
      sql: ['INSERT INTO pgbench_tellers (tid, bid, tbalance) VALUES (…);'],
      after: ['register'],
      seconds: 0.2,
      note: 'seen on both others in 4 ms',
    });
  return {
    cluster: request.name,
    title: `Deploy ${request.name}: three nodes on this machine`,
    steps,
    checks: [
      {
        node: null,
        name: 'Engine',
        result: 'ok',
        value: 'Stand-in for Spock on PostgreSQL 18.4',
        step: null,
      },
      { node: null, name: 'Ports', result: 'ok', value: '5501, 5502, 5503 are free', step: null },
      { node: null, name: 'Disk', result: 'ok', value: '130 MB needed, 212 GB free', step: null },
    ],
    problems: world.clusters.has(request.name)
      ? [
          {
            node: null,
            code: 'name-taken',
            message: `A cluster named ${request.name} is already watched.`,
            remedy: 'Choose another name, or remove that one first.',
          },
        ]
      : [],
  };
}

export function removeSandbox(world: World, request: Request<'remove'>): Draft {
  const watch = world.clusters.get(request.name);
  const dir = dataDir(request.name);
  const stops = NODES.map((node) =>
    step({
      id: `stop-${node}`,
      title: 'Stop PostgreSQL',
      node,
      commands: [`pg_ctl stop -m fast -D ${dir}/${node}`],
      seconds: 0.4,
      apply: (to) => {
        const found = to.clusters.get(request.name)?.cluster.nodes.find((own) => own.name === node);
        if (found) found.state = 'stopped';
      },
    }),
  );
  return {
    cluster: request.name,
    title: `Remove ${request.name}: its servers and their data`,
    steps: [
      ...stops,
      step({
        id: 'delete',
        title: 'Delete the folders',
        node: null,
        commands: [`delete ${dir}`],
        after: stops.map((made) => made.id),
        risk: 'data',
        riskText: 'All that was written to the three servers is gone.',
        seconds: 0.3,
        apply: (to) => to.forget(request.name),
      }),
    ],
    problems: watch?.cluster.sandbox
      ? []
      : [
          {
            node: null,
            code: 'no-sandbox',
            message: `${request.name} is no sandbox of this console.`,
            remedy: 'Only clusters that the console made itself can be removed; others can be forgotten.',
          },
        ],
  };
}
