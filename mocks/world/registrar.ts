/** Adding clusters and nodes to the registry of the mock, and taking them out. */
import type { FieldIssue } from '#core/contract/errors.ts';
import { faulty, lastNode, noNode, sandboxRefusals, unknownNodes } from '#core/contract/faults.ts';
import { roomText } from '#core/model/wal-room.ts';
import { errors } from '#mocks/errors.ts';
import { MEGABYTE, makeMesh, makeNode, makeSubscription } from './build.ts';
import { judgeDsn, type ParsedDsn, placeOf } from './connect.ts';
import type { SimCluster, SimNode } from './model.ts';
import type { ClusterWatch } from './watch.ts';
import type { World } from './world.ts';

export interface NodeAsked {
  dsn: string;
  peerDsn?: string | null | undefined;
}

type Unreachable = 'refuse' | 'keep';

/** What an outage can explain. A database without spock is no outage. */
const KEPT = new Set(['unreachable', 'timeout', 'wrong-password', 'no-role', 'no-access', 'no-database']);

function refuse(issues: FieldIssue[]): never {
  throw errors.UNPROCESSABLE_CONTENT(faulty(issues));
}

const isKept = (issue: FieldIssue, unreachable: Unreachable): boolean =>
  unreachable === 'keep' && KEPT.has(issue.code);

/** Faults of DSNs that lead to a server which another one before them leads to. */
export function sameNodes(parsed: (ParsedDsn | null)[]): FieldIssue[] {
  const places = parsed.map((dsn) => dsn && placeOf(dsn));
  return places.flatMap((place, index) =>
    place !== null && places.indexOf(place) < index
      ? [
          {
            path: ['nodes', index, 'dsn'],
            code: 'same-node',
            message: `${place} is node n${places.indexOf(place) + 1}, the same as ${place}.`,
            remedy: 'Give each node once.',
          },
        ]
      : [],
  );
}

/** How a node behaves from now on whose DSN was refused and which was kept all the same. */
function stateOf(issue: FieldIssue | null): SimNode['state'] {
  if (issue === null) return 'running';
  return issue.code === 'timeout' ? 'hung' : issue.code === 'unreachable' ? 'stopped' : 'closed';
}

/** A cluster as its nodes' DSNs say. One DSN alone finds two more nodes. */
export function connectCluster(
  world: World,
  input: { name: string; nodes: NodeAsked[]; unreachable: Unreachable },
): ClusterWatch {
  const judged = input.nodes.map((node, index) => judgeDsn(node.dsn, ['nodes', index, 'dsn']));
  const issues = judged.flatMap(({ issue }) => (issue && !isKept(issue, input.unreachable) ? [issue] : []));
  issues.push(...sameNodes(judged.map(({ dsn }) => dsn)));
  if (issues.length > 0) refuse(issues);
  const cluster = makeMesh(
    input.name,
    judged.map(({ dsn }, index) => ({
      name: `n${index + 1}`,
      location: null,
      host: dsn?.host ?? 'localhost',
      port: dsn?.port ?? 5432,
      database: dsn?.database ?? 'postgres',
      roundTripMs: 1 + index * 12,
      wal: 0x7_1000_0000 + index * 0x1234_5678,
      writeBytesPerSecond: (0.4 + index * 0.3) * MEGABYTE,
    })),
    world.now,
  );
  cluster.createdAt = world.now;
  cluster.nodes.forEach((node, index) => {
    node.state = stateOf(judged[index]?.issue ?? null);
    node.firstPollAt = world.now + 500;
  });
  if (cluster.nodes.length === 1) cluster.discovered = discovered(cluster.nodes[0]?.database ?? 'postgres');
  logActivity(
    world,
    cluster.name,
    `${cluster.name} is watched: ${cluster.nodes.map(({ name }) => name).join(', ')}`,
  );
  return world.add(cluster);
}

const discovered = (database: string): SimCluster['discovered'] => [
  {
    name: 'n2',
    dsn: `host=n2.example port=5432 dbname=${database} user=spock_repl password=••••`,
    reachable: null,
    error: null,
  },
  {
    name: 'n3',
    dsn: `host=n3.example port=5432 dbname=${database} user=spock_repl password=••••`,
    reachable: null,
    error: null,
  },
];

