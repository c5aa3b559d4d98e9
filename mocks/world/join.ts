/** A node that is added to a simulated cluster: what is read of all servers for its plan, and what its steps do. */
import { countOf, formatBytes } from '#core/model/format.ts';
import type { ObservedServer, ServerFacts } from '#core/model/observed-server.ts';
import type { NodeAdd } from '#core/model/requests/nodes.ts';
import type { Action } from '#core/plan/executable.ts';
import { bareServer, serverOf } from './bare.ts';
import { factsOf, observeServers } from './bare-facts.ts';
import { MEGABYTE, makeNode, makeSubscription } from './build.ts';
import type { SimCluster, SimNode } from './model.ts';
import type { SimStep } from './plan.ts';
import { dropNode, logActivity } from './registrar.ts';
import type { World } from './world.ts';

/** About what a row and its index cost. */
const ROW_BYTES = 140;

export function observeJoin(world: World, cluster: SimCluster, { node }: NodeAdd): ObservedServer[] {
  const members = cluster.nodes
    .filter(({ name }) => name !== node.name)
    .map(
      (own): ObservedServer => ({
        name: own.name,
        read: { ok: true, facts: memberFacts(own) },
      }),
    );
  return [...members, ...observeServers(world, [{ ...node, peerDsn: node.peerDsn ?? null }])];
}

/** All servers of the world reach each other. */
function memberFacts(node: SimNode): ServerFacts {
  const server = {
    ...bareServer(node.host, node.port, node.database),
    engineVersion: node.engineVersion,
    engineInstalled: true,
    nodeName: node.name,
    systemIdentifier: node.systemIdentifier,
    clockOffsetSeconds: node.clockOffsetSeconds,
    tables: node.tables.map((table) => ({ ...table, bytes: (table.rows ?? 0) * ROW_BYTES })),
  };
  const facts = factsOf(server, 'postgres');
  return {
    ...facts,
    tables: facts.tables.map((table) => ({
      ...table,
      sets:
        node.tables
          .find(({ schema, name }) => schema === table.schema && name === table.table)
          ?.sets.map(({ set }) => set) ?? [],
    })),
  };
}

type Does = Partial<Pick<SimStep, 'seconds' | 'note' | 'copyBytes' | 'facts' | 'apply' | 'revert'>>;

const nothing = () => {};

/** Until it is watched the new node stands nowhere in the simulated cluster. */
export function joinStep(world: World, request: NodeAdd, action: Action): Does {
  const cluster = () => world.need(request.cluster).cluster;
  const none = { apply: nothing, revert: nothing };
  switch (action.type) {
    case 'join-copy': {
      const bytes =
        cluster()
          .nodes.find(({ name }) => name === action.provider)
          ?.tables.reduce((sum, { rows }) => sum + (rows ?? 0) * ROW_BYTES, 0) ?? 0;
      return {
        ...none,
        seconds: 9,
        copyBytes: bytes,
        note: `${countOf(action.tables.length, 'table')}, ${formatBytes(bytes)}`,
      };
    }
    case 'catch-up':
      return { ...none, seconds: 1.2, note: 'all is applied' };
    case 'join-suspects':
      return { ...none, seconds: 0.6, note: '0 rows compared, none was older' };
    case 'mark':
      return {
        ...none,
        seconds: 0.3,
        facts: () =>
          action.to.map(({ node }) => ({
            name: `${action.node} → ${node}`,
            value: '21 ms',
            arrivedSeconds: 0.021,
          })),
      };
    case 'prove':
      return {
        ...none,
        seconds: 2,
        note: `${action.tables.length} of ${action.tables.length} tables the same`,
      };
    case 'watch-node':
      return {
        seconds: 0.1,
        apply: () => {
          const of = world.need(request.cluster);
          watch(world, of.cluster, request);
          of.meet(world.now);
          world.repoll(of);
        },
        revert: () => {
          const of = world.need(request.cluster);
          dropNode(world, of.cluster, request.node.name);
          world.repoll(of);
        },
      };
    default:
      return { ...none, seconds: 0.3 };
  }
}

function watch(world: World, cluster: SimCluster, { node: asked, source }: NodeAdd): void {
  const { dsn } = serverOf(world, asked.dsn, []);
  const node = makeNode(
    cluster.name,
    {
      name: asked.name,
      location: asked.location ?? null,
      host: dsn?.host ?? 'localhost',
      port: dsn?.port ?? 5432,
      database: dsn?.database ?? 'postgres',
      roundTripMs: 12,
      wal: 0x3_0000_0000,
      writeBytesPerSecond: 0.1 * MEGABYTE,
    },
    world.now,
  );
  const like = cluster.nodes.find(({ name }) => name === source);
  if (like !== undefined) {
    node.tables = like.tables.map((table) => ({ ...table }));
    node.sets = like.sets.map((set) => ({ ...set }));
  }
  for (const other of cluster.nodes)
    for (const [from, to] of [
      [other, node],
      [node, other],
    ] as const)
      cluster.subscriptions.push(makeSubscription(cluster, from, to, 0.1, MEGABYTE, world.now));
  cluster.nodes.push(node);
  logActivity(world, cluster.name, `${node.name} is watched`);
}
