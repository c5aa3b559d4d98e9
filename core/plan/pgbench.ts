/** pgbench's four tables, as `pgbench -i` makes them, with fewer accounts. The same rows on every node. */

import { type Sql, sql } from '#core/engines/sql.ts';
import type { SqlUnit } from '#core/engines/units.ts';
import { unit } from '#core/engines/units.ts';

/** By set. pgbench_history has no key, so only a set that replicates no UPDATE and no DELETE takes it: its rows are only ever inserted. */
export const SANDBOX_SETS: readonly { set: string; table: string }[] = [
  { set: 'default', table: 'pgbench_accounts' },
  { set: 'default', table: 'pgbench_branches' },
  { set: 'default', table: 'pgbench_tellers' },
  { set: 'default_insert_only', table: 'pgbench_history' },
];

export interface PgbenchRows {
  branches: number;
  tellersPerBranch: number;
  accountsPerBranch: number;
}

/** A branch for each node, so that the nodes' traffic meets on no row; a tenth of pgbench's accounts, so that it is quick. */
export const SANDBOX_ROWS: PgbenchRows = { branches: 3, tellersPerBranch: 10, accountsPerBranch: 10_000 };

const DDL: Sql[] = [
  sql`CREATE TABLE pgbench_history (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22))`,
  sql`CREATE TABLE pgbench_tellers (tid int NOT NULL, bid int, tbalance int, filler char(84))`,
  sql`CREATE TABLE pgbench_accounts (aid int NOT NULL, bid int, abalance int, filler char(84))`,
  sql`CREATE TABLE pgbench_branches (bid int NOT NULL, bbalance int, filler char(88))`,
];

const KEYS: Sql[] = [
  sql`ALTER TABLE pgbench_branches ADD PRIMARY KEY (bid)`,
  sql`ALTER TABLE pgbench_tellers ADD PRIMARY KEY (tid)`,
  sql`ALTER TABLE pgbench_accounts ADD PRIMARY KEY (aid)`,
];

/** Tables, rows and keys in one transaction: they are there whole or not at all. */
export function pgbenchUnits(rows: PgbenchRows): SqlUnit[] {
  const { branches, tellersPerBranch, accountsPerBranch } = rows;
  const fill: Sql[] = [
    sql`INSERT INTO pgbench_branches (bid, bbalance) SELECT bid, 0 FROM generate_series(1, ${branches}) AS bid`,
    sql`INSERT INTO pgbench_tellers (tid, bid, tbalance) SELECT tid, (tid - 1) / ${tellersPerBranch} + 1, 0 FROM generate_series(1, ${branches * tellersPerBranch}) AS tid`,
    sql`INSERT INTO pgbench_accounts (aid, bid, abalance, filler) SELECT aid, (aid - 1) / ${accountsPerBranch} + 1, 0, '' FROM generate_series(1, ${branches * accountsPerBranch}) AS aid`,
  ];
  return [
    unit([...DDL, ...fill, ...KEYS], {
      scope: 'local',
      transaction: true,
      already: sql`SELECT to_regclass('public.pgbench_accounts') IS NOT NULL`,
    }),
  ];
}
