/**
 * A role for the console that can do no harm: the exact statements, for each version of Spock. The page, the docs and
 * the tests on running servers all read them here, so that what is shown is what was tried.
 *
 * Why it takes so many: pg_monitor sees nothing in schema spock; USAGE there lets a role run sub_drop and sub_disable,
 * since Spock leaves EXECUTE to PUBLIC; and sub_show_status() and node_interface.if_dsn hold passwords in clear.
 */
import { quoteIdent } from '#core/engines/quote.ts';
import type { WatchingPart } from '#core/engines/watching-guide.ts';

/** Versions whose statements differ; 5.0 stands for all of 5.x. */
export const spockLines = ['4.0', '5.0', '6.0'] as const;
export type SpockLine = (typeof spockLines)[number];

/** The name that the docs use. */
export const watchingRoleName = 'tricorder_watch';

export interface WatchingRole {
  role: string;
  line: SpockLine;
}

/** The line that a version belongs to: `5.0.11` → `5.0`. Null for 3.x, and for what is no version. */
export function spockLineOf(version: string | null): SpockLine | null {
  const major = /^(\d+)\./.exec(version ?? '')?.[1];
  return spockLines.find((line) => line.split('.')[0] === major) ?? null;
}

/**
 * To be run on every node, in its database, by a superuser, one after the other in one session. Run twice they fail at
 * CREATE ROLE and CREATE SCHEMA, and nothing is harmed.
 */
export function watchingStatements({ role, line }: WatchingRole): WatchingPart[] {
  const name = roleText(role);
  const to = `TO ${name}`;
  return [
    part({
      id: 'quiet',
      title: 'Keep it on this node',
      why: 'Where automatic DDL replication is on, these statements would be replicated too, and a password in one of them would be in plain text in spock.queue on every node.',
      statements: ['SET spock.enable_ddl_replication = off'],
    }),
    part({
      id: 'role',
      title: 'Create the role',
      why: 'pg_monitor lets it see slots, walsenders and settings. \\password sends only a hash, so the password is in no log. The console needs two connections to each node.',
      statements: [`CREATE ROLE ${name} LOGIN CONNECTION LIMIT 10`, `GRANT pg_monitor ${to}`],
      psql: `\\password ${name}`,
    }),
    part({
      id: 'close',
      title: 'Restrict Spock’s functions',
      why: 'Otherwise every role with USAGE on schema spock can drop subscriptions. Replication continues: apply workers, delta_apply and DDL replication do not need this privilege. Roles that are not superusers and call Spock’s functions themselves need them granted first. Repeat this after each ALTER EXTENSION spock UPDATE: everybody can run the new functions.',
      statements: ['REVOKE EXECUTE ON ALL ROUTINES IN SCHEMA spock FROM PUBLIC'],
    }),
    part({
      id: 'read',
      title: 'Let it read the catalogs',
      why: 'Nodes, subscriptions, sets and counters; of node_interface all but if_dsn, which holds passwords. The functions only show versions, counters and workers’ states.',
      statements: [
        `GRANT USAGE ON SCHEMA spock ${to}`,
        `GRANT SELECT ON ${readWhole.map((relation) => `spock.${relation}`).join(', ')} ${to}`,
        `GRANT SELECT (node_id, node_name, location, country) ON spock.node ${to}`,
        `GRANT SELECT (if_id, if_name, if_nodeid) ON spock.node_interface ${to}`,
        `GRANT EXECUTE ON FUNCTION ${harmless(line)
          .map((routine) => `spock.${routine}()`)
          .join(', ')} ${to}`,
      ],
    }),
    part({
      id: 'inbox',
      title: 'Let it read conflicts and exceptions',
      why: 'When, where, between whom, and how it ended; without the rows themselves. An error message may quote a key. On 4.0.0 and 4.0.1 leave out retry_errored_at, which they do not have.',
      statements: [
        `GRANT SELECT (${conflictColumns.join(', ')}) ON spock.resolutions ${to}`,
        `GRANT SELECT (${exceptionColumns.join(', ')}) ON spock.exception_log ${to}`,
        `GRANT SELECT (remote_origin, remote_commit_ts, retry_errored_at, remote_xid, status, resolved_at) ON spock.exception_status ${to}`,
        `GRANT SELECT (remote_origin, remote_commit_ts, command_counter, retry_errored_at, remote_xid, status, resolved_at) ON spock.exception_status_detail ${to}`,
      ],
    }),
    part({
      id: 'rows',
      title: 'Let it read the rows in them',
      why: 'The inbox then shows local beside remote row. They are rows of your tables, and the text of DDL: leave this out if people who use the console must not see them.',
      statements: [
        `GRANT SELECT (local_tuple, remote_tuple) ON spock.resolutions ${to}`,
        `GRANT SELECT (local_tup, remote_old_tup, remote_new_tup, ddl_statement) ON spock.exception_log ${to}`,
      ],
      optional: true,
    }),
    part({
      id: 'status',
      title: 'Show it the status without the password',
      why: 'spock.sub_show_status() shows provider_dsn with its password. This function calls it with its owner’s rights, and shows the rest. Its search_path is fixed, so that no other objects can take the place of Spock’s. The schema has its own name: a schema named like a role comes first in the search_path of that role, which would then create its tables there.',
      statements: [
        'CREATE SCHEMA tricorder_status',
        `CREATE FUNCTION tricorder_status.subscription_status(OUT subscription_name text, OUT status text, OUT provider_node text)
  RETURNS SETOF record LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  AS 'SELECT subscription_name::text, status::text, provider_node::text FROM spock.sub_show_status()'`,
        'REVOKE EXECUTE ON FUNCTION tricorder_status.subscription_status() FROM PUBLIC',
        `GRANT USAGE ON SCHEMA tricorder_status ${to}`,
        `GRANT EXECUTE ON FUNCTION tricorder_status.subscription_status() ${to}`,
      ],
    }),
    part({
      id: 'origins',
      title: 'Let it count replication origins',
      why: 'pg_monitor does not include these. Without them the console does not know how many origins are used.',
      statements: [
        `GRANT SELECT ON pg_catalog.pg_replication_origin_status ${to}`,
        `GRANT EXECUTE ON FUNCTION pg_catalog.pg_show_replication_origin_status() ${to}`,
      ],
    }),
    part({
      id: 'end',
      title: 'End',
      why: 'The session is as it was.',
      statements: ['RESET spock.enable_ddl_replication'],
    }),
  ];
}

