/** What was: lag over time, what happened, and the rows that conflicts and exceptions left. */
import { z } from 'zod';
import { Bytes, ClusterName, Instant, Lsn, Seconds, Severity } from '#core/model/scalars.ts';
import { Subject } from '#core/model/sentence.ts';
import { procedure } from './errors.ts';

const inCluster = z.object({ cluster: ClusterName });

export const LagPoint = z.object({
  at: Instant,
  lagSeconds: Seconds.nullable(),
  lagBytes: Bytes.nullable(),
  walHeldBytes: Bytes.nullable(),
});
export const LagSeries = z.object({ provider: z.string(), receiver: z.string(), points: z.array(LagPoint) });
export type LagSeries = z.infer<typeof LagSeries>;

export const LagHistory = z.object({
  from: Instant,
  to: Instant,
  /** Seconds between points; what was asked for, or the next step that is kept for that range. */
  step: z.number(),
  series: z.array(LagSeries),
  /** Stretches in which the console itself did not sample (it was not running). */
  notSampled: z.array(z.object({ from: Instant, to: Instant })),
});
export type LagHistory = z.infer<typeof LagHistory>;

export const ActivityKind = z.enum([
  'node',
  'link',
  'finding',
  'run',
  'console',
  'cluster',
  'conflict',
  'exception',
  /** Somebody changed something beside the console. */
  'change',
]);
/** Something that happened, in one line. `parts` name their subjects so that the page can link them. */
export const ActivityItem = z.object({
  id: z.string(),
  at: Instant,
  cluster: z.string().nullable(),
  kind: ActivityKind,
  severity: Severity.nullable(),
  text: z.string(),
  subject: Subject.nullable(),
  run: z.string().nullable(),
  /** Id of the finding that came or went; it may stand now. */
  finding: z.string().nullable(),
});
export type ActivityItem = z.infer<typeof ActivityItem>;

const page = {
  limit: z.coerce.number().int().min(1).max(500).default(100),
  cursor: z.string().max(500).optional(),
};

/** A tuple as the engine wrote it: JSON where it is JSON, else the text as it stands. */
export const Tuple = z.object({ json: z.record(z.string(), z.unknown()).nullable(), text: z.string() });

export const Conflict = z.object({
  node: z.string(),
  id: z.string(),
  at: Instant,
  schema: z.string().nullable(),
  table: z.string(),
  index: z.string().nullable(),
  type: z.string(),
  resolution: z.string(),
  localOrigin: z.string().nullable(),
  localTuple: Tuple.nullable(),
  localXid: z.string().nullable(),
  localAt: Instant.nullable(),
  remoteOrigin: z.string().nullable(),
  remoteTuple: Tuple.nullable(),
  remoteXid: z.string().nullable(),
  remoteAt: Instant.nullable(),
  remoteLsn: Lsn.nullable(),
});
export type Conflict = z.infer<typeof Conflict>;

export const Exception = z.object({
  node: z.string(),
  id: z.string(),
  at: Instant,
  origin: z.string().nullable(),
  commitAt: Instant.nullable(),
  xid: z.string().nullable(),
  commandCounter: z.number().int().nullable(),
  schema: z.string().nullable(),
  table: z.string().nullable(),
  operation: z.string().nullable(),
  localTuple: Tuple.nullable(),
  remoteOldTuple: Tuple.nullable(),
  remoteNewTuple: Tuple.nullable(),
  ddl: z.string().nullable(),
  message: z.string(),
  status: z.string().nullable(),
});
export type Exception = z.infer<typeof Exception>;

const seenOn = z.object({
  cluster: ClusterName,
  node: z.string().optional(),
  table: z.string().optional(),
  type: z.string().optional(),
  since: Instant.optional(),
  ...page,
});
/** Nodes that could not be asked: their rows are missing from `items`, and this says so. */
const missing = z.array(z.object({ node: z.string(), reason: z.string() }));

export const history = {
  lag: procedure
    .route({ method: 'GET', path: '/clusters/{cluster}/lag' })
    .input(
      inCluster.extend({
        from: Instant.optional(),
        to: Instant.optional(),
        step: z.coerce.number().positive().optional(),
        /** `n1>n2,n2>n3`: only these links. */
        links: z.string().optional(),
        /** Only the links whose lag was worst in the range, this many. */
        worst: z.coerce.number().int().positive().optional(),
      }),
    )
    .output(LagHistory),
  activity: procedure
    .route({ method: 'GET', path: '/clusters/{cluster}/activity' })
    .input(inCluster.extend({ from: Instant.optional(), to: Instant.optional(), ...page }))
    .output(z.object({ items: z.array(ActivityItem), nextCursor: z.string().nullable() })),
  allActivity: procedure
    .route({
      method: 'GET',
      path: '/activity',
      summary: 'What happened, all clusters and the console itself',
    })
    .input(z.object(page))
    .output(z.object({ items: z.array(ActivityItem), nextCursor: z.string().nullable() })),
  conflicts: procedure
    .route({ method: 'GET', path: '/clusters/{cluster}/conflicts' })
    .input(seenOn)
    .output(z.object({ items: z.array(Conflict), nextCursor: z.string().nullable(), missing })),
  exceptions: procedure
    .route({ method: 'GET', path: '/clusters/{cluster}/exceptions' })
    .input(seenOn)
    .output(z.object({ items: z.array(Exception), nextCursor: z.string().nullable(), missing })),
};
