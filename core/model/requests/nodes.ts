/** Changes of a node as a whole. */
import { z } from 'zod';
import { ClusterName, PgName } from '#core/model/scalars.ts';

export const NodeRequests = [
  z.object({ kind: z.literal('node-remove'), cluster: ClusterName, node: PgName }),
  z.object({
    kind: z.literal('node-read-only'),
    cluster: ClusterName,
    node: PgName,
    /** Applications are kept from writing there; false: they may write again. */
    readOnly: z.boolean(),
  }),
] as const;
