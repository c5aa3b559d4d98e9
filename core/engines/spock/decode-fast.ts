/** Rows of the fast poll → FastFacts. A section that was not asked makes its facts null, never empty. */

import { maskSecrets } from '#core/dsn/free-text.ts';
import type { Row, RowsBySection } from '#core/engines/engine.ts';
import { booleanOf, instantOf, listOf, lsnOf, numberOf, secondsOf, textOf } from '#core/engines/read.ts';
import type {
  ExceptionMark,
  FastFacts,
  PeerFacts,
  SlotFacts,
  SubscriptionFacts,
  SyncFacts,
  WalsenderFacts,
} from '#core/model/facts.ts';
import { MESSAGE_BYTES, shownStart } from '#core/model/shown-text.ts';
import { copyStateOf, disablesSubscription, readOnlyOf } from './meanings.ts';

export function decodeFast(rows: RowsBySection): FastFacts {
  const wal: Row = rows.wal?.[0] ?? {};
  const peers = (rows.node ?? []).map(peerOf);
  const names = new Map(peers.map((peer) => [peer.id, peer.name]));
  const localNodeId = textOf(rows.local_node?.[0] ?? {}, 'node_id');
  return {
    clock: instantOf(wal, 'now'),
    standby: booleanOf(wal, 'standby'),
    walLsn: textOf(wal, 'lsn'),
    timeline: timelineOf(textOf(wal, 'wal_file')),
    systemIdentifier: textOf(rows.identity?.[0] ?? {}, 'system_identifier'),
    startedAt: instantOf(wal, 'started_at'),
    readOnly: readOnlyOf(textOf(wal, 'readonly')),
    localNodeId,
    localNode: localNodeId === null ? null : (names.get(localNodeId) ?? null),
    peers,
    slots: (rows.pg_replication_slots ?? []).map(slotOf),
    walsenders: (rows.pg_stat_replication ?? []).map(walsenderOf),
    subscriptions: subscriptionsOf(rows, names),
    exceptions: rows.exception_log?.map(exceptionOf) ?? null,
    origins:
      rows.pg_replication_origin_status?.map((row) => ({
        name: textOf(row, 'external_id') ?? '',
        remoteLsn: lsnOf(row, 'remote_lsn'),
      })) ?? null,
    sentRows: rows.sent_rows?.[0] ? numberOf(rows.sent_rows[0], 'rows') : null,
    lastConflictId: rows.resolutions ? (numberOf(rows.resolutions[0] ?? {}, 'id') ?? 0) : null,
  };
}

/** The name of a WAL file begins with its timeline, eight hexadecimal digits. */
function timelineOf(walFile: string | null): number | null {
  return walFile === null ? null : Number.parseInt(walFile.slice(0, 8), 16);
}

function peerOf(row: Row): PeerFacts {
  return {
    id: textOf(row, 'node_id') ?? '',
    name: textOf(row, 'node_name') ?? '',
    location: textOf(row, 'location'),
    country: textOf(row, 'country'),
  };
}

function slotOf(row: Row): SlotFacts {
  return {
    name: textOf(row, 'slot_name') ?? '',
    plugin: textOf(row, 'plugin'),
    type: textOf(row, 'slot_type'),
    database: textOf(row, 'database'),
    temporary: booleanOf(row, 'temporary') ?? false,
    active: booleanOf(row, 'active') ?? false,
    activePid: numberOf(row, 'active_pid'),
    restartLsn: lsnOf(row, 'restart_lsn'),
    confirmedFlushLsn: lsnOf(row, 'confirmed_flush_lsn'),
    walStatus: textOf(row, 'wal_status'),
    safeWalSizeBytes: numberOf(row, 'safe_wal_size'),
    twoPhase: booleanOf(row, 'two_phase'),
    conflicting: booleanOf(row, 'conflicting'),
    inactiveSince: instantOf(row, 'inactive_since'),
    invalidationReason: textOf(row, 'invalidation_reason'),
    failover: booleanOf(row, 'failover'),
    synced: booleanOf(row, 'synced'),
    decodedBytes: numberOf(row, 'decoded_bytes'),
  };
}

