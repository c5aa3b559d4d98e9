/** The shop's cluster in three regions, and what may be wrong with it. Times are told from the world's beginning. */
import { withoutSubscriptions } from '#core/engines/spock/simulated.ts';
import { GIGABYTE, MEGABYTE, makeOrders } from '#mocks/world/build.ts';
import { conflictsToCome, dayOfConflicts, discarded } from '#mocks/world/conflicts.ts';
import type { SimCluster, SimNode, SimSubscription } from '#mocks/world/model.ts';
import { nodeOf } from '#mocks/world/physics.ts';
import { orderTables } from '#mocks/world/tables.ts';
import type { World } from '#mocks/world/world.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** How long the console has been watching when the page opens. */
const LIVED = 16 * MINUTE + 30 * SECOND;

export function node(cluster: SimCluster, name: string): SimNode {
  const found = nodeOf(cluster, name);
  if (!found) throw new Error(`${cluster.name} has no node ${name}`);
  return found;
}

export function link(cluster: SimCluster, provider: string, receiver: string): SimSubscription {
  const found = cluster.subscriptions.find((sub) => sub.provider === provider && sub.receiver === receiver);
  if (!found) throw new Error(`${cluster.name} has no link ${provider} → ${receiver}`);
  return found;
}

/** Adds the cluster, lived through since `lived`, after `arrange` changed it and `events` were written into its script. */
function orders(
  world: World,
  arrange: (cluster: SimCluster) => void = () => {},
  events: [secondsAgo: number, act: (cluster: SimCluster) => void][] = [],
  lived = LIVED,
): void {
  const cluster = makeOrders(world.now - lived);
  arrange(cluster);
  cluster.script = events
    .map(([secondsAgo, act]) => ({ at: world.now - secondsAgo * SECOND, act }))
    .sort((a, b) => a.at - b.at);
  world.add(cluster, world.now - lived);
}

export const healthy = (world: World): void => orders(world);

/** A line through points of (seconds from the world's beginning, value), level outside of them but for the last slope. */
function through(world: World, points: [at: number, value: number][]): (at: number) => number {
  const begin = world.now;
  return (at) => {
    const x = (at - begin) / SECOND;
    for (let index = 1; index < points.length; index++) {
      const [x0, y0] = points[index - 1] ?? [0, 0];
      const [x1, y1] = points[index] ?? [0, 0];
      if (x <= x1) return x <= x0 ? y0 : y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
    }
    return points.at(-1)?.[1] ?? 0;
  };
}

const stop = (name: string) => (cluster: SimCluster) => {
  node(cluster, name).state = 'stopped';
};
const hang = (name: string) => (cluster: SimCluster) => {
  node(cluster, name).state = 'hung';
};
const start = (name: string) => (cluster: SimCluster) => {
  node(cluster, name).state = 'running';
};

/** n1 → n3: a transaction open for 16 m 14 s holds 3.1 GB, a slow receiver is 14.2 s behind; n3 was away for 38 s. */
export function behind(world: World): void {
  orders(
    world,
    (cluster) => {
      link(cluster, 'n1', 'n3').lead = through(world, [
        [-500, 0.3],
        [-261, 6],
        [-222, 42],
        [-160, 7],
        [0, 14.2],
        [600, 21],
        [1800, 24],
      ]);
      cluster.unsampled = [{ from: world.now - 672 * SECOND, to: world.now - 627 * SECOND }];
      const n1 = node(cluster, 'n1');
      n1.settings.set('max_replication_slots', { value: '10', unit: null });
      n1.otherSlots = [
        'cdc_billing',
        'cdc_search',
        'cdc_warehouse',
        'cdc_audit',
        'cdc_mail',
        'cdc_fraud',
        'cdc_bi',
      ].map((name) => ({ name, plugin: 'pgoutput', database: 'orders', active: true, restart: n1.wal }));
    },
    [
      [
        950,
        (cluster) => {
          link(cluster, 'n1', 'n3').pinned = true;
        },
      ],
      [261, stop('n3')],
      [223, start('n3')],
    ],
  );
}

/** n3 does not answer for 4 m 21 s; what it sends is unknown, what waits for it grows. */
export const nodeDown = (world: World): void => orders(world, undefined, [[261, hang('n3')]]);

