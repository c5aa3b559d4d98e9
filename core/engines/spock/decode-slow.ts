/** Rows of the slow poll → SlowFacts. A section that was not asked makes its facts null, never empty. */

import { maskDsn } from '#core/dsn/mask.ts';
import type { Row, RowsBySection } from '#core/engines/engine.ts';
import { unquoteQualified } from '#core/engines/quote.ts';
import { booleanOf, instantOf, listOf, numberOf, textOf } from '#core/engines/read.ts';
import type {
  AgeFacts,
  ArchiverFacts,
  BlockedFacts,
  ConflictFacts,
  CounterFacts,
  InterfaceFacts,
  MembershipFacts,
  PreparedFacts,
  ReplicationSetFacts,
  SettingFacts,
  SlowFacts,
  TableFacts,
} from '#core/model/facts.ts';
import { isStandin } from '#core/model/standin.ts';
import { exceptionOf } from './decode-fast.ts';
import { bothInserted } from './meanings.ts';
import { mostTables } from './slow-tables.ts';

export function decodeSlow(rows: RowsBySection, previous: SlowFacts | null): SlowFacts {
  const server: Row = rows.server?.[0] ?? {};
  const engineVersion = textOf(server, 'extension_version');
  const libraryVersion = textOf(server, 'library_version');
  const min = numberOf(server, 'min_protocol');
  const max = numberOf(server, 'max_protocol');
  return {
    database: textOf(server, 'database'),
    encoding: textOf(server, 'encoding'),
    collation: textOf(server, 'collation'),
    serverVersion: textOf(server, 'server_version')?.split(' ')[0] ?? null,
    engineVersion,
    libraryVersion,
    protocol: min === null || max === null ? null : { min, max },
    standin: isStandin(engineVersion) || isStandin(libraryVersion),
    interfaces: rows.node_interface?.map(interfaceOf) ?? null,
    sets: setsOf(rows),
    ...tablesOf(rows, previous),
    settings: (rows.settings ?? []).map(settingOf),
    used: {
      slots: numberOf(server, 'slots_used'),
      senders: numberOf(server, 'senders_used'),
      workers: numberOf(server, 'workers_used'),
      origins: numberOf(server, 'origins_used'),
    },
    snowflakeNode: snowflakeOf(server),
    counters: rows.channel_summary_stats?.map(counterOf) ?? null,
    conflicts: rows.resolutions?.map(conflictOf) ?? null,
    exceptions: rows.exception_log?.map(exceptionOf) ?? null,
    serverClock: instantOf(server, 'now'),
    updatePath: booleanOf(server, 'update_path'),
    ages: agesOf(rows),
    prepared: rows.prepared?.map(preparedOf) ?? null,
    blocked: rows.blocked?.map(blockedOf) ?? null,
    archiver: archiverOf(rows),
    exceptionCounts:
      rows.exception_counts?.map((row) => ({
        originId: textOf(row, 'remote_origin') ?? '',
        count: numberOf(row, 'count') ?? 0,
      })) ?? null,
  };
}

function agesOf(rows: RowsBySection): AgeFacts | null {
  const row = rows.ages?.[0];
  if (row === undefined) return null;
  return {
    database: textOf(row, 'database'),
    xid: numberOf(row, 'xid_age'),
    multixact: numberOf(row, 'multixact_age'),
  };
}

function preparedOf(row: Row): PreparedFacts {
  return {
    gid: textOf(row, 'gid') ?? '',
    preparedAt: instantOf(row, 'prepared'),
    owner: textOf(row, 'owner'),
    database: textOf(row, 'database'),
    xidAge: numberOf(row, 'xid_age'),
  };
}

const blockedOf = (row: Row): BlockedFacts => ({
  subscription: textOf(row, 'sub_name') ?? '',
  worker: numberOf(row, 'worker') ?? 0,
  seconds: numberOf(row, 'seconds'),
  blocker: {
    pid: numberOf(row, 'pid') ?? 0,
    startedAt: textOf(row, 'started_at') ?? '',
    who: textOf(row, 'who') ?? '',
    state: textOf(row, 'state'),
    query: textOf(row, 'query'),
    openSeconds: numberOf(row, 'open_seconds'),
  },
});

function archiverOf(rows: RowsBySection): ArchiverFacts | null {
  const row = rows.archiver?.[0];
  if (row === undefined) return null;
  return {
    mode: textOf(row, 'archive_mode'),
    archivedAt: instantOf(row, 'last_archived_time'),
    archivedWal: textOf(row, 'last_archived_wal'),
    failedAt: instantOf(row, 'last_failed_time'),
    failedWal: textOf(row, 'last_failed_wal'),
    failedCount: numberOf(row, 'failed_count'),
    countedSince: instantOf(row, 'stats_reset'),
  };
}

type Tables = Pick<SlowFacts, 'tables' | 'tablesComplete' | 'tablesInSets' | 'tablesMs' | 'catalogMark'>;

