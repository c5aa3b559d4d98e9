/** DDL that runs on all nodes, in the order of the node's own changes (`spock.replicate_ddl`). */
import type { DdlChanges } from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { sql } from '#core/engines/sql.ts';

const DDL_SET = 'ddl_sql';

/** How often this node has thrown this statement away (spock_apply.c writes it under the operation DDL). */
export const discarded = (text: string): string =>
  `SELECT count(*)::int FROM spock.exception_log e WHERE e.operation = 'DDL' AND strpos(e.ddl_statement, ${quoteLiteral(text)}) > 0`;

export const ddl: DdlChanges = {
  set: DDL_SET,
  replicate: (text) =>
    sql`SELECT spock.replicate_ddl(${quoteLiteral(text)}, ${quoteLiteral(`{${DDL_SET}}`)})`,
  replicatedBy: 'spock.replicate_ddl',
  discarded,
  // A lock time-out of the receiver's server ends the apply worker's statement, and 5.0 throws the DDL away (tried).
  lockTimeoutDiscards: (version) => /^[1-5]\./.test(version),
};
