/** A new cluster on servers that are there: what a DBA answers, and what a look at the servers says. */
import { z } from 'zod';
import { ClusterName, Instant } from './scalars.ts';

const name = z.string().min(1).max(63);

/** Two are the fewest that replicate; more than sixteen are 240 subscriptions and more. */
export const DEPLOY_NODES = { least: 2, most: 16 } as const;

/** A table and the set that it is to be in. `set` null: it stays out. */
export const DeployTable = z.object({
  schema: name,
  table: name,
  set: name.nullable(),
  /** Numeric columns whose changes are added up rather than overwritten (log_old_value, delta_apply_function). */
  deltaColumns: z.array(name).default([]),
});
export type DeployTable = z.infer<typeof DeployTable>;

/** A sequence that is to give numbers of its own on each node (extension snowflake). */
export const DeploySequence = z.object({ schema: name, sequence: name });
export type DeploySequence = z.infer<typeof DeploySequence>;

/** What stands in the wizard's second step, with the defaults that are right without a look. */
const choices = {
  /** all: those with a key into `default`, those without into `default_insert_only`. */
  tables: z.union([z.enum(['all', 'none']), z.array(DeployTable)]).default('all'),
  sequences: z.array(DeploySequence).default([]),
  /** The node whose structure and rows the others get; null: they have the same already, or none. */
  dataFrom: name.nullable().default(null),
  ddlReplication: z.boolean().default(true),
};

export const DeployServers = z.object({
  kind: z.literal('deploy'),
  target: z.literal('servers'),
  name: ClusterName,
  nodes: z
    .array(
      z.object({
        name,
        /** One whose password is masked (••••) gets it from `draft`. */
        dsn: z.string().min(1).max(4096),
        peerDsn: z.string().max(4096).nullish(),
        location: z.string().max(200).nullish(),
      }),
    )
    .min(DEPLOY_NODES.least)
    .max(DEPLOY_NODES.most),
  ...choices,
  /** The draft, or the earlier plan, that holds the passwords which are masked here. */
  draft: z.string().max(64).nullish(),
});
export type DeployServers = z.infer<typeof DeployServers>;

/** What was answered so far, however little: nothing of it is refused, so that nothing typed is lost. */
export const DeployAnswers = z.object({
  name: z.string().max(63),
  nodes: z
    .array(
      z.object({
        name: z.string().max(63),
        dsn: z.string().max(4096),
        peerDsn: z.string().max(4096).nullable(),
        location: z.string().max(200).nullable(),
      }),
    )
    .max(DEPLOY_NODES.most),
  ...choices,
  /** `dataFrom` was chosen by hand; else it follows what the nodes are found to hold. */
  sourceChosen: z.boolean().default(false),
});
export type DeployAnswers = z.infer<typeof DeployAnswers>;

/** Answers as they are kept; DSNs with their passwords masked. */
export const DeployDraft = DeployAnswers.extend({ id: z.string(), savedAt: Instant });
export type DeployDraft = z.infer<typeof DeployDraft>;

/** One server as it is, read without writing anything. */
export const ServerLook = z.object({
  serverVersion: z.string(),
  database: z.string(),
  role: z.string(),
  superuser: z.boolean(),
  /** Of the extension spock: what is installed in this database, else what the server could install. Null: neither. */
  engineVersion: z.string().nullable(),
  engineInstalled: z.boolean(),
  standin: z.boolean(),
  /** A node that stands there already. */
  nodeName: z.string().nullable(),
  /** User tables, and what they take on disk. */
  tables: z.number().int(),
  tableBytes: z.number(),
  /** Settings that are to be changed and need a restart. */
  restartFor: z.array(z.string()),
  roundTripMs: z.number(),
});
export type ServerLook = z.infer<typeof ServerLook>;

/** A column whose numbers could be added up. `suggested`: its name or use says that it is a sum, not a key. */
export const DeltaCandidate = z.object({ name: z.string(), type: z.string(), suggested: z.boolean() });

/** A table as the nodes have it. */
export const TableLook = z.object({
  schema: z.string(),
  table: z.string(),
  /** Primary key or replica identity, on every node that has the table. */
  hasKey: z.boolean(),
  /** Rows, estimated; null: never counted by the server. By node that has the table. */
  rows: z.record(z.string(), z.number().nullable()),
  bytes: z.record(z.string(), z.number()),
  /** Nodes that were read and lack it. */
  missingOn: z.array(z.string()),
  /** How the nodes that have it differ: `n2: column price is numeric, on n1 integer`. */
  differences: z.array(z.string()),
  deltaCandidates: z.array(DeltaCandidate),
  /** The set that fits, unless chosen otherwise. */
  suggestedSet: z.string(),
});
export type TableLook = z.infer<typeof TableLook>;

export const SequenceLook = z.object({
  schema: z.string(),
  sequence: z.string(),
  /** `schema.table.column` that takes its numbers; null: none. */
  usedBy: z.string().nullable(),
  /** Whether the extension snowflake is to be had on every node, and why not. */
  convertible: z.boolean(),
  reason: z.string().nullable(),
});
export type SequenceLook = z.infer<typeof SequenceLook>;

export const TablesLook = z.object({
  at: Instant,
  nodes: z.array(z.string()),
  unread: z.array(z.object({ node: z.string(), error: z.string() })),
  tables: z.array(TableLook),
  sequences: z.array(SequenceLook),
  /** The only node with rows, if there is one. */
  suggestedSource: z.string().nullable(),
  /** Nodes with rows, most bytes first. */
  withRows: z.array(z.string()),
});
export type TablesLook = z.infer<typeof TablesLook>;
