/**
 * What the console knows of a cluster at one moment: the shape of `GET /clusters/{cluster}/snapshot`.
 * Every number that is not known is `null`; every part says when it was read (`observedAt`, null: never).
 */
import { z } from 'zod';
import { copyStates } from './copy-state.ts';
import { engineNames } from './engine-name.ts';
import { Finding } from './finding.ts';
import { Bytes, Health, Instant, Lsn, Seconds } from './scalars.ts';
import { SentencePart } from './sentence.ts';

/** The way of replicating. */
export const Engine = z.enum(engineNames);

export const NodeState = z.enum(['up', 'down', 'unknown']);
export type NodeState = z.infer<typeof NodeState>;

/**
 * Why the last poll of a node gave no facts. `message` is the server's or the driver's own text, without passwords. With a
 * `sqlstate` the server itself spoke: it is there, whatever it said.
 */
export const NodeError = z.object({
  code: z.enum([
    /** Nobody listens there. */
    'refused',
    'timeout',
    'auth',
    'no-database',
    /** The engine is not in the database. */
    'no-spock',
    'permission',
    'too-old',
    'query',
    'network',
    // What answers does not keep to PostgreSQL's protocol, or sent more than the console takes.
    'protocol',
    // The console cannot connect by this DSN: nobody was asked.
    'dsn',
    /** The server speaks, and lets nobody in now: too many clients, starting up, shutting down. */
    'unavailable',
    /** The server that answers is not the one that was registered under this name, or holds another node. */
    'replaced',
  ]),
  message: z.string(),
  sqlstate: z.string().nullable(),
  since: Instant,
  /** How many polls in a row ended so. */
  tries: z.number().int(),
});
export type NodeError = z.infer<typeof NodeError>;

/** A counted resource and its limit: slots, senders, workers, origins. */
export const Capacity = z.object({
  name: z.enum([
    'max_replication_slots',
    'max_wal_senders',
    'max_worker_processes',
    'max_active_replication_origins',
  ]),
  used: z.number().int().nullable(),
  max: z.number().int(),
});
export type Capacity = z.infer<typeof Capacity>;

/** A setting as the server has it, beside what the cluster's engine needs of it (null: nothing is demanded). */
export const Setting = z.object({
  name: z.string(),
  value: z.string().nullable(),
  unit: z.string().nullable(),
  wanted: z.string().nullable(),
  ok: z.boolean().nullable(),
  pendingRestart: z.boolean(),
});
export type Setting = z.infer<typeof Setting>;

export const NodeInterface = z.object({
  name: z.string(),
  /** libpq text, password masked as ••••; null when the watching role may not read it. */
  dsn: z.string().nullable(),
});

export const NodeSnapshot = z.object({
  name: z.string(),
  state: NodeState,
  observedAt: Instant.nullable(),
  /** Since when `state` is what it is, as far as the console saw. */
  since: Instant.nullable(),
  error: NodeError.nullable(),
  /** Where the console reaches it: `host:port/database`, no user and no password. */
  address: z.string(),
  roundTripMs: z.number().nullable(),
  serverVersion: z.string().nullable(),
  engineVersion: z.string().nullable(),
  /** True when the node runs Tricorder's own stand-in for Spock. */
  standin: z.boolean(),
  location: z.string().nullable(),
  country: z.string().nullable(),
  /** It refuses writes by the engine's setting; null when that could not be read. */
  readOnly: z.boolean().nullable(),
  /** In recovery: a physical standby; its WAL position is null. */
  standby: z.boolean().nullable(),
  systemIdentifier: z.string().nullable(),
  timeline: z.number().int().nullable(),
  walLsn: Lsn.nullable(),
  /** WAL written, from the last two readings. */
  walBytesPerSecond: z.number().nullable(),
  /** The node's clock minus the console's, measured with the round trip. */
  clockOffsetSeconds: Seconds.nullable(),
  clockUncertaintySeconds: Seconds.nullable(),
  capacity: z.array(Capacity),
  settings: z.array(Setting),
  interfaces: z.array(NodeInterface),
  /** `snowflake.node`, where the extension is there. */
  snowflakeNode: z.number().int().nullable(),
  /** Facts the watching role may not read, by their catalog names: each is shown as not visible, not as empty. */
  unseen: z.array(z.string()),
});
export type NodeSnapshot = z.infer<typeof NodeSnapshot>;

export const SubscriptionStatus = z.enum(['replicating', 'initializing', 'disabled', 'down', 'unknown']);
export type SubscriptionStatus = z.infer<typeof SubscriptionStatus>;