function walsenderOf(row: Row): WalsenderFacts {
  return {
    pid: numberOf(row, 'pid') ?? 0,
    applicationName: textOf(row, 'application_name'),
    clientAddress: textOf(row, 'client_addr'),
    state: textOf(row, 'state'),
    sentLsn: lsnOf(row, 'sent_lsn'),
    replayLagSeconds: secondsOf(row, 'replay_lag'),
    waitEvent: textOf(row, 'wait_event'),
  };
}

export function exceptionOf(row: Row): ExceptionMark {
  return {
    originId: textOf(row, 'remote_origin') ?? '',
    commitAt: instantOf(row, 'remote_commit_ts'),
    commandCounter: numberOf(row, 'command_counter'),
    loggedAt: instantOf(row, 'retry_errored_at'),
    xid: textOf(row, 'remote_xid'),
    // Spock writes '' where it could not find the relation.
    schema: textOf(row, 'table_schema') || null,
    table: textOf(row, 'table_name') || null,
    operation: textOf(row, 'operation'),
    disables: disablesSubscription(textOf(row, 'operation')),
    message: messageOf(textOf(row, 'error_message')),
    resolved: booleanOf(row, 'resolved') ?? false,
  };
}

const messageOf = (text: string | null): string | null =>
  text === null ? null : maskSecrets(shownStart(text, MESSAGE_BYTES));

function subscriptionsOf(rows: RowsBySection, names: Map<string, string>): SubscriptionFacts[] | null {
  if (rows.subscription === undefined) return null;
  const statuses = new Map(
    (rows.sub_show_status ?? []).map((row) => [textOf(row, 'subscription_name'), row]),
  );
  const workers = new Map((rows.worker_status ?? []).map((row) => [textOf(row, 'worker_subid'), row]));
  const syncing = syncingBySubscription(rows.local_sync_status ?? []);
  return rows.subscription.map((row) => {
    const id = textOf(row, 'sub_id') ?? '';
    const name = textOf(row, 'sub_name') ?? '';
    const originId = textOf(row, 'sub_origin') ?? '';
    const status: Row = statuses.get(name) ?? {};
    const worker: Row = workers.get(id) ?? {};
    return {
      engine: 'spock',
      id,
      name,
      originId,
      targetId: textOf(row, 'sub_target') ?? '',
      originInterfaceId: textOf(row, 'sub_origin_if'),
      enabled: booleanOf(row, 'sub_enabled') ?? true,
      slot: textOf(row, 'sub_slot_name') ?? '',
      replicationSets: listOf(row, 'sub_replication_sets') ?? [],
      forwardOrigins: listOf(row, 'sub_forward_origins') ?? [],
      applyDelaySeconds: secondsOf(row, 'sub_apply_delay') ?? 0,
      forceTextTransfer: booleanOf(row, 'sub_force_text_transfer'),
      skipLsn: lsnOf(row, 'sub_skip_lsn'),
      skipSchema: listOf(row, 'sub_skip_schema'),
      createdAt: instantOf(row, 'sub_created_at'),
      reportedStatus: textOf(status, 'status'),
      providerName: names.get(originId) ?? textOf(status, 'provider_node'),
      workerPid: numberOf(worker, 'worker_pid'),
      workerStatus: textOf(worker, 'worker_status'),
      sync: syncing.get(id) ?? [],
    };
  });
}

function syncingBySubscription(rows: readonly Row[]): Map<string, SyncFacts[]> {
  const bySubscription = new Map<string, SyncFacts[]>();
  for (const row of rows) {
    const status = textOf(row, 'sync_status') ?? '';
    const state = copyStateOf(status);
    if (state === 'done') continue;
    const id = textOf(row, 'sync_subid') ?? '';
    const list = bySubscription.get(id) ?? [];
    bySubscription.set(id, list);
    list.push({
      schema: textOf(row, 'sync_nspname'),
      table: textOf(row, 'sync_relname'),
      state,
      status,
      lsn: lsnOf(row, 'sync_statuslsn'),
    });
  }
  return bySubscription;
}
