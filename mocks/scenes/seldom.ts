/** What is wrong and hardly shows: losses that nothing reports, servers that are not what they seem, readers that nobody knows. */
import { makeOrders } from '#mocks/world/build.ts';
import type { SimCluster, SimNode } from '#mocks/world/model.ts';
import type { World } from '#mocks/world/world.ts';
import { link, node } from './orders.ts';

const MINUTE = 60_000;
const LIVED = 16.5 * MINUTE;

/** The shop's cluster after a quarter of an hour; `arrange` from its begin on, `event` some minutes ago. */
function seldom(
  world: World,
  arrange: (cluster: SimCluster) => void,
  event?: { minutesAgo: number; act: (cluster: SimCluster) => void },
): void {
  const cluster = makeOrders(world.now - LIVED);
  arrange(cluster);
  if (event) cluster.script = [{ at: world.now - event.minutesAgo * MINUTE, act: event.act }];
  world.add(cluster, world.now - LIVED);
}

const nothing = () => {};

/** Everything replicates, and much does not arrive. */
export const silentLosses = (world: World): void =>
  seldom(
    world,
    (cluster) => {
      const n1 = node(cluster, 'n1');
      n1.sets = n1.sets.map((set) => (set.name === 'default' ? { ...set, delete: false } : set));
      for (const each of cluster.nodes) {
        each.sets = [
          ...each.sets,
          { name: 'pricing', insert: true, update: true, delete: true, truncate: true, sequences: [] },
        ];
        for (const table of each.tables) {
          if (table.name === 'prices') table.sets = [{ set: 'pricing', rowFilter: null, columns: null }];
          if (table.name === 'customers')
            table.sets = [{ set: 'default', rowFilter: "(region = 'eu'::text)", columns: null }];
        }
      }
    },
    {
      minutesAgo: 12,
      act: (cluster) => {
        link(cluster, 'n1', 'n2').failedCopies = [{ schema: 'public', name: 'shipments' }];
      },
    },
  );

/** Somebody adds a node with another tool: n1 and n3 keep slots for it, n2 sends it rows already. */
export const unknownReaders = (world: World): void =>
  seldom(world, nothing, {
    minutesAgo: 4,
    act: (cluster) => {
      for (const name of ['n1', 'n2', 'n3']) {
        const each = node(cluster, name);
        each.otherSlots = [
          {
            name: `spk_orders_${name}_sub_${name}_n4`,
            plugin: 'spock_output',
            database: 'orders',
            active: name === 'n2',
            restart: each.wal,
          },
        ];
      }
    },
  });

const turns = (name: string, change: Partial<SimNode>) => (world: World) =>
  seldom(world, nothing, {
    minutesAgo: 5,
    act: (cluster) => {
      Object.assign(node(cluster, name), change);
    },
  });

/** The address of n1 leads to a standby since a switchover. */
export const standby = turns('n1', { standby: true });
/** The address of n3 leads to another server. */
export const nodeReplaced = turns('n3', { state: 'replaced' });
/** n2 has no connection left for the console. */
export const nodeFull = turns('n2', { state: 'full' });

/** n2 and n3 take rows of n4 as well, which the console has no address of. */
export const providerUnwatched = (world: World): void =>
  seldom(world, (cluster) => {
    for (const receiver of ['n2', 'n3'])
      cluster.subscriptions.push({
        ...link(cluster, 'n1', receiver),
        name: `sub_${receiver}n4`,
        provider: 'n4',
        slot: `spk_orders_n4_sub_${receiver}n4`,
      });
    cluster.discovered = [
      {
        name: 'n4',
        dsn: 'host=10.4.0.4 port=5432 dbname=orders user=spock_repl password=••••',
        reachable: null,
        error: null,
      },
    ];
  });

/** A migration holds its lock on n2 since some minutes, so all but its links cannot be read. */
export const factsUnread = (world: World): void =>
  seldom(world, nothing, {
    minutesAgo: 6,
    act: (cluster) => {
      node(cluster, 'n2').lockedSince = world.now - 6 * MINUTE;
    },
  });

/** Nothing is wrong with replication, and three servers are on their way to stop. */
export const upkeep = (world: World): void =>
  seldom(world, (cluster) => {
    const ago = (minutes: number) => world.now - minutes * MINUTE;
    node(cluster, 'n1').upkeep = {
      archiver: {
        mode: 'on',
        archivedAt: ago(38),
        archivedWal: '0000000100000A2100000044',
        failedAt: ago(0.4),
        failedWal: '0000000100000A2100000045',
        failedCount: 41,
        countedSince: ago(60_000),
      },
    };
    node(cluster, 'n2').upkeep = {
      prepared: [
        {
          gid: 'payments-7f3a91',
          preparedAt: ago(190),
          owner: 'payments',
          database: 'orders',
          xidAge: 48_201_772,
        },
      ],
    };
    node(cluster, 'n3').upkeep = {
      ages: { database: 'orders', xid: 1_340_220_118, multixact: 9_120_004 },
    };
  });
