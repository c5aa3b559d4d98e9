/** Requests about the schema of a cluster's nodes: statements of DDL, and whether the engine sends DDL by itself. */
import { z } from 'zod';
import { ClusterName, PgName } from '#core/model/scalars.ts';

export const Ddl = z.object({
  kind: z.literal('ddl'),
  cluster: ClusterName,
  /** One or several statements that define objects. */
  sql: z.string().min(1).max(200_000),
  /**
   * local: on each node by itself, one after the other; replicated: on one, which sends it to the others in the order of its
   * changes. Absent: what breaks no row goes locally, all else is replicated.
   */
  how: z.enum(['local', 'replicated']).optional(),
  /** Where it runs first; absent: the first node of the cluster. */
  first: PgName.optional(),
});

export const DdlReplication = z.object({
  kind: z.literal('ddl-replication'),
  cluster: ClusterName,
  nodes: z.array(PgName).min(1).max(500),
  on: z.boolean(),
});

/** Alike on these nodes: `spock.conflict_resolution` and the like, by the names that the engine gives them. */
export const ConflictSettings = z.object({
  kind: z.literal('conflict-settings'),
  cluster: ClusterName,
  nodes: z.array(PgName).min(1).max(500),
  settings: z.record(z.string().max(100), z.string().max(200)),
});

/** On all nodes of the cluster: changes of these columns by two nodes at once are added up, or no longer. */
export const DeltaColumns = z.object({
  kind: z.literal('delta-columns'),
  cluster: ClusterName,
  schema: PgName,
  table: PgName,
  add: z.array(PgName).max(1600).default([]),
  remove: z.array(PgName).max(1600).default([]),
});

/** What `to` has otherwise than `from`, made as `from` has it. Tables and columns that only `to` has stay. */
export const SchemaAlign = z.object({
  kind: z.literal('schema-align'),
  cluster: ClusterName,
  from: PgName,
  to: PgName,
  /** As the plan's checks name them: `column public.orders.note`. Absent: all. */
  objects: z.array(z.string().max(400)).min(1).max(10_000).optional(),
});

export const SchemaRequests = [Ddl, DdlReplication, ConflictSettings, DeltaColumns, SchemaAlign] as const;
