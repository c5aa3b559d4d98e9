/** What a planner asks before it plans: of nodes of a running cluster, and of servers that are to become nodes. */
import type { ObservedFacts, ObservedPart, ObservedRole, ObservedTable } from '#core/model/observed.ts';
import type { TableName } from './units.ts';

/** Of an answer, by column. */
export type AnswerRow = Readonly<Record<string, unknown>>;

/** One question, asked for itself, so that one relation that is locked hides no more than its own answer. */
export interface PartQuestion {
  part: ObservedPart;
  sql: string;
  put(facts: ObservedFacts, rows: readonly AnswerRow[]): void;
}

export interface PartsWanted {
  applied: boolean;
  interfaces: boolean;
  /** Where each node is. */
  places: boolean;
  /** The subscription whose last exception is wanted; null: none. */
  exceptionOf: string | null;
}

export interface ClusterQuestions {
  /** Asked first, one row; what it says is capable decides the others. No row, or a missing schema: no engine in this database. */
  node: string;
  /** Nothing but what `node` tells; the parts come by their own questions. */
  decodeNode(row: AnswerRow): ObservedFacts;
  /** Subscriptions and sets; the others where they are wanted. `row`: the answer to `node`. */
  parts(row: AnswerRow, wanted: PartsWanted): PartQuestion[];
  /** `role`, `superuser`, `replication`, and `refused`, functions of the engine that it may not run. */
  role: string;
  decodeRole(row: AnswerRow): ObservedRole;
  /** `name`: sessions that make a slot's snapshot or read the rows of a copy. */
  copies: string;
  /** SQL expressions: a relation's (an oid) memberships in sets, and how far copies of a table are, as JSON. */
  memberships(relation: string): string;
  /** A query: `relid` of each relation that is in a set of this node, its `memberships` as above. */
  allMemberships: string;
  /** A query: `relid` of each sequence that is in a set of this node, the names of its `sets` as JSON. */
  sequenceSets: string;
  syncs(table: TableName): string;
  decodeSyncs(value: unknown): NonNullable<ObservedTable['syncs']>;
  /** `quiet`: evaluating the table's row filters fires nothing that must not be fired to plan. */
  filtersAreQuiet(table: TableName): string;
  /** `id`, `node`, `name`, `dsn` (unmasked) of all interfaces that the node knows. */
  interfaceDsns: string;
  /** On the receiver: `dsn` of an interface of a node, unmasked. No row: it has none of that name. */
  interfaceDsn(node: string, name: string): string;
  /** On the receiver: `subscription`, `slot`, for names that a subscription may get. */
  slotNames(providerNode: string, subscriptions: readonly string[]): string;
  /** On a provider: `ending` of slots of subscriptions of these names, whatever the receiver's database is called. */
  slotEndings(providerNode: string, subscriptions: readonly string[]): string;
}

export interface ServerQuestions {
  /** Where it is installed: `name`; then `name`, `provider`, `enabled`; then `schema`, `table`, `set`. */
  node: string;
  subscriptions: string;
  members: string;
  /** `version` of the library that is loaded. */
  library: string;
  /** Of its own slots. */
  plugin: string;
  /** How its workers are called in pg_stat_activity.backend_type, a LIKE pattern. */
  workers: string;
  /** Extensions that a server has because of it, and schemas that hold no tables of users. */
  extensions: readonly string[];
  /** A version that says this is the stand-in's. */
  isStandin(version: string): boolean;
}

export interface VersionRules {
  /** server_version_num of the oldest PostgreSQL that it is made for, and how that is said. */
  oldestServer: number;
  oldestServerText: string;
  /** How a server gets it. */
  install: string;
  /** Whether what is loaded and what is on disk are the same version. */
  isSame(loaded: string, onDisk: string): boolean;
  /** Copies of tables with generated columns: the version from which they work; whether this one is older. */
  copiesGenerated: string;
  lacksGenerated(version: string): boolean;
  isOneSeries(receiver: string, provider: string): boolean;
  /** A receiver of one series with a provider of another: null, it works; a text, why not; undefined, it was not tried. */
  refusal(receiver: string, provider: string): string | null | undefined;
}
