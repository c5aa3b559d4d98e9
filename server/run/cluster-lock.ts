/**
 * Two consoles must not change one cluster at a time: a run holds an advisory lock on every node that it touches, each on a
 * connection of its own. Through a transaction pooler it would lock nothing, so a pooler is refused. The lock ends with its
 * connection, also when the console is killed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import type { StepFailure } from './step-failure.ts';

type Refusal = StepFailure['error'];

/** "TRIC" and "ORDR": two keys of 32 bits, which pg_locks shows as classid and objid. */
const KEY = [0x54524943, 0x4f524452] as const;
const LOCK = `SELECT pg_catalog.pg_backend_pid() AS pid, pg_catalog.pg_try_advisory_lock(${KEY.join(', ')}) AS held`;
const HOLDER = `
SELECT concat_ws(', ', nullif(a.application_name, ''), 'from ' || coalesce(host(a.client_addr), 'this host'),
                 'since ' || to_char(a.backend_start AT TIME ZONE 'UTC', 'HH24:MI:SS') || ' UTC') AS holder
  FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
 WHERE l.locktype = 'advisory' AND l.classid = ${KEY[0]} AND l.objid = ${KEY[1]} AND l.granted
   AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`;
const UNLOCK = `SELECT pg_catalog.pg_advisory_unlock(${KEY.join(', ')})`;
const UNLOCK_MS = 1000;
/** A console that was killed has gone, and a busy server has not yet noticed. */
const LEAVING_MS = 2000;
const LOOK_MS = 100;
const CONNECT_MS = 3000;
/** A server that has just come back may still refuse. */
const TRIES = 3;

export class ClusterLock {
  readonly #dsns: Map<string, string>;
  readonly #held = new Map<string, Connection>();
  /** Steps that run side by side ask for one lock at once. */
  readonly #asking = new Map<string, Promise<Refusal | null>>();

  constructor(dsns: ReadonlyMap<string, string>) {
    this.#dsns = new Map(dsns);
  }

  /** Takes the lock on all nodes. What another console holds is named; nodes that do not answer are not. */
  async take(): Promise<{ node: string; refusal: Refusal }[]> {
    const all = await Promise.all(
      [...this.#dsns.keys()].map(async (node) => ({ node, refusal: await this.hold(node) })),
    );
    return all.flatMap(({ node, refusal }) =>
      refusal === null || refusal.sqlstate !== HELD_ELSEWHERE ? [] : [{ node, refusal }],
    );
  }

  /** Null: it is held on `node`, or the node is none of this run's. */
  hold(node: string): Promise<Refusal | null> {
    const asking = this.#asking.get(node) ?? this.#hold(node).finally(() => this.#asking.delete(node));
    this.#asking.set(node, asking);
    return asking;
  }

  async #hold(node: string): Promise<Refusal | null> {
    const dsn = this.#dsns.get(node);
    const held = this.#held.get(node);
    if (dsn === undefined || (held !== undefined && !held.closed)) return null;
    const until = Date.now() + LEAVING_MS;
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#open(node, dsn);
      if (outcome === null) return null;
      const mayPass = outcome.sqlstate === HELD_ELSEWHERE ? Date.now() < until : attempt < TRIES;
      if (!mayPass) return outcome;
      if (outcome.sqlstate === HELD_ELSEWHERE) await sleep(LOOK_MS);
    }
  }

  /** Resolves when the nodes have let go, so that what comes next does not meet this lock; one that does not answer is left. */
  async release(): Promise<void> {
    const held = [...this.#held.values()];
    this.#held.clear();
    this.#dsns.clear();
    await Promise.all(
      held.map(async (connection) => {
        if (!connection.closed) await connection.run(UNLOCK, UNLOCK_MS);
        connection.close();
      }),
    );
  }

  async #open(node: string, dsn: string): Promise<Refusal | null> {
    const opened = await openConnection(connectionTargets(dsn), CONNECT_MS, CONNECT_MS * 2);
    if (!opened.ok)
      return refusal(opened.error.message, opened.error.sqlstate, `Bring ${node} back, then resume.`);
    const connection = opened.value;
    const outcome = await connection.run(LOCK, CONNECT_MS);
    const row = outcome.ok ? outcome.value[0]?.rows[0] : undefined;
    if (!outcome.ok) {
      connection.close();
      return refusal(outcome.error.message, outcome.error.sqlstate, `Check ${node}, then resume.`);
    }
    if (connection.isPooled(row?.pid)) {
      connection.close();
      return refusal(
        `${node} is reached through a pooler, where the lock would have no effect.`,
        HELD_ELSEWHERE,
        `Give the server's own address for ${node}.`,
      );
    }
    if (row?.held !== true) {
      const asked = await connection.run(HOLDER, CONNECT_MS);
      connection.close();
      const holder = asked.ok ? String(asked.value[0]?.rows[0]?.holder ?? '') : '';
      return refusal(
        `Another console is changing ${node}${holder === '' ? '' : ` (${holder})`}.`,
        HELD_ELSEWHERE,
        'Wait until it ends, or cancel it there.',
      );
    }
    if (this.#dsns.has(node)) this.#held.set(node, connection);
    else connection.close();
    return null;
  }
}

/** lock_not_available, as PostgreSQL calls it. */
const HELD_ELSEWHERE = '55P03';

function refusal(message: string, sqlstate: string | null, remedy: string): Refusal {
  return {
    code: sqlstate === HELD_ELSEWHERE ? 'other-console' : 'unreachable',
    message,
    sqlstate,
    statement: null,
    cause: null,
    remedy,
  };
}
