/** Larger clusters: twelve nodes in three regions, sixty-four in eight. */
import { MEGABYTE, makeMesh, type NodeSketch } from '#mocks/world/build.ts';
import type { SimCluster } from '#mocks/world/model.ts';
import { chance, seedOf } from '#mocks/world/random.ts';
import type { World } from '#mocks/world/world.ts';
import { link, node } from './orders.ts';

const MINUTE = 60_000;

/** region, round trip in ms, MB/s of its eight nodes together. */
type Region = [name: string, roundTripMs: number, megabytes: number];
const REGIONS: Region[] = [
  ['eu-west', 1, 9.1],
  ['eu-north', 28, 7.5],
  ['us-east', 81, 7],
  ['us-west', 139, 7.5],
  ['sa-east', 188, 5.9],
  ['ap-south', 150, 5],
  ['ap-east', 212, 4.5],
  ['me-south', 109, 11.3],
];

function sketches(regions: Region[], each: number): NodeSketch[] {
  return regions.flatMap(([region, trip, megabytes], at) =>
    Array.from({ length: each }, (_, index) => {
      const number = at * each + index + 1;
      const seed = seedOf(`${region}${number}`);
      return {
        name: `n${String(number).padStart(2, '0')}`,
        location: region,
        host: `10.${at + 1}.0.${index + 4}`,
        roundTripMs: trip * (0.97 + 0.07 * chance(seed, 1)),
        wal: 0x10_0000_0000 + Math.floor(chance(seed, 2) * 0x20_0000_0000),
        writeBytesPerSecond: (megabytes / 8) * MEGABYTE * (0.8 + 0.4 * chance(seed, 3)),
        clockOffsetSeconds: (chance(seed, 4) - 0.5) * 0.02,
      };
    }),
  );
}

function makeMany(world: World, regions: Region[], each: number, lived: number): SimCluster {
  const cluster = makeMesh('orders', sketches(regions, each), world.now - lived);
  // The page and the world share one thread: a poll of 4,032 links each second would leave it little.
  if (cluster.nodes.length > 12) cluster.pollSeconds = 2;
  const slots = cluster.nodes.length + 8;
  for (const one of cluster.nodes) {
    for (const name of ['max_replication_slots', 'max_wal_senders', 'max_worker_processes'])
      one.settings.set(name, {
        value: String(slots + (name === 'max_worker_processes' ? 8 : 0)),
        unit: null,
      });
  }
  return cluster;
}

export function twelve(world: World): void {
  const lived = 17 * MINUTE;
  world.add(makeMany(world, REGIONS.slice(0, 3), 4, lived), world.now - lived);
}

/** Lag of the receivers of n17, whose writes grew tenfold ten minutes ago. */
const SLOW: Record<string, number> = {
  n52: 221,
  n49: 188,
  n50: 154,
  n55: 121,
  n44: 96,
  n46: 88,
  n53: 64,
  n42: 48,
  n51: 36,
  n54: 29,
  n56: 24,
  n45: 19,
};
const BEHIND: [string, string, number][] = [
  ['n05', 'n52', 31],
  ['n08', 'n61', 22],
  ['n12', 'n33', 18],
  ['n22', 'n50', 17],
  ['n29', 'n49', 14],
  ['n58', 'n35', 13],
  ['n60', 'n54', 11],
];

/** n41 is down, n23 → n24 fails again and again, n03 and n36 have no links, n17 writes ten times its usual. */
export function sixtyFour(world: World): void {
  const lived = 25 * MINUTE;
  const cluster = makeMany(world, REGIONS, 8, lived);
  const begin = world.now;
  cluster.subscriptions = cluster.subscriptions.filter(
    ({ provider, receiver }) =>
      !(provider === 'n03' && receiver === 'n36') && !(provider === 'n36' && receiver === 'n03'),
  );
  const lead = (seconds: number, since: number) => (at: number) => {
    const part = Math.min(1, Math.max(0, (at - (begin - since)) / since));
    return 0.3 + part * (seconds - 0.3) + Math.max(0, (at - begin) / 1000) * 0.01;
  };
  for (const [receiver, seconds] of Object.entries(SLOW))
    link(cluster, 'n17', receiver).lead = lead(seconds, 630_000);
  for (const [provider, receiver, seconds] of BEHIND)
    link(cluster, provider, receiver).lead = lead(seconds, 300_000);
  cluster.script = [
    {
      at: begin - 1284_000,
      act: () => {
        link(cluster, 'n23', 'n24').broken = true;
      },
    },
    {
      at: begin - 630_000,
      act: () => {
        node(cluster, 'n17').writeBytesPerSecond = 34 * MEGABYTE;
      },
    },
    {
      at: begin - 506_000,
      act: () => {
        node(cluster, 'n41').state = 'hung';
      },
    },
  ];
  world.add(cluster, world.now - lived);
}
