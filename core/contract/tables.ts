/** Tables × nodes: which set sends what, and where the nodes differ. */
import { z } from 'zod';
import { ClusterName, Instant } from '#core/model/scalars.ts';
import { procedure } from './errors.ts';

/** A table's membership of one set on one node. */
export const Membership = z.object({
  set: z.string(),
  rowFilter: z.string().nullable(),
  columns: z.array(z.string()).nullable(),
});

export const TableOnNode = z.object({
  sets: z.array(z.string()),
  rowFilter: z.string().nullable(),
  columns: z.array(z.string()).nullable(),
  deltaColumns: z.array(z.string()),
  memberships: z.array(Membership),
  /** Column list as `name type`, in order; null when it could not be read. */
  tableColumns: z.array(z.string()).nullable(),
  keyColumns: z.array(z.string()),
  /** From pg_class.reltuples; null when never analysed. */
  rowsEstimate: z.number().nullable(),
});
export type TableOnNode = z.infer<typeof TableOnNode>;

export const TableDifference = z.enum([
  'membership',
  'schema',
  'row-filter',
  'columns',
  'absent',
  'delta-columns',
]);

export const TableRow = z.object({
  schema: z.string(),
  table: z.string(),
  /** d default (primary key), i index, f full, n nothing; `none` where there is no key, `deferrable` where it is of no use. */
  replicaIdentity: z.enum(['default', 'index', 'full', 'nothing', 'deferrable', 'none']),
  partitionOf: z.string().nullable(),
  /** By node name. A node that was not read has no entry; one that has not the table has null. */
  nodes: z.record(z.string(), TableOnNode.nullable()),
  differs: z.boolean(),
  differences: z.array(TableDifference),
});
export type TableRow = z.infer<typeof TableRow>;

export const TablePage = z.object({
  items: z.array(TableRow),
  nextCursor: z.string().nullable(),
  counts: z.object({
    all: z.number().int(),
    differ: z.number().int(),
    noKey: z.number().int(),
    inNoSet: z.number().int(),
  }),
  /** When each node's tables were read; null: never. */
  observedAt: z.record(z.string(), Instant.nullable()),
  /** Nodes that have more tables than are read: of them the first by schema and name are known, and counted. */
  partial: z.array(z.string()),
});
export type TablePage = z.infer<typeof TablePage>;

/** `worst`: those that are not alike on all nodes, or sent by none, before the others, and each by name. `rows`: by their estimate. */
export const TablesSort = z.enum(['name', '-name', 'rows', '-rows', 'worst']);
export type TablesSort = z.infer<typeof TablesSort>;

export const tables = {
  list: procedure
    .route({ method: 'GET', path: '/clusters/{cluster}/tables' })
    .input(
      z.object({
        cluster: ClusterName,
        /** Part of schema.table or of a set's name. */
        filter: z.string().max(200).optional(),
        show: z.enum(['all', 'differ', 'no-key', 'in-no-set']).default('all'),
        sort: TablesSort.default('name'),
        limit: z.coerce.number().int().min(1).max(1000).default(200),
        cursor: z.string().max(500).optional(),
      }),
    )
    .output(TablePage),
};
