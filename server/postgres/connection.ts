/** One connection to a node, every wait on the console's own clock. */
import { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import type { Row } from '#core/engines/engine.ts';
import { maskDsn } from './dsn.ts';
import { type NodeFailure, nodeFailure, timeoutFailure } from './failure.ts';
import { hostAndPort, isSocket, type SessionAttrs, type Target, type Targets } from './targets.ts';

export interface StatementResult {
  rows: Row[];
  /** Rows touched, as the command tag says; null where it says none. */
  rowCount: number | null;
  command: string;
}

export type Outcome<T> = { ok: true; value: T } | { ok: false; error: NodeFailure };

export class Connection {
  readonly #client: pg.Client;
  readonly #socket: Socket;
  readonly #password: string | null;
  /** `host:port` of the server that answered. */
  readonly where: string;
  /** Called with what the server says besides its answers, passwords masked; null: nobody listens. */
  onNotice: ((notice: { severity: string; message: string }) => void) | null = null;
  /** By its text, what is prepared here; null: a pooler stands between, nothing may be prepared; undefined: not known yet. */
  prepared: Map<string, string> | null | undefined = undefined;
  #closed = false;

  constructor(client: pg.Client, socket: Socket, where: string, password: string | null) {
    this.#client = client;
    this.#socket = socket;
    this.where = where;
    this.#password = password;
    // Without a listener an 'error' of an idle connection would end the process.
    client.on('error', () => this.destroy());
    client.on('end', () => {
      this.#closed = true;
    });
    client.on('notice', ({ severity, message }) => {
      this.onNotice?.({ severity: severity ?? 'NOTICE', message: maskDsn(message ?? '') });
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Whether a pooler stands between: it gives each client a key of its own to cancel by, so that the process id in
   * that key is not the one that the server says (`SELECT pg_backend_pid()`).
   */
  isPooled(backendPid: unknown): boolean {
    const { processID } = this.#client as unknown as { processID: number | null };
    return processID !== null && Number(backendPid) !== processID;
  }

  /**
   * Sends `text` (several statements without `values`: the simple protocol, as pgbouncer's transaction mode wants it)
   * and waits at most `deadlineMs`. A time-out destroys the connection: what it would still say belongs to nobody.
   */
  async run(text: string, deadlineMs: number, values?: unknown[]): Promise<Outcome<StatementResult[]>> {
    if (this.#closed) return { ok: false, error: nodeFailure(new Error('closed'), this.where, null) };
    try {
      const pending = this.#client.query(values === undefined ? { text } : { text, values });
      const answer: unknown = await within(pending, deadlineMs);
      if (answer === LATE) {
        this.destroy();
        return { ok: false, error: timeoutFailure(this.where, deadlineMs, 'did not answer a query') };
      }
      const results = (Array.isArray(answer) ? answer : [answer]) as pg.QueryResult<Row>[];
      return {
        ok: true,
        value: results.map(({ rows, rowCount, command }) => ({ rows, rowCount, command })),
      };
    } catch (error) {
      const failure = nodeFailure(error, this.where, this.#password);
      // 57P01 and its like end the session on the server's side.
      if (failure.sqlstate === null || failure.sqlstate.startsWith('57P')) this.destroy();
      return { ok: false, error: failure };
    }
  }

  /** Says good-bye to the server, without waiting for it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#client.end().catch(() => {});
    const socket = this.#socket;
    setTimeout(() => socket.destroy(), 500).unref();
  }

  destroy(): void {
    this.#closed = true;
    this.#socket.destroy();
  }
}

const LATE = Symbol('late');

/** `promise`, or LATE. What comes later, good or bad, is dropped. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | typeof LATE> {
  promise.catch(() => {});
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>((resolve) => {
    // Once more through the loop: when the process itself was held up, an answer may be waiting to be read.
    timer = setTimeout(() => setImmediate(() => setImmediate(() => resolve(LATE))), Math.max(ms, 0));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Tries the hosts in order (any order with load_balance_hosts=random) until one is let in and is what
 * target_session_attrs asks for. `perHostMs` each, `budgetMs` in all.
 */
export async function openConnection(
  targets: Targets,
  perHostMs: number,
  budgetMs: number,
): Promise<Outcome<Connection>> {
  const end = performance.now() + budgetMs;
  const hosts = targets.shuffle ? shuffled(targets.hosts) : targets.hosts;
  // libpq's prefer-standby: a round for standbys, then one for anything.
  const rounds: SessionAttrs[] =
    targets.sessionAttrs === 'prefer-standby' ? ['standby', 'any'] : [targets.sessionAttrs];
  const failures: NodeFailure[] = [];
  for (const wanted of rounds) {
    for (const [index, host] of hosts.entries()) {
      const left = end - performance.now();
      if (left <= 0) break;
      // A dead first host must leave time for the others.
      const share = Math.max(left / (hosts.length - index), 500);
      const wait = Math.min(targets.connectTimeoutMs ?? perHostMs, perHostMs, share, left);
      const outcome = await openHost(host, targets, wanted, wait);
      if (outcome.ok) return outcome;
      failures.push(outcome.error);
    }
  }
  const last =
    failures.at(-1) ?? timeoutFailure(hosts.map(hostAndPort).join(', '), budgetMs, 'did not answer');
  if (new Set(failures.map((failure) => failure.message)).size < 2) return { ok: false, error: last };
  return { ok: false, error: { ...last, message: failures.map((failure) => failure.message).join(' ') } };
}

async function openHost(
  target: Target,
  targets: Targets,
  wanted: SessionAttrs,
  waitMs: number,
): Promise<Outcome<Connection>> {
  const end = performance.now() + waitMs;
  let outcome: Outcome<Connection> | undefined;
  const ways = isSocket(target) ? [null] : targets.tls;
  for (const tls of ways) {
    outcome = await openOnce(target, targets, tls, end - performance.now(), waitMs);
    if (outcome.ok || !mayTryOtherwise(outcome.error)) break;
  }
  if (outcome === undefined || !outcome.ok || wanted === 'any') return outcome as Outcome<Connection>;
  return checkSession(outcome.value, wanted, Math.max(end - performance.now(), 500));
}

/** sslmode allow and prefer: the server may take the other way. Not after a time-out or a wrong password. */
function mayTryOtherwise(error: NodeFailure): boolean {
  return (
    error.sqlstate === '28000' || (error.sqlstate === null && /SSL|TLS|certificate/i.test(error.message))
  );
}

async function openOnce(
  target: Target,
  targets: Targets,
  tls: ConnectionOptions | null,
  leftMs: number,
  saidMs: number,
): Promise<Outcome<Connection>> {
  const where = hostAndPort(target);
  const socket = new Socket();
  if (target.hostaddr !== null) {
    const address = target.hostaddr;
    const connect = socket.connect.bind(socket) as (port: number, host: string) => Socket;
    socket.connect = ((port: number) => connect(port, address)) as typeof socket.connect;
  }
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    user: targets.user,
    database: targets.database,
    // A function, since a missing password would make the driver look into PGPASSWORD and ~/.pgpass.
    password: () => targets.password ?? '',
    application_name: 'tricorder',
    ssl: tls === null ? false : { ...tls },
    ...(targets.directTls ? { sslnegotiation: 'direct' } : {}),
    stream: () => socket,
    keepAlive: true,
  } as pg.ClientConfig);
  // The driver fills these from the environment (PGOPTIONS, ...), and pgbouncer refuses them.
  Object.assign((client as unknown as { connectionParameters: object }).connectionParameters, {
    options: undefined,
    replication: undefined,
    fallback_application_name: undefined,
  });
  client.on('error', () => {});
  try {
    const connected = await within(client.connect(), leftMs);
    if (connected !== LATE)
      return { ok: true, value: new Connection(client, socket, where, targets.password) };
    socket.destroy();
    return { ok: false, error: timeoutFailure(where, saidMs, 'did not answer') };
  } catch (error) {
    socket.destroy();
    return { ok: false, error: nodeFailure(error, where, targets.password) };
  }
}

async function checkSession(
  connection: Connection,
  wanted: SessionAttrs,
  leftMs: number,
): Promise<Outcome<Connection>> {
  const answer = await connection.run(
    "SELECT pg_catalog.pg_is_in_recovery() AS standby, pg_catalog.current_setting('transaction_read_only') AS read_only",
    leftMs,
  );
  if (!answer.ok) {
    connection.destroy();
    return answer;
  }
  const row = answer.value[0]?.rows[0] ?? {};
  const standby = row.standby === true;
  const readOnly = row.read_only === 'on';
  const fits = {
    any: true,
    'read-write': !readOnly,
    'read-only': readOnly,
    primary: !standby,
    standby,
    'prefer-standby': true,
  }[wanted];
  if (fits) return { ok: true, value: connection };
  connection.close();
  const is = standby ? 'a standby' : readOnly ? 'read-only' : 'a primary';
  return {
    ok: false,
    error: {
      code: 'refused',
      message: `${connection.where} is ${is}, and target_session_attrs asks for ${wanted}.`,
      sqlstate: null,
      detail: null,
    },
  };
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