/** While the mark stands, the tables were not read again and are what they were: the very same array, see core/snapshot/tables.ts. */
function tablesOf(rows: RowsBySection, previous: SlowFacts | null): Tables {
  const catalogMark = textOf(rows.catalog_mark?.[0] ?? {}, 'mark');
  if (catalogMark !== null && previous !== null && previous.catalogMark === catalogMark) {
    return tablesAsBefore(previous);
  }
  if (rows.tables === undefined) {
    if (previous === null) return { tables: null, tablesComplete: false, catalogMark: null };
    // They were left out: the mark stays the one of the tables that are known, so that the next poll asks again.
    return tablesAsBefore(previous);
  }
  const memberships = membershipsByTable(rows.replication_set_table ?? []);
  const tables = rows.tables.map((row) => tableOf(row, memberships));
  const tablesComplete = tables.length < mostTables;
  const begin = instantOf(rows.catalog_mark?.[0] ?? {}, 'tables_begin');
  const end = instantOf(rows.tables_end?.[0] ?? {}, 'tables_end');
  const read = { tables, tablesComplete, catalogMark, ...(begin && end ? { tablesMs: end - begin } : {}) };
  if (tablesComplete) return read;
  const tablesInSets: Record<string, number> = {};
  for (const list of memberships.values()) {
    for (const { set } of list) tablesInSets[set] = (tablesInSets[set] ?? 0) + 1;
  }
  return { ...read, tablesInSets };
}

const tablesAsBefore = ({ tables, tablesComplete, tablesInSets, catalogMark }: SlowFacts): Tables => ({
  tables,
  tablesComplete,
  ...(tablesInSets === undefined ? {} : { tablesInSets }),
  catalogMark,
});

function membershipsByTable(rows: readonly Row[]): Map<string, MembershipFacts[]> {
  const byTable = new Map<string, MembershipFacts[]>();
  for (const row of rows) {
    const oid = textOf(row, 'reloid') ?? '';
    const list = byTable.get(oid) ?? [];
    byTable.set(oid, list);
    list.push({
      set: textOf(row, 'set_name') ?? '',
      rowFilter: textOf(row, 'row_filter'),
      columns: listOf(row, 'set_att_list'),
    });
  }
  return byTable;
}

function tableOf(row: Row, memberships: Map<string, MembershipFacts[]>): TableFacts {
  const oid = textOf(row, 'oid') ?? '';
  const rows = numberOf(row, 'reltuples');
  return {
    oid,
    schema: textOf(row, 'nspname') ?? '',
    table: textOf(row, 'relname') ?? '',
    kind: textOf(row, 'relkind') ?? 'r',
    partitionOf: textOf(row, 'partition_of'),
    replicaIdentity: textOf(row, 'relreplident') ?? 'd',
    keyColumns: listOf(row, 'key_columns') ?? [],
    keyDeferrable: booleanOf(row, 'key_deferrable') ?? false,
    columns: listOf(row, 'columns'),
    deltaColumns: listOf(row, 'delta_columns') ?? [],
    sequenceColumns: listOf(row, 'sequence_columns') ?? [],
    snowflakeColumns: listOf(row, 'snowflake_columns') ?? [],
    // -1 since PostgreSQL 14: never vacuumed or analysed.
    rowsEstimate: rows === null || rows < 0 ? null : rows,
    memberships: memberships.get(oid) ?? [],
  };
}

function setsOf(rows: RowsBySection): ReplicationSetFacts[] | null {
  if (rows.replication_set === undefined) return null;
  const sequences = rows.replication_set_seq;
  return rows.replication_set.map((row) => {
    const id = textOf(row, 'set_id') ?? '';
    return {
      id,
      name: textOf(row, 'set_name') ?? '',
      insert: booleanOf(row, 'replicate_insert') ?? false,
      update: booleanOf(row, 'replicate_update') ?? false,
      delete: booleanOf(row, 'replicate_delete') ?? false,
      truncate: booleanOf(row, 'replicate_truncate') ?? false,
      sequences:
        sequences
          ?.filter((sequence) => textOf(sequence, 'set_id') === id)
          .map((sequence) => textOf(sequence, 'set_seqoid') ?? '') ?? null,
    };
  });
}

function interfaceOf(row: Row): InterfaceFacts {
  const rawDsn = textOf(row, 'if_dsn');
  return {
    id: textOf(row, 'if_id') ?? '',
    nodeId: textOf(row, 'if_nodeid') ?? '',
    name: textOf(row, 'if_name') ?? '',
    dsn: rawDsn === null ? null : maskDsn(rawDsn),
    rawDsn,
  };
}

function settingOf(row: Row): SettingFacts {
  return {
    name: textOf(row, 'name') ?? '',
    value: textOf(row, 'setting'),
    unit: textOf(row, 'unit'),
    pendingRestart: booleanOf(row, 'pending_restart') ?? false,
  };
}

/** `snowflake.node` of a server where it was never set is 0 or empty. */
function snowflakeOf(server: Row): number | null {
  const node = numberOf(server, 'snowflake_node');
  return node === null || node <= 0 ? null : node;
}

function counterOf(row: Row): CounterFacts {
  const count = (column: string) => numberOf(row, column) ?? 0;
  return {
    subscription: numberOf(row, 'subid') === 0 ? null : textOf(row, 'sub_name'),
    inserted: count('n_tup_ins'),
    updated: count('n_tup_upd'),
    deleted: count('n_tup_del'),
    conflicts: count('n_conflict'),
    deltaApplied: count('n_dca'),
  };
}

/** Spock prints the relation as quote_qualified_identifier does; what is no such text stands as it is. */
function conflictOf(row: Row): ConflictFacts {
  const relation = textOf(row, 'relname');
  const [schema, table] = (relation && unquoteQualified(relation)) || [null, relation];
  return {
    id: textOf(row, 'id') ?? '',
    at: instantOf(row, 'log_time'),
    schema,
    table,
    type: textOf(row, 'conflict_type'),
    resolution: textOf(row, 'conflict_resolution'),
    bothInserted: bothInserted(textOf(row, 'conflict_type')),
    remoteOriginId: textOf(row, 'remote_origin'),
  };
}
