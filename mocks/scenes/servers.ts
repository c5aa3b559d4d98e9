/** Servers that are to become a cluster: bare, or with a deploy prepared. */
import { shopServers } from '#mocks/world/bare.ts';
import { placeOf } from '#mocks/world/connect.ts';
import { saveDraft } from '#mocks/world/drafts.ts';
import { MOCK_PASSWORD } from '#mocks/world/read-fast.ts';
import type { World } from '#mocks/world/world.ts';

/** Nothing is watched; three servers are fine, of which two need a restart, and a fourth stops. */
export function bareServers(world: World): void {
  for (const server of shopServers()) world.bare.set(placeOf({ ...server, user: '' }), server);
}

const dsn = (host: string) => `postgres://spock_repl:${MOCK_PASSWORD}@${host}:5432/orders`;

const NODES: [string, string, string][] = [
  ['n1', '10.1.0.4', 'eu-west'],
  ['n2', '10.2.0.4', 'us-east'],
  ['n3', '10.3.0.9', 'ap-south'],
  ['n4', '10.4.0.4', 'sa-east'],
];

export function prepare(world: World, nodes = NODES): string {
  bareServers(world);
  return saveDraft(world, world.nextId('draft'), {
    name: 'orders',
    nodes: nodes.map(([name, host, location]) => ({ name, dsn: dsn(host), peerDsn: null, location })),
    tables: 'all',
    sequences: [],
    dataFrom: null,
    ddlReplication: true,
    sourceChosen: false,
  }).id;
}

/** All four have been named: draft-1. */
export function prepared(world: World): void {
  prepare(world);
}

/** n2 holds half of the shop, and not alike: draft-1. */
export function differs(world: World): void {
  prepare(world, [
    ['n1', '10.1.0.4', 'eu-west'],
    ['n2', 'differs.example', 'us-east'],
    ['n3', 'wrong-password.example', 'ap-south'],
  ]);
}

/** Ten thousand tables on n1, of which n2 has none: draft-1. */
export function many(world: World): void {
  prepare(world, [
    ['n1', 'many.example', ''],
    ['n2', '10.2.0.4', ''],
  ]);
}
