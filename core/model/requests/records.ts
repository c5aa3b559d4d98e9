/** What nodes keep for themselves: records of conflicts and exceptions, and the extension itself. */
import { z } from 'zod';
import { ClusterName, Instant, PgName } from '#core/model/scalars.ts';

const nodes = z.array(PgName).min(1).max(500);

/** Of resolved conflicts, or of what could not be applied. */
export const RecordKind = z.enum(['conflicts', 'exceptions']);
export type RecordKind = z.infer<typeof RecordKind>;

export const RecordRequests = [
  /** Removes what was recorded before that moment. */
  z.object({
    kind: z.literal('records-trim'),
    cluster: ClusterName,
    nodes,
    records: RecordKind,
    before: Instant,
  }),
  /** To the version that is installed on each server. */
  z.object({ kind: z.literal('extension-update'), cluster: ClusterName, nodes }),
] as const;
