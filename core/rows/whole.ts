/**
 * A table with its partitions, as a relation with the one column `relid`: pg_partition_tree() has no row for a table that is
 * not partitioned. `table` is an expression of type regclass; NULL has no rows.
 */
export const wholeOf = (table: string): string =>
  `(SELECT relid::oid FROM pg_partition_tree(${table}) UNION SELECT ${table}::oid WHERE ${table} IS NOT NULL) AS whole`;
