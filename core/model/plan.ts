/** Plans: what would be done, statement by statement; runs: what was done. Nothing is written by planning. */
import { z } from 'zod';
import { DeployServers } from './deploy.ts';
import { NodeRequests } from './requests/nodes.ts';
import { RecordRequests } from './requests/records.ts';
import { SchemaRequests } from './requests/schema.ts';
import { SetAddTable, SetAlter, SetCreate, SetDrop, SetRemoveTable, SetTables } from './requests/sets.ts';
import { SettingsRequests } from './requests/settings.ts';
import { SubscriptionRequests, TableResync } from './requests/subscriptions.ts';
import { ClusterName, Instant, PgName } from './scalars.ts';

/** A change a page offers. One schema a kind; the planner is a total map over the kinds, so a new one fails the types until planned. */
export const PlanRequest = z.discriminatedUnion('kind', [
  z.discriminatedUnion('target', [
    z.object({ kind: z.literal('deploy'), target: z.literal('sandbox'), name: ClusterName }),
    DeployServers,
  ]),
  z.object({ kind: z.literal('remove'), target: z.literal('sandbox'), name: ClusterName }),
  ...SubscriptionRequests,
  SetTables,
  SetAddTable,
  SetRemoveTable,
  SetCreate,
  SetAlter,
  SetDrop,
  TableResync,
  ...SchemaRequests,
  z.object({ kind: z.literal('slot-drop'), cluster: ClusterName, node: PgName, slot: PgName }),
  ...NodeRequests,
  ...SettingsRequests,
  ...RecordRequests,
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

/**
 * ok: as needed; todo: a step of the plan does it; know: allowed, and it leaves something that one must know of (rows that stay
 * different, WAL that is kept), with numbers; stop: forbids the plan.
 */
export const PlanCheck = z.object({
  node: z.string().nullable(),
  name: z.string(),
  result: z.enum(['ok', 'todo', 'know', 'stop']),
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

/** What a plan does on a node that the role of the console's own DSN may not. */
export const NodeRights = z.object({
  node: z.string(),
  role: z.string(),
  /** `EXECUTE on spock.sub_drop`, `REPLICATION`. */
  lacks: z.array(z.string()),
});
export type NodeRights = z.infer<typeof NodeRights>;

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
  /** Nodes of which a run needs another DSN (`dsns`), for that run only. */
  rights: z.array(NodeRights).default([]),
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

/** Why a step has failed: what a program may go by. The message says it in words. */
export const StepErrorCode = z.enum([
  /** The server refused a statement, for a reason that has no code of its own here. */
  'statement-failed',
  /** The node does not answer, refuses connections, or the connection broke. */
  'unreachable',
  /** It took longer than it may. */
  'timeout',
  /** Another transaction holds a lock that was not given up in time. */
  'locked',
  'no-permission',
  'disk-full',
  /** Another console is changing this node. */
  'other-console',
  /** What was waited for cannot come any more; the message says why. */
  'cannot-come',
  /** What was waited for did not come in time, and nothing says that it cannot. */
  'not-in-time',
  /** Spock gave a copy up. */
  'copy-failed',
  /** A copy ended, and not all rows are there. */
  'copy-incomplete',
  /** Rows differ between nodes, read twice, with all that was under way applied in between. */
  'rows-differ',
  /** Taking it back would lose what others have written or made since, or it cannot be told whether. */
  'written-since',
  /** Taking it back would empty or drop something on a node that a subscription still reads from. */
  'still-read',
  /** What stands there is not what this run made. */
  'not-ours',
  /** What others made hangs on it. */
  'others-depend',
  /** This version cannot keep the statement on its node. */
  'may-travel',
  /** Applications wrote while writes had to pause. */
  'writes-not-paused',
  /** What the run stands on is gone or has changed: a subscription dropped, a cluster forgotten. */
  'changed',
  /** The console's findings are critical at the end. */
  'not-well',
  /** Something on the console's own machine. */
  'console',
]);
export type StepErrorCode = z.infer<typeof StepErrorCode>;

/** What a rollback has left, and somebody has to do by hand, or decide on. */
export const LeftToDo = z.object({
  /** Null: the console's own machine. */
  node: z.string().nullable(),
  /** The step of the plan that made it. */
  step: z.string(),
  code: z.enum([
    /** The node could not be asked. */
    'unreachable',
    /** A subscription still reads from the node, or it cannot be known that none does. */
    'still-read',
    /** Others have written there since; or it cannot be known that nobody has. */
    'written-since',
    'not-known',
    /** Not what this run made: somebody has made it anew, or before. */
    'not-ours',
    /** What others made hangs on it. */
    'others-depend',
    /** Can only be taken back after something else of this list. */
    'after-others',
    /** No statement of the run's takes it back: columns that became bigint, an extension that others use by now. */
    'stays',
    /** The server refused to take it back. */
    'refused',
  ]),
  /** What is left: `table public.orders`, `slot spk_demo_n1_sub_n2n1`. Null: the step as a whole. */
  object: z.string().nullable(),
  /** Why it was left, in words. */
  message: z.string(),
  /** What does it, passwords masked; empty: nothing but a decision. */
  sql: z.array(z.string()),
});
export type LeftToDo = z.infer<typeof LeftToDo>;

/** A session that holds what a statement or a worker waited for. */
export const Blocker = z.object({
  node: z.string(),
  pid: z.number(),
  /** backend_start, seconds since 1970 as PostgreSQL prints them. */
  startedAt: z.string(),
});
export type Blocker = z.infer<typeof Blocker>;

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
  /** What the step found, for the receipt: `n1 → n2`, `4 ms`. Of a mark with the seconds after which it arrived. */
  facts: z
    .array(z.object({ name: z.string(), value: z.string(), arrivedSeconds: z.number().optional() }))
    .default([]),
  /** Done or skipped, and yet it leaves this to be known: `not proved: ended by the operator`. Null: nothing. */
  know: z.string().nullable().default(null),
  /** It is comparing what it has moved: the operator may end that (`runs.endProof`), and the step is skipped, with `know`. */
  proving: z.boolean().default(false),
  error: z
    .object({
      code: StepErrorCode,
      message: z.string(),
      sqlstate: z.string().nullable(),
      statement: z.string().nullable(),
      cause: z.string().nullable(),
      remedy: z.string().nullable(),
      /** Who it waited for, where that is known and it was a session: it may be ended (`session-cancel`). */
      blockers: z.array(Blocker).optional(),
    })
    .nullable(),
});
export type RunStep = z.infer<typeof RunStep>;

/** What may be done with a run now. */
export const Allowed = z.object({
  cancel: z.boolean(),
  resume: z.boolean(),
  rollback: z.boolean(),
  /** A step of it is `proving`. */
  endProof: z.boolean(),
  /** Why a run that has stopped can be neither resumed nor rolled back by this console; null: nothing to be said. */
  why: z.string().nullable(),
});
export type Allowed = z.infer<typeof Allowed>;

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
  /** Of a rollback: what it has left. */
  leftToDo: z.array(LeftToDo).default([]),
  /** Nodes whose DSN was given for this run: kept, sealed, until it has succeeded or was taken back. */
  dsnsKept: z.array(z.string()).default([]),
  /** Nodes of which a DSN has to be given before it is resumed or rolled back. */
  needs: z.array(NodeRights).default([]),
  allowed: Allowed,
});
export type Run = z.infer<typeof Run>;
