/** The inbox: rows of spock.resolutions and spock.exception_log. */
import type { Conflict, Exception } from '#core/contract/history.ts';
import { maskSecrets } from '#core/dsn/free-text.ts';
import type { EngineInbox, Row } from '#core/engines/engine.ts';
import type { ExceptionKey, OriginName } from '#core/engines/inbox.ts';
import { unquoteQualified } from '#core/engines/quote.ts';
import { numberOf, textOf } from '#core/engines/read.ts';
import { MESSAGE_BYTES, shownStart } from '#core/model/shown-text.ts';
import { conflictsSection, exceptionsSection } from './inbox-sections.ts';
import { tupleOf } from './tuple.ts';

export const inbox: EngineInbox = {
  conflicts: {
    unread: 'spock.resolutions is not there, or this role may not read it.',
    section: conflictsSection,
    decode: conflictOf,
  },
  exceptions: {
    unread: 'spock.exception_log is not there, or this role may not read it.',
    section: exceptionsSection,
    keyOf,
    decode: exceptionOf,
  },
};

function conflictOf(row: Row, origin: OriginName): Omit<Conflict, 'node'> {
  const relation = textOf(row, 'relname') ?? '';
  const [schema, table] = unquoteQualified(relation) ?? [null, relation];
  return {
    id: textOf(row, 'id') ?? '',
    at: textOf(row, 'log_time') ?? '',
    schema,
    table,
    index: textOf(row, 'idxname'),
    type: textOf(row, 'conflict_type') ?? '',
    resolution: textOf(row, 'conflict_resolution') ?? '',
    localOrigin: origin(textOf(row, 'local_origin')),
    localTuple: tupleOf(textOf(row, 'local_tuple')),
    localXid: textOf(row, 'local_xid'),
    localAt: textOf(row, 'local_timestamp'),
    remoteOrigin: origin(textOf(row, 'remote_origin')),
    remoteTuple: tupleOf(textOf(row, 'remote_tuple')),
    remoteXid: textOf(row, 'remote_xid'),
    remoteAt: textOf(row, 'remote_timestamp'),
    remoteLsn: textOf(row, 'remote_lsn'),
  };
}

function exceptionOf(row: Row, origin: OriginName): Omit<Exception, 'node'> {
  const key = keyOf(row, '');
  return {
    id: [key.origin, key.at, key.commandCounter, key.retryAt].join(':'),
    at: key.retryAt,
    origin: origin(String(key.origin)),
    commitAt: key.at,
    xid: textOf(row, 'remote_xid'),
    commandCounter: key.commandCounter,
    // Spock 6 writes '' where it could not find the relation.
    schema: textOf(row, 'table_schema') || null,
    table: textOf(row, 'table_name') || null,
    operation: textOf(row, 'operation'),
    localTuple: tupleOf(textOf(row, 'local_tup')),
    remoteOldTuple: tupleOf(textOf(row, 'remote_old_tup')),
    remoteNewTuple: tupleOf(textOf(row, 'remote_new_tup')),
    ddl: withoutSecrets(textOf(row, 'ddl_statement')),
    message: withoutSecrets(shownStart(textOf(row, 'error_message') ?? '', MESSAGE_BYTES)) ?? '',
    status: textOf(row, 'status'),
  };
}

/** ALTER ROLE … PASSWORD is replicated like other statements. */
const withoutSecrets = (text: string | null): string | null => (text === null ? null : maskSecrets(text));

function keyOf(row: Row, node: string): ExceptionKey {
  return {
    at: textOf(row, 'remote_commit_ts') ?? '',
    node,
    origin: numberOf(row, 'remote_origin') ?? 0,
    commandCounter: numberOf(row, 'command_counter') ?? 0,
    retryAt: textOf(row, 'retry_errored_at') ?? '',
  };
}
