/** Requests about replication sets, and about the tables and sequences in them. */
import { z } from 'zod';
import { ClusterName, PgName } from '#core/model/scalars.ts';

const nodes = z.array(PgName).min(1).max(500);
/** What one request may name; a pattern stands for as many as it matches. */
const MOST = 20_000;

const TableName = z.object({ schema: PgName, table: PgName });
const SequenceName = z.object({ schema: PgName, sequence: PgName });

/** A table that is to be in a set. What is left out stays as it is there; null: all rows, all columns. */
export const TableIntoSet = TableName.extend({
  /** SQL over the columns of one row; PostgreSQL's own functions that cannot fail only. */
  rowFilter: z.string().min(1).max(10_000).nullable().optional(),
  columns: z.array(PgName).min(1).max(1600).nullable().optional(),
});
export type TableIntoSet = z.infer<typeof TableIntoSet>;

/**
 * `orders_*`, `sales.*`, `"Sales"."my.*"`: `*` stands for any characters, `?` for one. Without a schema it is of `public`.
 * Partitions come with the table that they are of.
 */
const Pattern = z.string().min(1).max(200);

/** Tables and sequences into a set and out of it, on the same nodes. */
export const SetTables = z.object({
  kind: z.literal('set-tables'),
  cluster: ClusterName,
  nodes,
  set: PgName,
  add: z.array(TableIntoSet).max(MOST).optional(),
  remove: z.array(TableName).max(MOST).optional(),
  /** Into the set, besides `add`. */
  pattern: Pattern.optional(),
  /** Out of the set, besides `remove`. */
  removePattern: Pattern.optional(),
  addSequences: z.array(SequenceName).max(MOST).optional(),
  removeSequences: z.array(SequenceName).max(MOST).optional(),
});
export type SetTables = z.infer<typeof SetTables>;

const oneTable = { cluster: ClusterName, nodes, set: PgName, schema: PgName, table: PgName };
/** `set-tables` of one table. */
export const SetAddTable = z.object({ kind: z.literal('set-add-table'), ...oneTable });
export const SetRemoveTable = z.object({ kind: z.literal('set-remove-table'), ...oneTable });

const onNodes = { cluster: ClusterName, nodes, set: PgName };

export const SetCreate = z.object({
  kind: z.literal('set-create'),
  ...onNodes,
  insert: z.boolean().default(true),
  update: z.boolean().default(true),
  delete: z.boolean().default(true),
  truncate: z.boolean().default(true),
});
/** What is left out stays. */
export const SetAlter = z.object({
  kind: z.literal('set-alter'),
  ...onNodes,
  insert: z.boolean().optional(),
  update: z.boolean().optional(),
  delete: z.boolean().optional(),
  truncate: z.boolean().optional(),
});
export const SetDrop = z.object({ kind: z.literal('set-drop'), ...onNodes });
