/** Settings of a transaction that reads rows to compare them: what decides how values become text is the same on every node. */

/**
 * Each by SET LOCAL, so that nothing stays in the session. `search_path` as well: names in the output of regclass and its like
 * are then written out on every node, and no function of a user's schema takes the place of one that is meant here.
 */
export const AS_TEXT: readonly string[] = [
  "SET LOCAL TimeZone = 'UTC'",
  "SET LOCAL DateStyle = 'ISO, MDY'",
  "SET LOCAL IntervalStyle = 'postgres'",
  'SET LOCAL extra_float_digits = 1',
  "SET LOCAL bytea_output = 'hex'",
  "SET LOCAL lc_monetary = 'C'",
  'SET LOCAL quote_all_identifiers = off',
  "SET LOCAL search_path = 'pg_catalog'",
];

/**
 * `row_security = off` makes a role that does not see all rows an error (42501) instead of a comparison of a part. No parallel
 * workers and no compiling: a block is small, and the node has other work.
 */
const READING: readonly string[] = [
  'SET LOCAL row_security = off',
  'SET LOCAL max_parallel_workers_per_gather = 0',
  'SET LOCAL jit = off',
  "SET LOCAL work_mem = '32MB'",
];

/** One query in a transaction of its own that writes nothing. Its rows are the last but one result. */
export function readOnly(query: string, statementMs: number): string {
  return [
    'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
    ...AS_TEXT,
    ...READING,
    `SET LOCAL statement_timeout = ${Math.ceil(statementMs)}`,
    query,
    'COMMIT',
  ].join('; ');
}
