/**
 * The closed list of errors. A message says what happened, where, and what to try; it never holds a password.
 * Codes and statuses are oRPC's own, and 507; 502 and 504 speak of a node, not of the console.
 */
import { type ErrorMap, oc } from '@orpc/contract';
import { z } from 'zod';
import { Plan } from '#core/model/plan.ts';
import { StorageState } from '#core/model/storage.ts';

/** A fault of one field of what was sent. `path` is where it stands: `["nodes", 0, "dsn"]`. */
export const FieldIssue = z.object({
  path: z.array(z.union([z.string(), z.number()])),
  /** malformed-dsn, unreachable, timeout, wrong-password, no-role, no-database, no-spock, no-node, too-old, same-node, name-taken, ... */
  code: z.string(),
  message: z.string(),
  remedy: z.string().nullable(),
});
export type FieldIssue = z.infer<typeof FieldIssue>;

const nodeData = z.object({ node: z.string(), sqlstate: z.string().nullable() });

/** By code: the status, and what comes with it. */
export const contractErrors = {
  BAD_REQUEST: { status: 400, data: z.object({ issues: z.array(FieldIssue) }) },
  UNAUTHORIZED: { status: 401 },
  FORBIDDEN: { status: 403 },
  NOT_FOUND: { status: 404 },
  CONFLICT: {
    status: 409,
    data: z.object({ plan: Plan.optional(), issues: z.array(FieldIssue).optional() }),
  },
  UNPROCESSABLE_CONTENT: { status: 422, data: z.object({ issues: z.array(FieldIssue) }) },
  TOO_MANY_REQUESTS: { status: 429 },
  INTERNAL_SERVER_ERROR: { status: 500 },
  BAD_GATEWAY: { status: 502, data: nodeData },
  GATEWAY_TIMEOUT: { status: 504, data: z.object({ node: z.string() }) },
  /** The console cannot keep what was asked: its disk is full. */
  INSUFFICIENT_STORAGE: { status: 507, data: z.object({ storage: StorageState }) },
  /** The same for another reason: its database was removed, is damaged, the disk is read-only. */
  SERVICE_UNAVAILABLE: { status: 503, data: z.object({ storage: StorageState }) },
} as const satisfies ErrorMap;
export type ErrorCode = keyof typeof contractErrors;

/** Every procedure starts from here, so every one has the same errors. */
export const procedure = oc.errors(contractErrors);