/**
 * Takes all of it back, in each node's database. The last two let everybody run Spock's functions again, as Spock has
 * it; they may be left out, and better are.
 */
export function takeBackStatements({ role, line }: WatchingRole): string[] {
  return [
    'SET spock.enable_ddl_replication = off',
    'DROP FUNCTION tricorder_status.subscription_status()',
    'DROP SCHEMA tricorder_status',
    `DROP OWNED BY ${roleText(role)}`,
    `DROP ROLE ${roleText(role)}`,
    'RESET spock.enable_ddl_replication',
    'GRANT EXECUTE ON ALL ROUTINES IN SCHEMA spock TO PUBLIC',
    ...(line === '4.0'
      ? []
      : ['REVOKE EXECUTE ON FUNCTION spock.pause_apply_workers(), spock.resume_apply_workers() FROM PUBLIC']),
  ];
}

/** As one would type it: no word with an underscore is reserved, but for a few families. */
function roleText(role: string): string {
  const plain = /^[a-z]+(_[a-z0-9]+)+$/.test(role) && !/^(current|session|system|pg)_/.test(role);
  return plain ? role : quoteIdent(role);
}

/** Relations without a secret in any column. */
const readWhole = [
  'local_node',
  'subscription',
  'replication_set',
  'replication_set_table',
  'replication_set_seq',
  'local_sync_status',
  'channel_summary_stats',
];

/** All but the tuples. */
const conflictColumns = [
  'id',
  'node_name',
  'log_time',
  'relname',
  'idxname',
  'conflict_type',
  'conflict_resolution',
  'local_origin',
  'local_xid',
  'local_timestamp',
  'remote_origin',
  'remote_xid',
  'remote_timestamp',
  'remote_lsn',
];

/** All but the tuples and the DDL. */
const exceptionColumns = [
  'remote_origin',
  'remote_commit_ts',
  'command_counter',
  'retry_errored_at',
  'remote_xid',
  'local_origin',
  'local_commit_ts',
  'table_schema',
  'table_name',
  'operation',
  'error_message',
];

/** Functions that tell something, change nothing, and know no password. Workers' states came with 5.0. */
function harmless(line: SpockLine): string[] {
  const all = ['get_channel_stats', 'spock_version', 'spock_min_proto_version', 'spock_max_proto_version'];
  return line === '4.0' ? all : [...all, 'get_apply_worker_status'];
}

function part(
  fields: Pick<WatchingPart, 'id' | 'title' | 'why' | 'statements'> & Partial<WatchingPart>,
): WatchingPart {
  return { psql: null, optional: false, ...fields };
}
