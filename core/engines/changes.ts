/**
 * What an engine knows of changes: statements, the checks that say whether they are done already, their undo, and what to wait
 * for. Planners (core/plan) and executors (server/run) take all of it from here. No I/O. What every PostgreSQL does alike (slots,
 * settings, catalogs of pg_catalog) is not in it.
 *
 * Plain strings are questions that run as they stand; `Sql` may hold a place for a node's DSN. Columns of questions are named in
 * their comments. Node names in them are those of the engine's own catalog, subscriptions have the names that users see.
 */
import type { DsnHole, Sql } from '#core/engines/sql.ts';
import type { SqlUnit, TableName, Wake } from '#core/engines/units.ts';
import type { CopyState } from '#core/model/copy-state.ts';
import type { Demand } from '#core/model/engine-settings.ts';
import type { RecordKind } from '#core/model/requests/records.ts';
import type { Joining } from './joining.ts';
import type { ClusterQuestions, ServerQuestions, VersionRules } from './observing.ts';

export interface Changes {
  words: Words;
  subscriptions: SubscriptionChanges;
  slots: EngineSlots;
  unsubscribing: Unsubscribing;
  sets: SetChanges;
  /** Numeric columns whose changes are added up where two nodes make them at the same time; null: the engine has no such thing. */
  sums: SummedColumns | null;
  ddl: DdlChanges;
  nodes: NodeChanges;
  joining: Joining;
  copies: CopyChanges;
  /** What nodes write down of conflicts and exceptions; null: nothing that grows. */
  records: RecordChanges | null;
  waits: Waits;
  local: LocalTransactions;
  readers: ReaderQuestions;
  marks: MarkQuestions;
  rowOrigins: RowOrigins;
  settings: ServerSettings;
  rights: RightRules;
  versions: VersionRules;
  cluster: ClusterQuestions;
  servers: ServerQuestions;
  /** Commands of its own that do what statements do; null: it has none, and all stands as psql. */
  commands: CommandLine | null;
}

/** Names in sentences; the first four are those of EngineWords, which pages have as well. */
export interface Words {
  /** `Spock`. */
  name: string;
  /** In CREATE EXTENSION. */
  extension: string;
  /** Where a node writes down what it could not apply, and what it resolved: `spock.exception_log`. */
  exceptions: string;
  conflicts: string;
  /** Where a node says how its subscriptions are. */
  status: string;
  /** How rows are made the same by hand without sending it on. */
  repair: string;
}

/** A subscription that is made. */
export interface NewSubscription {
  /** Whose DSN it gets. */
  provider: string;
  name: string;
  /** Those that it takes; absent: those that each node has from its beginning. */
  sets?: readonly string[];
}

/** How servers of some versions make subscriptions. */
export interface SubscribeWay {
  /** The output plugin of their slots. */
  plugin: string;
  /** Why slot and subscription can only be made together, some moment apart, as a sentence has it; null: the slot comes first. */
  together: string | null;
}

export interface SubscriptionChanges {
  /** Sets that a new subscription takes, and that each node has from its beginning. */
  sets: readonly string[];
  /** What all of these can do. `version` as the extension says it; null: not known. */
  way(nodes: readonly { version: string | null; standin: boolean }[]): SubscribeWay;
  /**
   * Makes one. `copy`: what comes with it from the provider. `disabled`: it goes on from a slot that stands, when it is enabled;
   * then `finish` comes after it.
   */
  create(of: NewSubscription, copy?: { structure: boolean; rows: boolean }, disabled?: boolean): SqlUnit;
  finish(name: string): SqlUnit;
  /** Both take effect at once, outside a transaction block. */
  enable(name: string): Sql;
  disable(name: string): Sql;
  /** One boolean. */
  isEnabled(name: string, wanted: boolean): Sql;
  hasStatus(name: string, status: 'replicating' | 'disabled'): Sql;
  /** It replicates by a worker that was started after it was last changed, as far as the role may see that. */
  worksAsChanged(name: string): Sql;
  /** Sets taken and left by a subscription that has `before` now. */
  changeSets(name: string, of: { add: readonly string[]; remove: readonly string[] }): SqlUnit;
  /** `before`: what those options are now. */
  changeOptions(name: string, to: SubscriptionOptions, before: SubscriptionOptions): SqlUnit;
  /** The transaction that commits there on the provider is not applied; nothing but exactly that position skips anything. */
  skip(name: string, lsn: string): SqlUnit;
  /** Reads its provider by another interface. */
  switchInterface(name: string, to: string, from: string): SqlUnit;
  /** What is done instead where a version cannot change them, as a sentence. */
  otherwiseOptions: string;
  /** Of a receiver of that version: why it cannot delay what it applies; null: it can. */
  cannotDelay(of: { standin: boolean }): string | null;
  /** As the receiver says it of all that it has, the provider of their slots: exactly so many. */
  replicate(count: number): Sql;
  slotsInUse(count: number): Sql;
  /** Its copy is whole. */
  isCopied(name: string): Sql;
  /** What helps where a new subscription does not start; null: nothing has to. */
  wake(name: string): Omit<Wake, 'node'> | null;
  /** `slot`: by which it reads; no row: there is none of that name. */
  slotOf(name: string): string;
  /** For a reader of an error: what the receiver says of it. */
  status(name: string): string;
  /** What comes of a second one beside one that forwards all origins, as a sentence ends: `Spock 6 refuses …`. */
  besideForwarding: string;
}

