/** Plans: what would be done, statement by statement; runs: what was done. Nothing is written by planning. */
import { z } from 'zod';
import { DeployServers } from './deploy.ts';
import { ClusterName, Instant } from './scalars.ts';

const name = z.string().min(1).max(63);

/** A change a page offers. One schema a kind; the planner is a total map over the kinds, so a new one fails the types until planned. */
export const PlanRequest = z.discriminatedUnion('kind', [
  z.discriminatedUnion('target', [
    z.object({ kind: z.literal('deploy'), target: z.literal('sandbox'), name: ClusterName }),
    DeployServers,
  ]),
  z.object({ kind: z.literal('remove'), target: z.literal('sandbox'), name: ClusterName }),
  z.object({
    kind: z.literal('subscription-enable'),
    cluster: ClusterName,
    receiver: name,
    subscription: name,
  }),
  z.object({
    kind: z.literal('subscription-disable'),
    cluster: ClusterName,
    receiver: name,
    subscription: name,
  }),
  z.object({ kind: z.literal('subscription-create'), cluster: ClusterName, provider: name, receiver: name }),
  z.object({
    kind: z.literal('subscription-drop'),
    cluster: ClusterName,
    receiver: name,
    subscription: name,
  }),
  z.object({
    kind: z.literal('set-add-table'),
    cluster: ClusterName,
    nodes: z.array(name).min(1),
    set: name,
    schema: name,
    table: name,
  }),
  z.object({
    kind: z.literal('set-remove-table'),
    cluster: ClusterName,
    nodes: z.array(name).min(1),
    set: name,
    schema: name,
    table: name,
  }),
  z.object({
    kind: z.literal('table-resync'),
    cluster: ClusterName,
    receiver: name,
    subscription: name,
    schema: name,
    table: name,
  }),
  z.object({ kind: z.literal('slot-drop'), cluster: ClusterName, node: name, slot: name }),
]);
export type PlanRequest = z.infer<typeof PlanRequest>;
export type PlanKind = PlanRequest['kind'];

export const PlanStep = z.object({
  id: z.string(),
  title: z.string(),
  /** The node it acts on; null: the console's own machine. */
  node: z.string().nullable(),
  /** Statements as they will run, passwords masked. */
  sql: z.array(z.string()),
  /** What is done that is not SQL: commands, folders, files. */
  commands: z.array(z.string()),
  /** Steps that must be done before. */
  after: z.array(z.string()),
  risk: z.enum(['none', 'restart', 'data']),
  /** What the risk is, in words; null with risk none. */
  riskText: z.string().nullable(),
  /** What rollback does about it; null: nothing is to be taken back. */
  undo: z.string().nullable(),
  /** The statements of the rollback, the inverse of `sql`, passwords masked. */
  undoSql: z.array(z.string()).default([]),
  /** Already so when the plan was made. */
  done: z.boolean(),
});
export type PlanStep = z.infer<typeof PlanStep>;

export const PlanCheck = z.object({
  node: z.string().nullable(),
  name: z.string(),
  result: z.enum(['ok', 'todo', 'stop']),
  value: z.string(),
  /** The step that does what is to do. */
  step: z.string().nullable(),
});
export type PlanCheck = z.infer<typeof PlanCheck>;

export const PlanProblem = z.object({
  node: z.string().nullable(),
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
});
export type PlanProblem = z.infer<typeof PlanProblem>;

export const Plan = z.object({
  id: z.string(),
  kind: z.string(),
  cluster: z.string(),
  title: z.string(),
  request: PlanRequest,
  createdAt: Instant,
  steps: z.array(PlanStep),
  checks: z.array(PlanCheck),
  /** A plan with problems is refused with 422 when one tries to run it. */
  problems: z.array(PlanProblem),
});
export type Plan = z.infer<typeof Plan>;

export const RunState = z.enum([
  'running',
  'waiting-for-operator',
  'succeeded',
  'failed',
  'cancelled',
  'rolled-back',
  'interrupted',
]);
export type RunState = z.infer<typeof RunState>;

export const RunStep = z.object({
  id: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'skipped', 'failed', 'undone']),
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  /** What the step is doing now or found: "four tables, 100,000 rows". */
  note: z.string().nullable(),
  /** What somebody has to do outside the console before the step goes on: restart a server. Null: nothing. */
  waitsFor: z.string().nullable().default(null),
  /** Of a copy under way: bytes there are and bytes there will be; null where there is no such measure. */
  progress: z.object({ doneBytes: z.number(), totalBytes: z.number() }).nullable().default(null),
  /** What the server said besides its answer: NOTICE, WARNING and the like, in its own words. */
  notices: z.array(z.object({ severity: z.string(), message: z.string() })).default([]),
  /** What the step found, for the receipt: `n1 → n2`, `4 ms`. */
  facts: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
  error: z
    .object({
      message: z.string(),
      sqlstate: z.string().nullable(),
      statement: z.string().nullable(),
      cause: z.string().nullable(),
      remedy: z.string().nullable(),
    })
    .nullable(),
});
export type RunStep = z.infer<typeof RunStep>;

export const Run = z.object({
  id: z.string(),
  plan: z.string(),
  cluster: z.string(),
  title: z.string(),
  state: RunState,
  /** back: it is being taken back, or was. */
  direction: z.enum(['forward', 'back']).default('forward'),
  /** Who started it: by the page or by a token, and from where. */
  by: z.string().nullable().default(null),
  startedAt: Instant,
  endedAt: Instant.nullable(),
  steps: z.array(RunStep),
});
export type Run = z.infer<typeof Run>;
