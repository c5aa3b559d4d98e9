/** What each node is asked about a statement of DDL that was read. Nothing takes a lock. */
import type { Row } from '#core/engines/engine.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import type { ObservedDdl } from '#core/model/observed.ts';
import { waitsFor } from './locks.ts';
import type { ReadStatement } from './read.ts';

const texts = (list: readonly string[]): string => `ARRAY[${list.map(quoteLiteral).join(', ')}]::text[]`;

interface Asked {
  /** ClusterQuestions.memberships, DdlChanges.discarded. */
  memberships(relation: string): string;
  discarded: string;
}

const NOBODY = `'[]'::json`;

export function ddlQuestion(statements: readonly ReadStatement[], { memberships, discarded }: Asked): string {
  const tables = [...new Set(statements.flatMap((each) => each.tables.map(({ table }) => table)))];
  const makes = [...new Set(statements.flatMap((each) => each.makes))];
  const holders = statements
    .flatMap((each) => each.tables)
    .map(
      ({ table, lock }) =>
        `(l.relation = to_regclass(${quoteLiteral(table)}) AND l.mode = ANY (${texts(waitsFor(lock))}))`,
    );
  return `SELECT json_build_array(${statements.map(({ so }) => (so === null ? 'NULL::boolean' : `(${so})`)).join(', ')}) AS so,
      (SELECT coalesce(json_agg(json_build_object('table', t.name, 'there', c.oid IS NOT NULL, 'bytes', c.relpages::bigint * current_setting('block_size')::bigint,
          'sets', CASE WHEN c.oid IS NULL THEN ${NOBODY} ELSE (${memberships('c.oid')})::json END) ORDER BY t.name), '[]')
         FROM unnest(${texts(tables)}) t (name) LEFT JOIN pg_class c ON c.oid = to_regclass(t.name)) AS tables,
      (SELECT coalesce(json_agg(m.name), '[]') FROM unnest(${texts(makes)}) m (name) WHERE to_regclass(m.name) IS NOT NULL) AS made,
      ${
        holders.length === 0
          ? NOBODY
          : `(SELECT coalesce(json_agg(h ORDER BY h.seconds DESC NULLS LAST), '[]') FROM (
          SELECT DISTINCT l.pid, a.usename AS user, a.application_name AS application, a.state, a.backend_type AS type,
              extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS seconds
            FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database() LEFT JOIN pg_stat_activity a ON a.pid = l.pid
           WHERE l.granted AND l.locktype = 'relation' AND l.pid <> pg_backend_pid() AND (${holders.join(' OR ')}) LIMIT 100) h)`
      } AS holders,
      (SELECT json_agg(rolname) FROM (SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' LIMIT 5000) r) AS roles,
      (SELECT reset_val::int FROM pg_settings WHERE name = 'lock_timeout') AS lock_timeout,
      (${discarded}) AS discarded`;
}

export const decodeDdl = (row: Row): ObservedDdl => ({
  so: row.so as ObservedDdl['so'],
  tables: (row.tables as (ObservedDdl['tables'][number] & { bytes: number | null })[]).map((each) => ({
    ...each,
    bytes: each.bytes === null ? null : Number(each.bytes),
  })),
  made: row.made as string[],
  holders: row.holders as ObservedDdl['holders'],
  roles: (row.roles ?? []) as string[],
  lockTimeoutMs: Number(row.lock_timeout),
  discarded: Number(row.discarded),
});
