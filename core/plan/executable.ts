/**
 * What a planner makes: steps with what is to be done in a form that the runner can carry out, resume and take back.
 * A `Plan` (core/model/plan.ts) is the same as it is shown. Answers of a deploy that is being prepared are a draft.
 */

import type { Sql } from '#core/engines/sql.ts';
import type { Awaited, SqlUnit, Wake } from '#core/engines/units.ts';
import type { EngineName } from '#core/model/engine-name.ts';
import type { NodeRights, PlanCheck, PlanProblem, PlanStep } from '#core/model/plan.ts';
import type { ComparedTable } from '#core/rows/compared-table.ts';

/**
 * The shape of executable plans. A run that was begun by a console with another one is neither resumed nor taken back by this one, which
 * would read its steps otherwise than they were meant: raised whenever a stored one would be carried out differently.
 */
export const PLAN_VERSION = 3;

/** A subscription whose copy fills the receiver: `unit` makes it, the copy goes on by itself and is waited for. */
export interface SeedAction {
  type: 'seed';
  /** The receiver. */
  node: string;
  provider: string;
  subscription: string;
  unit: SqlUnit;
  /** Copied; of a copy of the structure as well, all tables of the provider. */
  tables: { schema: string; table: string }[];
  structure: boolean;
  /** Copies bring no sequence's position: afterwards each is set to where the provider's stands. */
  sequences: { schema: string; sequence: string }[];
}

/** A slot on `provider` for the subscription of `receiver`, which the receiver's server names. */
export interface PlannedSlot {
  provider: string;
  receiver: string;
  subscription: string;
}

/**
 * A subscription without a copy: its slot on the provider, then the subscription, disabled, then enabled. Each part is looked up
 * before, so that a resume goes on where a crash has left it.
 */
export interface SubscribeAction {
  type: 'subscribe';
  /** The receiver. */
  node: string;
  provider: string;
  subscription: string;
  plugin: string;
  /** Null: the engine can only make slot and subscription together, some moment apart. */
  slot: 'here' | 'held' | null;
  /** Makes the subscription; where the slot is made before it, a second one enables it. */
  units: SqlUnit[];
  /** Nothing is taken back: the server itself goes. */
  goesWithServer: boolean;
  timeoutSeconds: number;
}

/** What is looked at on a node while its writers wait. */
export interface HeldNode {
  node: string;
  /** Nobody writes to them while they are held. Those that are there. */
  tables: { schema: string; table: string }[];
  /**
   * empty: none of the tables may have a row, a copy is to fill them. copied: a copy has filled them, and no row of them may have
   * been written by this node's own applications. none: nothing.
   */
  look: 'empty' | 'copied' | 'none';
  slots: PlannedSlot[];
}

/**
 * The moment from which nodes keep for their receivers what is written: all slots of a node are made while nobody can write to
 * its tables, so that no change lies between two of them. Several nodes are held at the same moment.
 */
export interface HoldAction {
  type: 'hold';
  plugin: string;
  nodes: HeldNode[];
  /** Must hold the same rows on all of these nodes at that moment. */
  equal: ComparedTable[];
}

/**
 * A table emptied on its receiver, copied from the provider, and compared. All in one step, so that a resume of one that failed
 * copies it anew. `unit` begins it; `synchronized` and `underWay` (one boolean each) tell how far it is.
 */
export interface ResyncAction {
  type: 'resync';
  /** The receiver. */
  node: string;
  provider: string;
  subscription: string;
  unit: SqlUnit;
  synchronized: Sql;
  underWay: Sql;
  /** As in `Awaited`. */
  hopeless: Sql;
  /** Its filter is the provider's: rows beside it are not copied. */
  table: ComparedTable;
}

/** What `node` reads of another node. */
export interface JoinLink {
  provider: string;
  subscription: string;
}

/**
 * The copy that fills a node which joins a cluster in use. The source applies nothing for the moment in which the copy's snapshot is
 * taken, and where it stands then with each of `peers` (its own subscriptions) is noted: from there the new node goes on.
 */
export interface JoinCopyAction extends Omit<SeedAction, 'type'> {
  type: 'join-copy';
  /** Of the copy's slot. */
  plugin: string;
  peers: JoinLink[];
}