/** Those of a subscription that are to be so; absent: as they are. */
export interface SubscriptionOptions {
  applyDelaySeconds?: number | undefined;
  forwardOrigins?: readonly string[] | undefined;
  skipSchema?: readonly string[] | undefined;
}

/** How slots of this engine are called, and what is particular to them. */
export interface EngineSlots {
  /** Asked on the receiver, after whose database a slot may be named: `slot`. `provider` by its name in the engine's catalog. */
  nameQuestion(provider: string, subscription: string): string;
  /** What names it, for the comment in a plan: `spock.spock_gen_slot_name()`. */
  namedBy: string;
  /** An SQL expression, for a receiver in that database. */
  name(receiverDatabase: string, provider: string, subscription: string): string;
  /** Asked on the receiver: `first`, a subscription can go on from a slot; `failover`, its slots would be marked for it. */
  firstQuestion: string;
  /** One boolean, `named`: some subscription of this receiver goes on from the slot. */
  isNamed(slot: string): string;
  /** One boolean, `has`: the worker of this subscription has been started. */
  hasWorker(subscription: string): string;
  /** Starts workers at once where the engine would wait; `why` for the comment in a plan. Null: not with this plugin. */
  wake(plugin: string): { text: string; why: string } | null;
  /** By its name it may be a subscription's of this engine. */
  mayBeOurs(slot: string): boolean;
  /** `slot` is the subscription's `of`, or that of a copy of one of its tables. */
  isOf(slot: string, of: string): boolean;
  /** The slot of the subscription whose table is copied by this slot; null: it is of no copy. */
  copies(slot: string): string | null;
  /** On a provider: marks all slots of this engine for failover, in the database that is asked. */
  markForFailover(node: string): SqlUnit;
  /** What is done where a version cannot mark those that are there, as a sentence. */
  otherwiseFailover: string;
  /** Why a slot must stay although nobody reads from it; null: nothing of the engine forbids to drop it. */
  keeps(slot: string): { kind: string; code: string; message: string; remedy: string } | null;
}

/** What it takes to drop a subscription in whatever state it is. */
export interface Unsubscribing {
  /** One boolean, `there`: subscriptions may be asked for at all. */
  hasSubscriptions: string;
  /** `id`, `slot`, `enabled`, `provider`, `interface` (by what it reaches the provider). No row: none of that name. */
  named(subscription: string): string;
  /** On the provider: `slot`, `active`, `pid` of its slot and those of its copies, its own first. */
  slotsOf(slot: string): string;
  /** On any other node: `name`, `slot` of subscriptions to `provider` that name one of these slots. */
  namersOf(slot: string, provider: string): string;
  enable(subscription: string): string;
  disable(subscription: string): string;
  drop(subscription: string): string;
  /** As they stand in a remedy, for somebody to run; `dropText` names the function. */
  enableByHand(subscription: string): string;
  dropByHand(subscription: string): string;
  dropText: string;
  /** Ends the sessions of a copy under way, on either side. */
  endCopy(subscription: string): string;
  /** On the receiver, one row each: `pid`, `type`, `wait`, `blockers`. */
  workersOf(id: string): string;
  endWorkers(id: string): string;
  /** So that the drop reaches no provider and leaves the slot there; `reattach` and `detached` come after a drop that failed, that was done. */
  detach(subscription: string, id: string, provider: string): string[];
  reattach(subscription: string, interfaceName: string): string;
  detached(id: string, provider: string): string;
  /** On the receiver: `origin` of each that is left of the slot's name. */
  originsLeft(slot: string): string;
}

