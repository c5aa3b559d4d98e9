/** The registry: which clusters are watched, and how their nodes are reached. */
import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { defaultEngine } from '#core/model/engine-name.ts';
import { ClusterEvent } from '#core/model/events.ts';
import { Bytes, ClusterName, Health, Instant } from '#core/model/scalars.ts';
import { Engine, Snapshot, Thresholds } from '#core/model/snapshot.ts';
import { WalRoom } from '#core/model/wal-room.ts';
import { procedure } from './errors.ts';

/** A libpq DSN, URI or `key=value`. `peerDsn` is how the other nodes reach it; the same unless given. */
export const NodeInput = z.object({
  dsn: z.string().min(1).max(4096),
  peerDsn: z.string().max(4096).nullish(),
});

/** A node the registry knows. DSNs come without their passwords. */
export const RegisteredNode = z.object({
  name: z.string(),
  dsn: z.string(),
  peerDsn: z.string().nullable(),
  hasPassword: z.boolean(),
  /** What the disk of its pg_wal can take, and what of that is left by what is held since. Null: nobody said it. */
  walRoom: WalRoom.extend({ bytesLeft: Bytes }).nullable(),
  /** Its addresses in the catalogs, as the nodes that were read have them. */
  interfaces: z
    .array(
      z.object({
        name: z.string(),
        dsn: z.string().nullable(),
        /**
         * Whether host, port or database are other ones than in `dsn`. No fault: behind NAT the peers' way differs from
         * the console's. Null: not visible to the role.
         */
        differs: z.boolean().nullable(),
      }),
    )
    .optional(),
});

/**
 * A node that another one's catalogs name and that the registry does not have. The console connects to it when
 * it is told to watch it, not before.
 */
export const DiscoveredNode = z.object({
  name: z.string(),
  /** Its password masked; sent back so, the console takes it as the catalog has it. Null: not visible to the role. */
  dsn: z.string().nullable(),
  /** Null: not tried. */
  reachable: z.boolean().nullable(),
  error: z.string().nullable(),
});

export const SandboxServer = z.object({
  node: z.string(),
  port: z.number().int(),
  pid: z.number().int().nullable(),
  state: z.enum(['running', 'starting', 'stopped', 'failed']),
  restarts: z.number().int(),
});

/** Only of a cluster that the console itself runs. */
export const SandboxInfo = z.object({
  engine: z.string(),
  standin: z.boolean(),
  dataDir: z.string(),
  servers: z.array(SandboxServer),
  traffic: z.object({ on: z.boolean(), transactionsPerSecond: z.number() }),
});

export const Topology = z.object({
  /** full-mesh: every ordered pair; as-found: whatever the catalogs have is wanted. */
  kind: z.enum(['full-mesh', 'as-found']),
});

export const Cluster = z.object({
  name: ClusterName,
  engine: Engine,
  createdAt: Instant,
  nodes: z.array(RegisteredNode),
  discovered: z.array(DiscoveredNode),
  thresholds: Thresholds,
  topology: Topology,
  sandbox: SandboxInfo.nullable(),
});
export type Cluster = z.infer<typeof Cluster>;

/** A line of the list of clusters. */
export const ClusterSummary = z.object({
  name: ClusterName,
  engine: Engine,
  health: Health,
  sentence: z.string(),
  nodes: z.number().int(),
  nodesUp: z.number().int(),
  links: z.number().int(),
  linksReplicating: z.number().int(),
  findings: z.number().int(),
  sandbox: z.boolean(),
  standin: z.boolean(),
  serverVersions: z.array(z.string()),
  engineVersions: z.array(z.string()),
  observedAt: Instant.nullable(),
});
export type ClusterSummary = z.infer<typeof ClusterSummary>;

/** The last polls of each node, oldest first: what the poll tape draws. Null round trip: no answer. */
export const Polls = z.object({
  nodes: z.record(z.string(), z.array(z.object({ at: Instant, roundTripMs: z.number().nullable() }))),
});

const inCluster = z.object({ cluster: ClusterName });

export const clusters = {
  list: procedure
    .route({ method: 'GET', path: '/clusters', summary: 'Watched clusters' })
    .output(z.object({ items: z.array(ClusterSummary) })),
  create: procedure
    .route({ method: 'POST', path: '/clusters', successStatus: 201, summary: 'Watch a running cluster' })
    .input(
      z.object({
        name: ClusterName,
        nodes: z.array(NodeInput).min(1).max(64),
        engine: Engine.default(defaultEngine),
        /** keep: save nodes that cannot be reached now as well. */
        unreachable: z.enum(['refuse', 'keep']).default('refuse'),
      }),
    )
    .output(Cluster),
  get: procedure.route({ method: 'GET', path: '/clusters/{cluster}' }).input(inCluster).output(Cluster),
  update: procedure
    .route({
      method: 'PATCH',
      path: '/clusters/{cluster}',
      summary: 'Name, thresholds, wanted topology, free disk of nodes',
    })
    .input(
      inCluster.extend({
        name: ClusterName.optional(),
        thresholds: Thresholds.partial().optional(),
        topology: Topology.optional(),
        /** By node: bytes that are free now on the disk of its pg_wal; null: not known any more. Others stay as they are. */
        walRoom: z.record(z.string().min(1).max(63), z.number().int().positive().nullable()).optional(),
      }),
    )
    .output(Cluster),
  forget: procedure
    .route({ method: 'DELETE', path: '/clusters/{cluster}', summary: 'Forget a cluster; touches no node' })
    .input(inCluster)
    .output(z.object({ forgotten: ClusterName })),
  putNode: procedure
    .route({
      method: 'PUT',
      path: '/clusters/{cluster}/nodes/{node}',
      summary: 'Add a node, or change how it is reached',
    })
    .input(
      inCluster
        .extend({
          node: z.string().min(1).max(63),
          unreachable: z.enum(['refuse', 'keep']).default('refuse'),
        })
        .extend(NodeInput.shape),
    )
    .output(Cluster),
  forgetNode: procedure
    .route({ method: 'DELETE', path: '/clusters/{cluster}/nodes/{node}' })
    .input(inCluster.extend({ node: z.string().min(1).max(63) }))
    .output(Cluster),
  snapshot: procedure
    .route({ method: 'GET', path: '/clusters/{cluster}/snapshot' })
    .input(inCluster)
    .output(Snapshot),
  events: procedure
    .route({
      method: 'GET',
      path: '/clusters/{cluster}/events',
      summary: 'Snapshot, then changes, as server-sent events',
    })
    .input(inCluster)
    .output(eventIterator(ClusterEvent)),
  polls: procedure.route({ method: 'GET', path: '/clusters/{cluster}/polls' }).input(inCluster).output(Polls),
  traffic: procedure
    .route({
      method: 'PUT',
      path: '/clusters/{cluster}/traffic',
      summary: 'pgbench-like writes on all nodes of a sandbox',
    })
    .input(
      inCluster.extend({ on: z.boolean(), transactionsPerSecond: z.number().min(1).max(1000).optional() }),
    )
    .output(Cluster),
  trace: procedure
    .route({
      method: 'POST',
      path: '/clusters/{cluster}/trace',
      summary: 'Send a mark from one node and time its arrival on the others',
    })
    .input(inCluster.extend({ from: z.string() }))
    .output(
      z.object({
        from: z.string(),
        lsn: z.string(),
        sentAt: Instant,
        /** ms null: not arrived, `error` says why. */
        arrivals: z.array(
          z.object({ node: z.string(), ms: z.number().nullable(), error: z.string().nullable() }),
        ),
      }),
    ),
};