/** What a step does. The runner has a total map from type to executor. */
export type Action =
  /** `tries`: how often what meets a lock is tried, and the pause before the next time; absent: once. */
  | {
      type: 'sql';
      node: string;
      units: SqlUnit[];
      timeoutSeconds: number;
      tries?: { times: number; pauseSeconds: number };
    }
  | { type: 'wait'; awaited: Awaited[]; timeoutSeconds: number; wakes?: Wake[] }
  | { type: 'write-and-wait'; node: string; unit: SqlUnit; awaited: Awaited[]; timeoutSeconds: number }
  /** The operator restarts the server; `inForce` (one boolean) tells that the settings are in force afterwards. */
  | { type: 'restart'; node: string; inForce: Sql; how: string }
  | SeedAction
  | SubscribeAction
  | HoldAction
  | ResyncAction
  | JoinCopyAction
  /** `node` has applied what each of these providers had committed when the step began. */
  | { type: 'catch-up'; node: string; links: JoinLink[] }
  /** These subscriptions of `node` go on from where its source stood: as step `copy` (a join-copy) has noted. */
  | { type: 'join-origins'; node: string; copy: string; links: JoinLink[] }
  /**
   * Rows of `node` that came from one of `peers` and are older than the snapshot of step `copy`: where `source` holds another version,
   * of before that snapshot too, it is taken over.
   */
  | {
      type: 'join-suspects';
      node: string;
      source: string;
      peers: string[];
      copy: string;
      tables: ComparedTable[];
    }
  /** Into the registry of a cluster that is watched, by the DSN that came with the plan. */
  | { type: 'watch-node'; node: string }
  /**
   * A subscription dropped with its slot, in whatever state it is. `providerGone`: the provider is given up; it is not asked, nor
   * waited for, and what stands there is nobody's.
   */
  | {
      type: 'unsubscribe';
      node: string;
      provider: string;
      subscription: string;
      providerGone?: boolean;
    }
  /** Fails where the node answers after all, on resume as well. */
  | { type: 'still-silent'; node: string }
  /** How far `node` has applied what `provider` sent, for the receipt: by these subscriptions, which go afterwards. */
  | { type: 'note-applied'; node: string; provider: string; subscriptions: string[] }
  /** Slots of a reader that is given up, with its connections where the server has not noticed yet that it is gone. */
  | { type: 'drop-slots'; node: string; reader: string; slots: string[] }
  /** Out of the registry. */
  | { type: 'forget-node'; node: string }
  /** The password of the peers' DSNs in the node's own catalog, of those that are by this role; it stands in the plan's sealed DSNs. */
  | { type: 'peer-password'; node: string; role: string }
  /** The same password for the role itself, as a verifier; the one that was comes back. */
  | { type: 'role-password'; node: string; role: string }
  | { type: 'register-cluster'; nodes: string[] }
  /** A mark from `node` to each of its receivers. `backlog`: waited for as long as what lies before it gets less. */
  | { type: 'mark'; node: string; to: { node: string; subscription: string }[]; backlog?: true }
  /** That the tables hold the same rows on all nodes. */
  | { type: 'prove'; nodes: string[]; tables: ComparedTable[] }
  | { type: 'ask-findings' }
  | { type: 'sandbox-allocate'; nodes: { name: string; port: number }[] }
  | { type: 'sandbox-initdb' }
  | { type: 'sandbox-start'; node: string }
  | { type: 'sandbox-register' }
  | { type: 'sandbox-stop'; node: string }
  | { type: 'sandbox-delete' }
  | { type: 'forget-cluster' };
export type ActionType = Action['type'];

export interface ExecutableStep extends Omit<PlanStep, 'sql' | 'undoSql'> {
  action: Action;
  /** Whose statements it has, where it is not the plan's own engine. */
  engine?: EngineName;
}

export interface ExecutablePlan {
  title: string;
  /** Absent: the main one. Those stored before there were several have none. */
  engine?: EngineName;
  steps: ExecutableStep[];
  checks: PlanCheck[];
  problems: PlanProblem[];
  /** Absent: nothing is lacking. */
  rights?: NodeRights[];
}

/** A step with the fields that most steps leave at their defaults. */
export function step(
  fields: Pick<ExecutableStep, 'id' | 'title' | 'node' | 'action'> & Partial<ExecutableStep>,
): ExecutableStep {
  return { commands: [], after: [], risk: 'none', riskText: null, undo: null, done: false, ...fields };
}

export function unitsOf(action: Action): SqlUnit[] {
  if (action.type === 'sql' || action.type === 'subscribe') return action.units;
  return action.type === 'write-and-wait' ||
    action.type === 'seed' ||
    action.type === 'join-copy' ||
    action.type === 'resync'
    ? [action.unit]
    : [];
}

/** A subscription that a run makes. */
export interface MadeSubscription {
  receiver: string;
  provider: string;
  subscription: string;
}

/** The subscription that an action makes; null: none. */
export function subscriptionsOf(action: Action): MadeSubscription[] {
  // Their slots come first, the subscriptions by steps of their own.
  if (action.type === 'hold') return action.nodes.flatMap(({ slots }) => slots);
  if (!('subscription' in action && 'provider' in action)) return [];
  return [{ receiver: action.node, provider: action.provider, subscription: action.subscription }];
}