/** A copy that is not done; `table` null speaks of the subscription as a whole. */
export const SyncState = z.object({
  schema: z.string().nullable(),
  table: z.string().nullable(),
  state: z.enum(copyStates),
  /** As the engine's catalog has it: a letter, of which each engine has its own meaning. */
  status: z.string(),
  lsn: Lsn.nullable(),
});

/** A subscription, known by `receiver` and `name` together. */
export const SubscriptionSnapshot = z.object({
  name: z.string(),
  receiver: z.string(),
  engine: Engine,
  /** Null when the catalogs name an origin that they do not know. */
  provider: z.string().nullable(),
  status: SubscriptionStatus,
  /** Its worker ends again and again: `down` until it has stood for a minute. The page's word is “failing”. */
  failing: z.boolean(),
  /** What the receiver itself says, which may be wrong (facts: `replicating` while the provider is gone). */
  reportedStatus: z.string().nullable(),
  enabled: z.boolean(),
  slot: z.string(),
  replicationSets: z.array(z.string()),
  forwardOrigins: z.array(z.string()),
  applyDelaySeconds: Seconds,
  forceTextTransfer: z.boolean().nullable(),
  skipLsn: Lsn.nullable(),
  skipSchema: z.array(z.string()).nullable(),
  createdAt: Instant.nullable(),
  providerDsn: z.string().nullable(),
  workerPid: z.number().int().nullable(),
  workerStatus: z.string().nullable(),
  sync: z.array(SyncState),
  observedAt: Instant.nullable(),
});
export type SubscriptionSnapshot = z.infer<typeof SubscriptionSnapshot>;

export const LinkState = z.enum(['replicating', 'initializing', 'disabled', 'down', 'unknown', 'missing']);
export type LinkState = z.infer<typeof LinkState>;

/** One ordered pair of nodes, whether a subscription stands there or not. Lag as facts of the provider's slot, see core/lag. */
export const LinkSnapshot = z.object({
  provider: z.string(),
  receiver: z.string(),
  subscriptions: z.array(z.string()),
  state: LinkState,
  /** Why, in a few words, where the state is not `replicating`. */
  reason: z.string().nullable(),
  /** A worker of its subscriptions ends again and again: `down` until it has stood for a minute. */
  failing: z.boolean(),
  since: Instant.nullable(),
  /** Replicating, and over the cluster's lag threshold. */
  behind: z.boolean(),
  lagBytes: Bytes.nullable(),
  lagSeconds: Seconds.nullable(),
  /** The true lag is this or more: the position was passed before the oldest sample. */
  lagAtLeast: z.boolean(),
  walHeldBytes: Bytes.nullable(),
  /** WAL confirmed by the receiver, from the last two readings. */
  bytesPerSecond: z.number().nullable(),
  slot: z.string().nullable(),
  slotActive: z.boolean().nullable(),
  walStatus: z.string().nullable(),
  safeWalSizeBytes: Bytes.nullable(),
  confirmedFlushLsn: Lsn.nullable(),
  restartLsn: Lsn.nullable(),
  observedAt: Instant.nullable(),
});
export type LinkSnapshot = z.infer<typeof LinkSnapshot>;

export const ReplicationSetSnapshot = z.object({
  node: z.string(),
  name: z.string(),
  insert: z.boolean(),
  update: z.boolean(),
  delete: z.boolean(),
  truncate: z.boolean(),
  tables: z.number().int().nullable(),
  sequences: z.number().int().nullable(),
  observedAt: Instant.nullable(),
});
export type ReplicationSetSnapshot = z.infer<typeof ReplicationSetSnapshot>;

export const Thresholds = z.object({
  lagSeconds: z.number().positive(),
  walHeldBytes: z.number().positive(),
});
export type Thresholds = z.infer<typeof Thresholds>;

export const Snapshot = z.object({
  cluster: z.string(),
  /** Of the cluster: its main one, where its subscriptions are of several. */
  engine: Engine,
  observedAt: Instant,
  pollSeconds: z.number(),
  health: Health,
  /** Since when the health is what it is. */
  healthSince: Instant.nullable(),
  /** The overview's sentence, worst last. */
  sentence: z.array(SentencePart),
  thresholds: Thresholds,
  nodes: z.array(NodeSnapshot),
  subscriptions: z.array(SubscriptionSnapshot),
  links: z.array(LinkSnapshot),
  replicationSets: z.array(ReplicationSetSnapshot),
  findings: z.array(Finding),
});
export type Snapshot = z.infer<typeof Snapshot>;
