/** Adding clusters and nodes to the registry of the mock. */
import { ORPCError } from '@orpc/server';
import type { FieldIssue } from '#core/contract/errors.ts';
import { MEGABYTE, makeMesh, makeNode, makeSubscription } from './build.ts';
import { judgeDsn, maskedDsn } from './connect.ts';
import type { SimCluster } from './model.ts';
import type { ClusterWatch } from './watch.ts';
import type { World } from './world.ts';

export interface NodeAsked {
  dsn: string;
  peerDsn?: string | null | undefined;
}

const KEEPABLE = new Set(['unreachable', 'timeout']);

function refuse(issues: FieldIssue[]): never {
  throw new ORPCError('BAD_REQUEST', {
    message: issues.map((issue) => issue.message).join(' '),
    data: { issues },
  });
}

/** A cluster as its nodes' DSNs say; the first DSN finds three nodes when it stands alone. */
export function connectCluster(
  world: World,
  input: { name: string; nodes: NodeAsked[]; unreachable: 'refuse' | 'keep' },
): ClusterWatch {
  const judged = input.nodes.map((node, index) => judgeDsn(node.dsn, ['nodes', index, 'dsn']));
  const issues = judged.flatMap(({ issue }) =>
    issue && !(input.unreachable === 'keep' && KEEPABLE.has(issue.code)) ? [issue] : [],
  );
  const places = new Map<string, number>();
  judged.forEach(({ dsn }, index) => {
    if (!dsn) return;
    const place = `${dsn.host}:${dsn.port}/${dsn.database}`;
    const first = places.get(place);
    if (first !== undefined)
      issues.push({
        path: ['nodes', index, 'dsn'],
        code: 'same-node',
        message: `This is the same node as number ${first + 1}: ${place}.`,
        remedy: 'Leave one of the two out.',
      });
    else places.set(place, index);
  });
  if (issues.length > 0) refuse(issues);
  const cluster = makeMesh(
    input.name,
    judged.map(({ dsn }, index) => ({
      name: `n${index + 1}`,
      location: null,
      host: dsn?.host ?? 'localhost',
      port: dsn?.port ?? 5432,
      roundTripMs: 1 + index * 12,
      wal: 0x7_1000_0000 + index * 0x1234_5678,
      writeBytesPerSecond: (0.4 + index * 0.3) * MEGABYTE,
    })),
    world.now,
  );
  cluster.createdAt = world.now;
  cluster.nodes.forEach((node, index) => {
    const { dsn, issue } = judged[index] ?? {};
    if (dsn) {
      node.address = `${dsn.host}:${dsn.port}/${dsn.database}`;
      node.dsn = maskedDsn(dsn);
    }
    node.polled = false;
    node.firstPollAt = world.now + 1000;
    if (issue) node.state = issue.code === 'timeout' ? 'hung' : 'stopped';
  });
  if (cluster.nodes.length === 1)
    cluster.discovered = [
      { name: 'n2', dsn: 'host=10.2.0.4 port=5432 dbname=app', reachable: true, error: null },
      {
        name: 'n3',
        dsn: 'host=10.3.0.9 port=5432 dbname=app',
        reachable: false,
        error: 'password authentication failed for user "tricorder"',
      },
    ];
  return world.add(cluster);
}

export function putNode(
  world: World,
  cluster: SimCluster,
  input: { node: string; unreachable: 'refuse' | 'keep' } & NodeAsked,
): void {
  const { dsn, issue } = judgeDsn(input.dsn, ['dsn']);
  if (issue && !(input.unreachable === 'keep' && KEEPABLE.has(issue.code))) refuse([issue]);
  if (!dsn) return;
  const existing = cluster.nodes.find((node) => node.name === input.node);
  const node =
    existing ??
    makeNode(
      cluster.name,
      {
        name: input.node,
        location: null,
        host: dsn.host,
        port: dsn.port,
        roundTripMs: 9,
        wal: 0x3_0000_0000,
        writeBytesPerSecond: MEGABYTE,
      },
      world.now,
    );
  node.address = `${dsn.host}:${dsn.port}/${dsn.database}`;
  node.dsn = maskedDsn(dsn);
  if (issue) node.state = issue.code === 'timeout' ? 'hung' : 'stopped';
  if (existing) return;
  node.polled = false;
  node.firstPollAt = world.now + 1000;
  for (const other of cluster.nodes) {
    cluster.subscriptions.push(makeSubscription(cluster, other, node, 0.1, 6 * MEGABYTE, world.now));
    cluster.subscriptions.push(makeSubscription(cluster, node, other, 0.1, 6 * MEGABYTE, world.now));
  }
  cluster.nodes.push(node);
  cluster.discovered = cluster.discovered.filter((found) => found.name !== input.node);
}

export function dropNode(cluster: SimCluster, name: string): void {
  if (!cluster.nodes.some((node) => node.name === name))
    throw new ORPCError('NOT_FOUND', { message: `${cluster.name} has no node ${name}.` });
  if (cluster.nodes.length === 1)
    throw new ORPCError('CONFLICT', {
      message: `${name} is the only node of ${cluster.name}. Forget the cluster instead.`,
      data: {},
    });
  cluster.nodes = cluster.nodes.filter((node) => node.name !== name);
  cluster.subscriptions = cluster.subscriptions.filter(
    (sub) => sub.provider !== name && sub.receiver !== name,
  );
}