/** The console's role may no longer read spock.subscription on n2: the links into n2 are unknown, all else is known. */
export const unknownLink = (world: World): void =>
  orders(world, undefined, [
    [
      261,
      (cluster) => {
        node(cluster, 'n2').unseen = [...withoutSubscriptions];
      },
    ],
  ]);

/**
 * n3 is stopped for 2 h 40 m; n1 has used 31 of the 40 GB that a slot may hold, and n2 10 of the 18 GB that its disk had
 * free.
 */
export const slotBloat = (world: World): void =>
  orders(
    world,
    (cluster) => {
      node(cluster, 'n2').walRoom = {
        source: 'entered',
        freeBytes: 18 * GIGABYTE,
        at: new Date(world.now - 164 * MINUTE).toISOString(),
        heldBytes: 12 * MEGABYTE,
      };
    },
    [[160 * 60, stop('n3')]],
    165 * MINUTE,
  );

/** n3 takes its first copy from n1: ten of the tables are there. */
export const initializing = (world: World): void =>
  orders(world, undefined, [
    [
      70,
      (cluster) => {
        const sub = link(cluster, 'n1', 'n3');
        sub.createdAt = world.now - 70 * SECOND;
        sub.copy = {
          tables: node(cluster, 'n1').tables.map(({ schema, name }) => ({ schema, name })),
          done: 0,
          tablesPerSecond: 0.1,
        };
      },
    ],
  ]);

/** Somebody disabled sub_n3n2 22 minutes ago; n2 keeps WAL for it. */
export const disabled = (world: World): void =>
  orders(
    world,
    undefined,
    [
      [
        22 * 60,
        (cluster) => {
          link(cluster, 'n2', 'n3').enabled = false;
        },
      ],
    ],
    25 * MINUTE,
  );

/** n3 does not subscribe to n1. */
export const missingLink = (world: World): void =>
  orders(world, (cluster) => {
    cluster.subscriptions = cluster.subscriptions.filter((sub) => sub !== link(cluster, 'n1', 'n3'));
  });

/** shipments is missing from default on n3, prices sends only inserts from n3, event_outbox has no key. */
export const setsDiffer = (world: World): void =>
  orders(world, (cluster) => {
    for (const each of cluster.nodes) each.tables = orderTables();
    for (const table of node(cluster, 'n3').tables) {
      if (table.name === 'shipments') {
        table.sets = table.sets.filter((member) => member.set !== 'default');
        table.rows = 6_403_322;
      }
      if (table.name === 'prices')
        table.sets = [{ set: 'default_insert_only', rowFilter: null, columns: null }];
    }
  });

/** A day of conflicts; three orders were lost, and new conflicts come. */
export function conflicts(world: World): void {
  const begin = world.now - LIVED;
  const rows = dayOfConflicts(world.now);
  const cluster = makeOrders(begin);
  cluster.conflicts = rows.filter((row) => Date.parse(row.at) <= begin);
  cluster.script = [
    ...rows
      .filter((row) => Date.parse(row.at) > begin)
      .map((row) => ({
        at: Date.parse(row.at),
        act: (own: SimCluster) => {
          own.conflicts = [row, ...own.conflicts];
        },
      })),
    ...conflictsToCome(world.now),
  ].sort((a, b) => a.at - b.at);
  for (const each of cluster.nodes)
    for (const table of each.tables) if (table.name === 'orders') table.sequenceColumns = ['order_id'];
  world.add(cluster, begin);
}

/** n2 threw a transaction away while everything says replicating; another disabled sub_n2n1. */
export function exceptions(world: World): void {
  const begin = world.now - LIVED;
  const rows = discarded(world.now);
  orders(
    world,
    (cluster) => {
      cluster.exceptions = rows.filter((row) => Date.parse(row.at) <= begin);
    },
    [
      ...rows
        .filter((row) => Date.parse(row.at) > begin)
        .map((row): [number, (cluster: SimCluster) => void] => [
          (world.now - Date.parse(row.at)) / SECOND,
          (cluster) => {
            cluster.exceptions = [row, ...cluster.exceptions];
          },
        ]),
      [
        189,
        (cluster) => {
          link(cluster, 'n1', 'n2').enabled = false;
        },
      ],
    ],
  );
}

/** n1 writes and n2's apply worker fails at one row again and again. */
export const applyLoop = (world: World): void =>
  orders(world, undefined, [
    [
      600,
      (cluster) => {
        link(cluster, 'n1', 'n2').broken = true;
      },
    ],
  ]);
