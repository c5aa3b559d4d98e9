/** Names that a page or a statement could stumble over: PostgreSQL allows them all. */
import { MEGABYTE, makeMesh } from '#mocks/world/build.ts';
import type { SimCluster, SimTable } from '#mocks/world/model.ts';
import type { World } from '#mocks/world/world.ts';

/** It turns what stands after it around, and a terminal red. */
const TURNED = 'left\u202Ethgir\u001B[31m';

export const HOSTILE_NODES = [
  'n"1',
  'Zürich/öst?a=1&b=%20#x',
  'constructor',
  'line\nbreak',
  TURNED,
  'a_name_of_sixty-three_bytes_which_is_all_that_a_name_may_have_x',
];

const HOSTILE_TABLES: [schema: string, table: string][] = [
  ['public', 'Order "Lines"'],
  ['public', "it's"],
  ['public', '__proto__'],
  ['public', '<img src=x onerror=alert(1)>'],
  ['public', 'new\nline\ttab'],
  ['public', '数据表'],
  ['public', 'ا‏لجدول'],
  ['public', '👩‍💻'],
  ['public', ' leading and trailing '],
  ['public', 'a_table_name_of_sixty-three_bytes_which_is_all_that_it_may_have'],
  ['Sch.ema', 'ta.ble'],
  ['select', 'from'],
];

const table = ([schema, name]: [string, string]): SimTable => ({
  schema,
  name,
  columns: ['"the id" bigint', `${name} text`],
  key: ['the id'],
  identity: 'd',
  rows: 12,
  partitionOf: null,
  sets: [{ set: 'default', rowFilter: `"${name.replaceAll('"', '""')}" <> '<b>'`, columns: null }],
  deltaColumns: [],
  sequenceColumns: [],
});

/** What nodes of such names wrote down of a conflict and of a transaction that they threw away. */
function toldByThem(cluster: SimCluster, at: number): void {
  const [node = '', origin = ''] = ['line\nbreak', TURNED];
  const [schema, table] = ['public', 'new\nline\ttab'];
  const when = (back: number) => new Date(at - back).toISOString();
  const tuple = { json: { 'the\u202Eid': 4, note: 'a\u001B[31mred' }, text: '{"the\u202Eid":4}' };
  const row = { node, schema, table };
  cluster.conflicts = [
    {
      ...row,
      id: '1',
      at: when(60_000),
      index: 'p\u202Ek',
      type: 'update_exists',
      resolution: 'apply_remote',
      localOrigin: null,
      localTuple: { ...tuple, json: { ...tuple.json, note: 'another' } },
      localXid: '77',
      localAt: when(62_000),
      remoteOrigin: origin,
      remoteTuple: tuple,
      remoteXid: '78',
      remoteAt: when(61_000),
      remoteLsn: '0/ABC',
    },
  ];
  cluster.exceptions = [
    {
      ...row,
      id: 'x/1',
      at: when(50_000),
      origin: '49708',
      commitAt: when(51_000),
      xid: '79',
      commandCounter: 1,
      operation: 'INSERT',
      localTuple: null,
      remoteOldTuple: null,
      remoteNewTuple: tuple,
      ddl: null,
      message: 'it\u202Efailed',
      status: null,
    },
  ];
}

export function hostileNames(world: World): void {
  const lived = 16 * 60_000;
  const cluster = makeMesh(
    'orders',
    HOSTILE_NODES.map((name, index) => ({
      name,
      location: index === 1 ? 'Zürich, "Süd"' : 'eu-central',
      host: `10.9.0.${index + 4}`,
      database: 'b"d',
      roundTripMs: 4 + index * 7,
      wal: 0x4_0000_0000 + index * 0x1000_0000,
      writeBytesPerSecond: (0.3 + index * 0.2) * MEGABYTE,
    })),
    world.now - lived,
  );
  for (const node of cluster.nodes) {
    node.tables = HOSTILE_TABLES.map(table);
    node.sets = [
      ...node.sets.filter((set) => set.name !== 'eu_only'),
      {
        name: 'Söt "1" <i>',
        insert: true,
        update: true,
        delete: false,
        truncate: false,
        sequences: ['s"eq'],
      },
    ];
  }
  for (const sub of cluster.subscriptions) {
    sub.name = `sub "${sub.receiver.slice(0, 20)}" ← ${sub.provider.slice(0, 20)}`;
    sub.replicationSets = ['default', 'Söt "1" <i>'];
  }
  toldByThem(cluster, world.now);
  cluster.script = [
    {
      at: world.now - 200_000,
      act: (own) => {
        const last = own.nodes.at(-1);
        if (last) last.state = 'stopped';
      },
    },
  ];
  world.add(cluster, world.now - lived);
  // The registry's own names are kept to what a URL shows plainly; this is the worst of them.
  world.add(
    makeMesh(
      'Bestellungen Süd.1_x-y',
      ['n1', 'n2'].map((name, index) => ({
        name,
        location: null,
        host: `10.8.0.${index + 4}`,
        roundTripMs: 3 + index,
        wal: 0x2_0000_0000,
        writeBytesPerSecond: 0.1 * MEGABYTE,
      })),
      world.now,
    ),
  );
}
