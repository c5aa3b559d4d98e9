/** One connection to a node, every wait on the console's own clock. */
import type { Duplex } from 'node:stream';
import pg from 'pg';
import { maskSecrets } from '#core/dsn/free-text.ts';
import { DsnError } from '#core/dsn/parse.ts';
import { hostAndPort } from '#core/dsn/place.ts';
import type { Row } from '#core/engines/engine.ts';
import { type TlsMaterial, tlsMaterial } from './dsn-files.ts';
import { dsnFailure, metNobody, type NodeFailure, nodeFailure, timeoutFailure } from './failure.ts';
import { isUnixSocket, type SessionAttrs, type Target, type Targets } from './targets.ts';
import { WireFault } from './wire/fault.ts';
import { Link } from './wire/link.ts';
import { valueReaders } from './wire/values.ts';

export interface StatementResult {
  rows: Row[];
  /** Rows touched, as the command tag says; null where it says none. */
  rowCount: number | null;
  command: string;
}

export type Outcome<T> = { ok: true; value: T } | { ok: false; error: NodeFailure };

export class Connection {
  readonly #client: pg.Client;
  readonly #link: Link;
  readonly #password: string | null;
  /** `host:port` of the server that answered. */
  readonly where: string;
  /** Called with what the server says besides its answers, passwords masked; null: nobody listens. */
  onNotice: ((notice: { severity: string; message: string }) => void) | null = null;
  /** By its text, what is prepared here; null: a pooler stands between, nothing may be prepared; undefined: not known yet. */
  prepared: Map<string, string> | null | undefined = undefined;
  #closed = false;

  constructor(client: pg.Client, link: Link, where: string, password: string | null) {
    this.#client = client;
    this.#link = link;
    this.where = where;
    this.#password = password;
    // Without a listener an 'error' of an idle connection would end the process.
    client.on('error', () => this.destroy());
    client.on('end', () => {
      this.#closed = true;
    });
    client.on('notice', ({ severity, message }) => {
      this.onNotice?.({ severity: severity ?? 'NOTICE', message: maskSecrets(message ?? '') });
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
    return this.backendPid !== null && Number(backendPid) !== this.backendPid;
  }

  /** The server's process, as the key to cancel by says; behind a pooler it is somebody else's. */
  get backendPid(): number | null {
    return (this.#client as unknown as { processID: number | null }).processID;
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
    setTimeout(() => this.#link.destroy(), 500).unref();
  }

  destroy(): void {
    this.#closed = true;
    this.#link.destroy();
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
  const material = await readMaterial(targets, budgetMs);
  if (!material.ok) return material;
  for (const wanted of rounds) {
    for (const [index, host] of hosts.entries()) {
      const left = end - performance.now();
      if (left <= 0) break;
      // A dead first host must leave time for the others.
      const share = Math.max(left / (hosts.length - index), 500);
      const wait = Math.min(targets.connectTimeoutMs ?? perHostMs, perHostMs, share, left);
      const outcome = await openHost(host, targets, material.value, wanted, wait);
      if (outcome.ok) return outcome;
      failures.push(outcome.error);
    }
  }
  const last =
    failures.at(-1) ?? timeoutFailure(hosts.map(hostAndPort).join(', '), budgetMs, 'did not answer');
  const { silent: _, ...told } = last;
  const all: NodeFailure =
    failures.length >= hosts.length && failures.every(({ silent }) => silent)
      ? { ...told, silent: true }
      : told;
  if (new Set(failures.map((failure) => failure.message)).size < 2) return { ok: false, error: all };
  return { ok: false, error: { ...all, message: failures.map((failure) => failure.message).join(' ') } };
}

/** The files that the DSN names; null: without TLS. */
async function readMaterial(targets: Targets, budgetMs: number): Promise<Outcome<TlsMaterial | null>> {
  if (!targets.ways.includes('tls') || targets.hosts.every(isUnixSocket)) return { ok: true, value: null };
  try {
    const material = await within(tlsMaterial(targets.tls), budgetMs);
    // On a network's file system that hangs.
    if (material === LATE) throw new DsnError('The files that the DSN names could not be read in time.');
    return { ok: true, value: material };
  } catch (error) {
    if (error instanceof DsnError) return { ok: false, error: dsnFailure(error) };
    throw error;
  }
}

type Attempt = { ok: true; value: Connection } | { ok: false; error: NodeFailure; mayTryOtherWay: boolean };

async function openHost(
  target: Target,
  targets: Targets,
  material: TlsMaterial | null,
  wanted: SessionAttrs,
  waitMs: number,
): Promise<Outcome<Connection>> {
  const end = performance.now() + waitMs;
  let attempt: Attempt | undefined;
  for (const way of isUnixSocket(target) ? (['plain'] as const) : targets.ways) {
    const tls = way === 'plain' ? null : material;
    attempt = await openOnce(target, targets, tls, end - performance.now(), waitMs);
    if (attempt.ok || !attempt.mayTryOtherWay) break;
  }
  if (attempt === undefined || !attempt.ok || wanted === 'any') return attempt as Outcome<Connection>;
  return checkSession(attempt.value, wanted, Math.max(end - performance.now(), 500));
}

async function openOnce(
  target: Target,
  targets: Targets,
  tls: TlsMaterial | null,
  leftMs: number,
  saidMs: number,
): Promise<Attempt> {
  const where = hostAndPort(target);
  const link = new Link({
    ...target,
    tls: tls && { ...tls, direct: targets.tls.direct },
    policy: targets.policy,
  });
  const client = new pg.Client({
    host: target.host,
    port: target.port,
    user: targets.user,
    database: targets.database,
    // A function, since a missing password would make the driver look into PGPASSWORD and ~/.pgpass.
    password: () => targets.password ?? '',
    application_name: 'tricorder',
    // The link does TLS, so that the driver gets nothing that is not guarded.
    ssl: false,
    enableChannelBinding: tls !== null && targets.policy.channelBinding !== 'disable',
    stream: () => link as unknown as Duplex,
    keepAlive: true,
    types: valueReaders,
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
    if (connected !== LATE) return { ok: true, value: new Connection(client, link, where, targets.password) };
    link.destroy();
    const late = timeoutFailure(where, saidMs, 'did not answer');
    return {
      ok: false,
      error: link.heard ? late : { ...late, silent: true },
      mayTryOtherWay: false,
    };
  } catch (error) {
    link.destroy();
    const failure = nodeFailure(error, where, targets.password);
    const silent = !link.heard && metNobody(error);
    return {
      ok: false,
      error: silent ? { ...failure, silent } : failure,
      mayTryOtherWay: mayTryOtherWay(error, failure),
    };
  }
}

/** sslmode allow and prefer: the server may take the other way. Not after a time-out or a wrong password. */
const mayTryOtherWay = (error: unknown, { sqlstate }: NodeFailure): boolean =>
  sqlstate === '28000' || (error instanceof WireFault && error.mayTryOtherWay);

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
      code: 'unavailable',
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
