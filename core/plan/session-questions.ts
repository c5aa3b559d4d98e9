/** Sessions of any PostgreSQL: what they do, and who waits for them. */
import type { Row } from '#core/engines/engine.ts';
import type { ObservedSession } from '#core/model/observed.ts';

/** Of a row of pg_stat_activity: when the session began, so that another one of the same pid is another. */
export const startedAt = (row: string): string => `extract(epoch FROM ${row}.backend_start)::text`;

/** Row `w` waits for a lock that the session of this pid holds. */
const waitsFor = (pid: string): string =>
  `w.wait_event_type = 'Lock' AND ${pid} = ANY (pg_blocking_pids(w.pid))`;

/** No row: it has ended. */
export const sessionQuestion = (pid: number): string =>
  `SELECT a.pid, ${startedAt('a')} AS started_at, a.backend_type AS type, a.datname::text AS database, a.state, left(a.query, 500) AS query,
    concat_ws(', ', a.usename, nullif(a.application_name, ''), coalesce(host(a.client_addr), 'local')) AS who,
    extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS open_seconds, a.application_name = 'tricorder' AS own,
    (SELECT coalesce(json_agg(json_build_object('pid', w.pid, 'type', w.backend_type, 'query', left(w.query, 200),
              'seconds', extract(epoch FROM clock_timestamp() - l.waitstart)) ORDER BY w.pid), '[]')
       FROM pg_stat_activity w LEFT JOIN LATERAL (SELECT min(k.waitstart) AS waitstart FROM pg_locks k WHERE k.pid = w.pid AND NOT k.granted) l ON true
      WHERE ${waitsFor('a.pid')}) AS waiting
  FROM pg_stat_activity a WHERE a.pid = ${pid}`;

const textOrNull = (value: unknown): string | null => (value == null || value === '' ? null : String(value));
const numberOrNull = (value: unknown): number | null => (value == null ? null : Number(value));

export const decodeSession = (row: Row): ObservedSession => ({
  pid: Number(row.pid),
  startedAt: String(row.started_at),
  type: textOrNull(row.type),
  who: String(row.who),
  database: textOrNull(row.database),
  state: textOrNull(row.state),
  query: textOrNull(row.query),
  openSeconds: numberOrNull(row.open_seconds),
  own: row.own === true,
  waiting: (row.waiting as Row[]).map((each) => ({
    pid: Number(each.pid),
    type: String(each.type),
    query: textOrNull(each.query),
    seconds: numberOrNull(each.seconds),
  })),
});

/** A condition for row `a`: the same session still. */
export const isSession = (pid: number, started: string): string =>
  `a.pid = ${pid} AND ${startedAt('a')} = '${started}'`;

/** One boolean: somebody waits for it. */
export const isWaitedFor = (pid: number, started: string): string =>
  `EXISTS (SELECT FROM pg_stat_activity a JOIN pg_stat_activity w ON ${waitsFor('a.pid')} WHERE ${isSession(pid, started)})`;