/** A table's membership: its columns and filter are null where all is sent. */
export interface LikeMembership {
  columns: string[] | null;
  rowFilter: string | null;
}

/** One relation. `alone`: its partitions are not meant. */
export interface SetRelation extends TableName {
  alone: boolean;
}

/** A relation with what of it a set sends. */
export interface SetMember extends SetRelation {
  like: LikeMembership;
}

export interface SequenceName {
  schema: string;
  sequence: string;
}

/** What of a set changes on one node. A relation in both is taken out and put back otherwise. */
export interface SetChange {
  /** As they are. */
  out: readonly SetMember[];
  /** As they are to be. `asTyped`: their filters are not written as the catalog prints them. */
  into: readonly (SetMember & { asTyped?: boolean })[];
  sequencesOut: readonly SequenceName[];
  sequencesInto: readonly SequenceName[];
}

/** Which changes of its tables a set sends. */
export interface SetSends {
  insert: boolean;
  update: boolean;
  delete: boolean;
  truncate: boolean;
}

export interface SetChanges {
  default: string;
  insertOnly: string;
  /** One that is to send these changes; nothing is in it, and nobody subscribes to it, until that is changed too. */
  create(set: string, sends: SetSends): SqlUnit;
  alter(set: string, sends: SetSends, was: SetSends): SqlUnit;
  /** The rest: with which a rollback makes it again. */
  drop(
    set: string,
    was: SetSends,
    members: readonly SetMember[],
    sequences: readonly SequenceName[],
  ): SqlUnit;
  /** All of it or nothing; one statement for all relations with the same columns and filter. */
  change(set: string, of: SetChange): SqlUnit;
  /** Of a table just made; nothing takes it back. */
  addNew(of: TableName, set: string): SqlUnit;
  /** Several at once, that are in no set. */
  addAll(tables: readonly (TableName & { set: string })[]): SqlUnit;
  /** With their partitions, each only where its set lacks it. */
  addLacking(tables: readonly (TableName & { set: string })[]): SqlUnit;
  /** Takes tables that a copy made, with their partitions, out of sets that the engine puts them into by itself. `set` null: none. */
  removeUnasked(tables: readonly (TableName & { set: string | null })[]): SqlUnit;
  /** One boolean, `there`. */
  hasSets: string;
  /** `text`: statements that take these (a query for oids) out of all sets. */
  outOfAll(oids: string): string;
  /** `schema`, `name`, `columns` (JSON, by name) of those that are in a set, without columns that are added up. */
  sentColumns(tables: readonly TableName[]): string;
}

/** DDL that the engine itself carries to the nodes that subscribe. */
export interface DdlChanges {
  /** The set that a subscription needs for it. */
  set: string;
  /** Runs it on the node, and on the others in the order of this node's changes. */
  replicate(text: string): Sql;
  /** `spock.replicate_ddl`. */
  replicatedBy: string;
  /** One number: how often the node that is asked has discarded this statement. */
  discarded(text: string): string;
  /** In this version a lock_timeout of a receiver's server discards it there. */
  lockTimeoutDiscards(version: string): boolean;
}

export interface SummedColumns {
  /** Whether changes of this type (as format_type prints it) can be added up. */
  takes(type: string): boolean;
  add(of: TableName, column: string): SqlUnit;
  /** The later one wins again. */
  remove(of: TableName, column: string): SqlUnit;
  /** An SQL expression over row `a` of pg_attribute: it is so. */
  isSummed: string;
}

/** As a catalog has it; null: nothing. */
export interface Place {
  location: string | null;
  country: string | null;
}

