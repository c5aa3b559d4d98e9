/**
 * What a statement waits for that takes long: looked at from a second connection, so that its failure can name it. A commit that
 * waits for a synchronous standby which does not answer is ended: nothing else would (statement_timeout is off by then, postgres.c,
 * finish_xact_command), its locks would stay, and others would not see it. It has committed on this server then.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '#core/engines/engine.ts';
import { startedAt } from '#core/plan/session-questions.ts';
import { type Connection, type Outcome, openConnection } from '#server/postgres/connection.ts';
import type { HeldUp } from '#server/postgres/failure.ts';
import { connectionTargets } from '#server/postgres/targets.ts';

const LOOK_AFTER_MS = 2000;
const LOOK_EVERY_MS = 1000;
const ANSWER_MS = 3000;
/** A standby that is connected may be slow; where none is, nobody will answer. */
const STANDBY_ABSENT_MS = 3000;
const STANDBY_SLOW_MS = 20_000;
/** A server that lets nobody in for this long, and says nothing either, does not answer. */
const SILENT_MS = 20_000;

/** Whether commits wait for a standby that is not there (pg_stat_replication.sync_state; monitoring-stats.html). */
export const STANDBY_ABSENT = `current_setting('synchronous_standby_names') <> '' AND NOT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum') AND state = 'streaming')`;

const look = (pid: number): string => `SELECT a.wait_event_type AS type, a.wait_event AS event,
       current_setting('synchronous_standby_names') AS standbys, ${STANDBY_ABSENT} AS absent,
       (SELECT string_agg(CASE WHEN h.pid IS NULL THEN coalesce((SELECT format('prepared transaction %L of %s, prepared at %s', x.gid, x.owner, x.prepared)
                                                                   FROM pg_prepared_xacts x ORDER BY x.prepared LIMIT 1), 'a prepared transaction')
                               ELSE format('process %s (%s), in a transaction since %s%s', h.pid, concat_ws(', ', h.usename, nullif(h.application_name, '')), h.xact_start, ': ' || left(nullif(h.query, ''), 200)) END, '; ')
          FROM unnest(pg_blocking_pids(a.pid)) b(pid) LEFT JOIN pg_stat_activity h ON h.pid = b.pid) AS holders,
       (SELECT coalesce(json_agg(json_build_object('pid', h.pid, 'startedAt', ${startedAt('h')})), '[]')
          FROM unnest(pg_blocking_pids(a.pid)) b(pid) JOIN pg_stat_activity h ON h.pid = b.pid AND h.backend_type = 'client backend') AS blockers
  FROM pg_stat_activity a WHERE a.pid = ${pid}`;

const dsns = new WeakMap<Connection, string>();

/** Says how a second connection to the same server is made. */
export function watchable(connection: Connection, dsn: string): void {
  dsns.set(connection, dsn);
}

/**
 * Runs a statement of `connection` and watches it. A failure carries what it last waited for; one that a standby did not answer
 * is a failure although it has committed.
 */
export async function heldUp<T>(connection: Connection, run: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  const dsn = dsns.get(connection);
  const pid = connection.backendPid;
  if (dsn === undefined || pid === null) return run();
  const over = new AbortController();
  const found: Found = { last: null, unanswered: false, silentSince: null };
  const watching = watch(dsn, connection, pid, found, over.signal);
  const outcome = await run();
  over.abort();
  await watching;
  if (found.silentSince !== null && !outcome.ok && outcome.error.sqlstate === null) {
    const seconds = Math.round((Date.now() - found.silentSince) / 1000);
    return {
      ok: false,
      error: {
        code: 'network',
        message: `${connection.where} has answered neither this statement nor a new connection for ${seconds} s.`,
        sqlstate: null,
        detail: null,
      },
    };
  }
  if (found.unanswered && found.last !== null) {
    return {
      ok: false,
      error: { code: 'query', message: found.last.text, sqlstate: null, detail: null, heldUp: found.last },
    };
  }
  if (outcome.ok || found.last === null) return outcome;
  return { ok: false, error: { ...outcome.error, heldUp: found.last } };
}

interface Found {
  last: HeldUp | null;
  /** The statement was ended since no standby answers. */
  unanswered: boolean;
  /** Null: the server let somebody in, or said why not. */
  silentSince: number | null;
}

/** A second connection; null: there is none to be had, or the statement has ended. Gives the first one up where nobody is let in. */
async function beside(
  dsn: string,
  first: Connection,
  found: Found,
  over: AbortSignal,
): Promise<Connection | null> {
  const began = Date.now();
  while (!over.aborted) {
    const opened = await openConnection(connectionTargets(dsn), ANSWER_MS, ANSWER_MS);
    if (opened.ok) return opened.value;
    if (opened.error.sqlstate !== null || over.aborted) return null;
    if (Date.now() - began >= SILENT_MS) {
      found.silentSince = began;
      first.destroy();
      return null;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal: over }).catch(() => undefined);
  }
  return null;
}

async function watch(
  dsn: string,
  first: Connection,
  pid: number,
  found: Found,
  over: AbortSignal,
): Promise<void> {
  await sleep(LOOK_AFTER_MS, undefined, { signal: over }).catch(() => undefined);
  if (over.aborted) return;
  const connection = await beside(dsn, first, found, over);
  if (connection === null) return;
  let standbySince: number | null = null;
  while (!over.aborted) {
    const outcome = await connection.run(look(pid), ANSWER_MS);
    const row = outcome.ok ? outcome.value[0]?.rows[0] : undefined;
    if (!outcome.ok || over.aborted) break;
    found.last = row === undefined ? null : seen(row);
    standbySince = found.last?.kind === 'standby' ? (standbySince ?? Date.now()) : null;
    if (standbySince !== null && row !== undefined) {
      // The first look comes when it has waited for a while already.
      const waited = Date.now() - standbySince + LOOK_AFTER_MS;
      if (waited >= (row.absent === true ? STANDBY_ABSENT_MS : STANDBY_SLOW_MS)) {
        const ended = await connection.run(`SELECT pg_cancel_backend(${pid})`, ANSWER_MS);
        found.unanswered = ended.ok;
        break;
      }
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal: over }).catch(() => undefined);
  }
  connection.close();
}

/** Null: it works, and waits for nothing. */
function seen({ type, event, standbys, holders, blockers }: Row): HeldUp | null {
  if (event === 'SyncRep') {
    return {
      kind: 'standby',
      text: `The server waits for a synchronous standby that does not answer: synchronous_standby_names = '${String(standbys)}'. The statement has committed on this server alone.`,
    };
  }
  if (type === 'Lock') {
    return {
      kind: 'lock',
      text: `It waits for a lock (${String(event)}) that is held by ${String(holders ?? 'somebody')}.`,
      blockers: blockers as NonNullable<HeldUp['blockers']>,
    };
  }
  return type === null || type === undefined || type === 'Client'
    ? null
    : { kind: 'other', text: `It waits for ${String(type)}: ${String(event)}.` };
}
