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
] as const;