export interface NodeChanges {
  /** An interface's DSN, in place, where it still is `before`: no function of the engine does that. */
  setInterfaceDsn(id: string, dsn: string, before: string): string;
  /** How that is shown. */
  setInterfaceDsnText: string;
  /** `name`: what the node calls itself in its own catalog; no row: it is no node. */
  localName: string;
  create(node: string, location: string | null): SqlUnit;
  createExtension(standin: boolean): SqlUnit;
  /** An address of `node`, in the catalog of whoever runs it; `dsn` is where its DSN comes in. The other takes it out again. */
  addInterface(node: string, name: string, dsn: DsnHole): SqlUnit;
  dropInterface(node: string, name: string, dsn: DsnHole): SqlUnit;
  /** Where `node` is, in the catalog of whoever runs it. */
  place(node: string, to: Place, was: Place): SqlUnit;
  /** The node that a database is, with its sets and the slots of this engine that are left there. Nothing takes it back. */
  dropOwn(node: string): SqlUnit;
  /** What stays of a node that is given up on one that survives it. `id` in the engine's catalog. */
  leftovers(node: string, of: { knowsIt: boolean; keepsProgress: boolean; id: string | null }): SqlUnit[];
  /** How a node is dropped by hand: `spock.node_drop`. */
  dropText(node?: string): string;
  /** One boolean, `has`, for `applied`. */
  hasProgress: string;
  /** `subscription`, `provider`, `lsn`, `last_commit`: how far the node has applied what it reads. */
  applied(of: { hasProgress: boolean }): string;
}

export interface CopyLook {
  enabled: boolean;
  /** Of the subscription. */
  status: string;
  /** Null: the engine does not say. */
  state: CopyState | null;
  /** Tables that are not there yet, and the copy itself. */
  pending: number;
  /** What has come so far, as `come` asks for it. */
  bytes: number;
  /** The table that is filled now, and how many rows of it; null: none. */
  table: string | null;
  tuples: number;
}

export interface CopyChanges {
  /** One look at a subscription that fills its receiver; `come`: an SQL expression for the bytes that are there. No row: it is gone. */
  look(subscription: string, come: string): string;
  decodeLook(row: Readonly<Record<string, unknown>>): CopyLook;
  /** `state` of the copy as a whole, to be decoded by `stateOf`; no row: not known any more. */
  state(subscription: string): string;
  stateOf(value: unknown): CopyState | null;
  /** What fails in these is never tried again. */
  notRetried: ReadonlySet<CopyState>;
  /** Empties one table of the receiver and copies it anew. */
  resync(subscription: string, of: TableName): SqlUnit;
  /** Whose own copies tell how far it is; `leaves`: the partitions that hold rows. */
  toldBy(of: TableName, leaves: readonly TableName[], standin: boolean): TableName[];
  /** One boolean each: all of these are copied, one of them is being copied. */
  areCopied(subscription: string, tables: readonly TableName[]): Sql;
  isCopying(subscription: string, tables: readonly TableName[]): Sql;
}

export interface RecordChanges {
  /** Where they stand: `spock.resolutions`. */
  table(of: RecordKind): string;
  /** `old` of `total` rows are from before that moment; `needed`: something that is still to be done takes one of these. */
  count(of: RecordKind, before: string): string;
  trim(of: RecordKind, before: string): SqlUnit;
}

/** What a wait is for, and where: `node` is where the query runs. */
export type WaitedFor =
  /** `subscription` null: all that the node has, `count` of them. */
  | { for: 'replicating'; node: string; subscription: string | null; count?: number }
  /** `slot` null: all of the engine's, `count` of them. `made`: it stands by now, so that its absence is final. */
  | { for: 'slot-in-use'; node: string; slot: Slot | null; count?: number; made: boolean }
  /** A copy of one table, or (`table` null) the one that came with the subscription. */
  | { for: 'copied'; node: string; subscription: string; table: TableName | null }
  | { for: 'disabled'; node: string; subscription: string }
  /** DDL of the subscription's provider; `discarded`: how often the node had discarded it before. */
  | { for: 'ddl'; node: string; subscription: string; text: string; discarded: number };

/** By its own name, or that of a subscription to the node that is asked. */
export type Slot = string | { of: string };

