/** Changes of a node as a whole. */
import { z } from 'zod';
import { ClusterName, PgName } from '#core/model/scalars.ts';

/** A server that becomes a node of a cluster in use, filled from `source` while applications write. */
export const NodeAdd = z.object({
  kind: z.literal('node-add'),
  cluster: ClusterName,
  node: z.object({
    name: PgName,
    /** One whose password is masked (••••) gets it from `draft`. */
    dsn: z.string().min(1).max(4096),
    /** How the others reach it; null: by `dsn`. */
    peerDsn: z.string().max(4096).nullish(),
    location: z.string().max(200).nullish(),
  }),
  source: PgName,
  /** That it takes from all others, and they from it; absent: as `source` does and the others do from it. */
  sets: z.array(PgName).min(1).max(100).optional(),
  /** The earlier plan that holds the password which is masked here. */
  draft: z.string().max(64).nullish(),
});
export type NodeAdd = z.infer<typeof NodeAdd>;

/**
 * An address of `node` in the catalogs of those that read from it, by a name. `dsn`: it is added; null: it is dropped. `on`: in the
 * catalogs of these nodes; absent: of all that know the node, or that have it.
 */
export const NodeInterface = z.object({
  kind: z.literal('node-interface'),
  cluster: ClusterName,
  node: PgName,
  interface: PgName,
  dsn: z.string().min(1).max(4096).nullable(),
  on: z.array(PgName).min(1).max(500).optional(),
});
export type NodeInterface = z.infer<typeof NodeInterface>;

/** Where a node is, as its engine's catalog says it on every node. Null: nothing; absent: as it is. */
export const NodeLocation = z.object({
  kind: z.literal('node-location'),
  cluster: ClusterName,
  node: PgName,
  location: z.string().min(1).max(200).nullable().optional(),
  country: z.string().min(1).max(200).nullable().optional(),
});
export type NodeLocation = z.infer<typeof NodeLocation>;

/** A session ended because others wait for it. `startedAt`: as it was seen (`Blocker`), so that no other of the same pid is meant. */
export const SessionCancel = z.object({
  kind: z.literal('session-cancel'),
  cluster: ClusterName,
  node: PgName,
  pid: z.number().int().positive(),
  startedAt: z.string().max(40).optional(),
});
export type SessionCancel = z.infer<typeof SessionCancel>;

export const NodeRequests = [
  NodeAdd,
  z.object({ kind: z.literal('node-remove'), cluster: ClusterName, node: PgName }),
  z.object({
    kind: z.literal('node-read-only'),
    cluster: ClusterName,
    node: PgName,
    /** Applications are kept from writing there; false: they may write again. */
    readOnly: z.boolean(),
  }),
  NodeInterface,
  NodeLocation,
  SessionCancel,
] as const;