export function putNode(
  world: World,
  cluster: SimCluster,
  input: { node: string; unreachable: Unreachable } & NodeAsked,
): void {
  const { dsn, issue } = judgeDsn(input.dsn, ['dsn']);
  if (issue && !isKept(issue, input.unreachable)) refuse([issue]);
  if (!dsn) return;
  const own = /^(n\d+)\.example$/.exec(dsn.host)?.[1];
  if (own !== undefined && own !== input.node)
    refuse([
      {
        path: ['dsn'],
        code: 'other-node',
        message: `${placeOf(dsn)} is node ${own}, not ${input.node}.`,
        remedy: `Give the DSN of ${input.node}, or add ${own} under its own name.`,
      },
    ]);
  const existing = cluster.nodes.find((node) => node.name === input.node);
  const node = existing ?? addNode(world, cluster, input.node, dsn);
  Object.assign(node, { host: dsn.host, port: dsn.port, database: dsn.database, state: stateOf(issue) });
  logActivity(
    world,
    cluster.name,
    existing ? `The DSN of ${node.name} was changed` : `${node.name} is watched`,
  );
}

function addNode(world: World, cluster: SimCluster, name: string, dsn: ParsedDsn): SimNode {
  const node = makeNode(
    cluster.name,
    {
      name,
      location: null,
      host: dsn.host,
      roundTripMs: 9,
      wal: 0x3_0000_0000,
      writeBytesPerSecond: MEGABYTE,
    },
    world.now,
  );
  node.firstPollAt = world.now + 500;
  // What watched nodes take from it already is there.
  const isLinked = (from: string, to: string) =>
    cluster.subscriptions.some(({ provider, receiver }) => provider === from && receiver === to);
  for (const other of cluster.nodes)
    for (const [from, to] of [
      [other, node],
      [node, other],
    ] as const)
      if (!isLinked(from.name, to.name))
        cluster.subscriptions.push(makeSubscription(cluster, from, to, 0.1, 6 * MEGABYTE, world.now));
  cluster.nodes.push(node);
  cluster.discovered = cluster.discovered.filter((found) => found.name !== name);
  return node;
}

export function dropNode(world: World, cluster: SimCluster, name: string): void {
  if (!cluster.nodes.some((node) => node.name === name)) throw errors.NOT_FOUND(noNode(cluster, name));
  if (cluster.nodes.length === 1) throw errors.CONFLICT({ ...lastNode(cluster.name, name), data: {} });
  cluster.nodes = cluster.nodes.filter((node) => node.name !== name);
  cluster.subscriptions = cluster.subscriptions.filter(
    (sub) => sub.provider !== name && sub.receiver !== name,
  );
  logActivity(world, cluster.name, `${name} is no longer watched; nothing was changed there`);
}

/** Writes a line of the activity about the registry. */
export function logActivity(world: World, cluster: string, text: string): void {
  world.log({ cluster, kind: 'cluster', severity: null, text, subject: null, run: null, finding: null });
}

/** What somebody says that the disks of nodes have free for WAL. */
export function sayRooms(world: World, watch: ClusterWatch, rooms: Record<string, number | null>): void {
  const { cluster } = watch;
  const said = Object.entries(rooms);
  if (cluster.sandbox && said.length > 0)
    throw errors.CONFLICT({ message: sandboxRefusals.room(cluster.name), data: {} });
  const issues = unknownNodes(
    cluster,
    said.map(([name]) => name),
  );
  if (issues.length > 0) refuse(issues);
  for (const node of cluster.nodes) {
    const freeBytes = rooms[node.name];
    if (freeBytes === undefined) continue;
    const heldBytes = watch.mostHeldBytes(node.name);
    node.walRoom = freeBytes === null ? null : { source: 'entered', freeBytes, at: world.isoNow, heldBytes };
    logActivity(world, cluster.name, roomText(node.name, freeBytes));
  }
}