export interface Waits {
  /**
   * Why what is waited for will not come: the states out of which nothing more comes by itself. One row at most: `why` in words;
   * `reason`: a `HopelessReason`; `patience`: seconds for which it must stay so (a lock or a transaction may end; what is final has 0); besides, for the wait to
   * count attempts, `attempt`: the workers at it, `down`: none is, and `id`: the subscription's; `pid` and `started_at` (as in
   * `Blocker`) of the session that it waits for.
   */
  cannotCome(of: WaitedFor): Sql;
  /** Whether row `r` of pg_replication_slots is that slot: a condition. */
  isSlot(slot: Slot): string;
}

/** What keeps a transaction on its own node, or lets it go as the server has it. */
export interface LocalTransactions {
  /** One boolean, `can`; true where there is no engine to keep it from. */
  can: string;
  /** One boolean, `has`: there is an engine to keep it from. */
  hasEngine: string;
  /** First statements of the transaction, in this order, each on its own. */
  begin: readonly string[];
  /** One boolean, `local`: asked before each statement of the transaction. */
  isLocal: string;
  /** Of a session: no DDL of it is queued for the other nodes. Harmless where there is no engine. */
  notQueued: string;
  /** The opposite: as the server has it. */
  asTheServer: string;
  /** As `notQueued`, for the rest of one transaction. */
  notQueuedHere: string;
  /** Sentences: that the version cannot keep it, that something has ended what kept it, and what would come of it. */
  said: { cannot: string; ended: string; cause: string };
}

export interface ReaderQuestions {
  /** `slot`, `active`, `engine` (of this engine), `reader` of each logical slot of the database. */
  slotsOnNode: string;
  /** `subscription`, `provider`, `slot` of all that the node reads by. */
  subscriptions: string;
}

/** How far what a node has committed has come. */
export interface MarkQuestions {
  /** One boolean, `capable`: `send` is there; else a message in the WAL stands for it. */
  capable: string;
  send: string;
  /** `name`, `provider`, `slot`, `enabled`, `delay` (seconds) of what a node reads from others. */
  reads: string;
}

/** Whose a row is, where a run takes back what it has brought. */
export interface RowOrigins {
  /** One boolean, `counts`: updates and deletes that links have applied are counted here. */
  countsApplied: string;
  /** An SQL expression over row `c` of pg_class: how many; NULL: not counted. */
  applied: string;
  /** `origin`: numbers of origins of changes that come from elsewhere than by these subscriptions. */
  foreign(subscriptions: readonly string[]): string;
  /** `rows` of the table that were last written by that node (its id in the engine's catalog) after that time of its clock. */
  countSince(of: TableName, by: { id: string; since: string }): string;
}

export interface ServerSettings {
  /** What a node of a cluster of `nodes` needs of a setting; null: nothing. */
  demandOf(setting: string, nodes: number, standin?: boolean): Demand | null;
  /** Those without which the engine does not work at all. */
  indispensable: ReadonlySet<string>;
  /** Why a plan of settings does not change this one, as a sentence; null: it does. */
  leftAlone(setting: string): string | null;
  /** In shared_preload_libraries; null: it needs none. */
  library: string | null;
  /** Asked of a server before a deploy. */
  asked: readonly string[];
  /** While it is not off, a node takes no writes. `heldAt`: the value at which what comes from others is held too. */
  readOnly: {
    name: string;
    heldAt: string;
    reset: string;
    /** The value that keeps applications of a node with that version from writing while what comes is applied, and who may write on. */
    keepingOff(version: string): { value: string; superusers: 'write on' | 'are refused' };
  } | null;
  /** Sends DDL by itself: the setting that says so, and all that are turned on for it, in this order. */
  ddl: { name: string; all: readonly string[] } | null;
  /** How conflicts are resolved, and what is done with what cannot be applied: alike on all nodes, or rows come to differ. */
  conflicts: readonly string[];
}

export interface RightRules {
  /** What a role lacks for these statements; `refused`: functions of the engine that it may not run. */
  lacked(statements: readonly string[], refused: readonly string[]): string[];
  /** Statements that stand for what `Unsubscribing.detach` calls. */
  detaching: readonly string[];
}

export interface CommandLine {
  /** The command that does the same on the host of the database; null: none does. `word`: a text as a word of the shell. */
  translate(statement: string, database: string, word: (text: string) => string): string | null;
  /** Waits for a copy. */
  waitForCopy(subscription: string, database: string): string;
}
