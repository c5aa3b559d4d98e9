/**
 * For tests: a mesh of three nodes, deployed as the page deploys one and watched as the console watches it, on whatever
 * engine the product finds on this machine. What a test does to a node it does behind the console's back.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { parseDsn } from '#core/dsn/parse.ts';
import type { LinkSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { createLog, type Log, silentLog } from '#server/log.ts';
import type { Watcher } from '#server/observe/watcher.ts';
import type { Watchers } from '#server/observe/watchers.ts';
import { postmasterOf, processesIn, signal } from '#server/sandbox/processes.ts';
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import type { Registry } from '#server/store/registry.ts';
import { becomes } from '#server/testing/becomes.ts';
import { deleteDataDir, ended, openConsole } from '#server/testing/test-console.ts';

export const CLUSTER = 'truth';
export const NODES = ['n1', 'n2', 'n3'] as const;
export type Node = (typeof NODES)[number];

type Row = Record<string, unknown>;

export class Mesh {
  /** `Spock 5.0.11, PostgreSQL 15.18`. */
  readonly engine: string;
  readonly registry: Registry;
  readonly sandboxes: Sandboxes;
  readonly watchers: Watchers;
  readonly #close: () => Promise<void>;
  readonly #pools = new Map<string, pg.Pool>();

  constructor(
    engine: string,
    parts: { registry: Registry; sandboxes: Sandboxes; watchers: Watchers },
    close: () => Promise<void>,
  ) {
    this.engine = engine;
    this.registry = parts.registry;
    this.sandboxes = parts.sandboxes;
    this.watchers = parts.watchers;
    this.#close = close;
  }

  get watcher(): Watcher {
    const watcher = this.watchers.get(CLUSTER);
    if (watcher === undefined) throw new Error('the mesh is not watched');
    return watcher;
  }

  snapshot(): Snapshot {
    return this.watcher.snapshot;
  }

  link(provider: string, receiver: string): LinkSnapshot {
    return linkOf(this.snapshot(), provider, receiver);
  }

  dsn(node: string): string {
    return this.sandboxes.get(CLUSTER).dsn(node);
  }

  #config(node: string): pg.PoolConfig {
    const { values } = parseDsn(this.dsn(node));
    return {
      host: values.get('host') ?? '127.0.0.1',
      port: Number(values.get('port')),
      database: values.get('dbname') ?? 'demo',
      user: values.get('user') ?? '',
      password: values.get('password') ?? '',
    };
  }

  /** A connection of its own, for transactions that stay open. The caller ends it. */
  async client(node: string): Promise<pg.Client> {
    const client = new pg.Client(this.#config(node) as pg.ClientConfig);
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Rows of the last statement. Throws the server's own error. */
  async sql<T extends Row = Row>(node: string, text: string, values?: unknown[]): Promise<T[]> {
    let pool = this.#pools.get(node);
    if (pool === undefined) {
      pool = new pg.Pool({ ...this.#config(node), max: 3, idleTimeoutMillis: 5000, keepAlive: true });
      // A server that is stopped takes its idle connections with it: that is meant.
      pool.on('error', () => undefined);
      this.#pools.set(node, pool);
    }
    const result = await pool.query(values === undefined ? { text } : { text, values });
    const last = Array.isArray(result) ? result.at(-1) : result;
    return (last?.rows ?? []) as T[];
  }

  /** First column of the first row. */
  async value(node: string, text: string, values?: unknown[]): Promise<unknown> {
    return Object.values((await this.sql(node, text, values))[0] ?? {})[0];
  }

  /** A change of the catalogs, which the server counts at once instead of within some seconds. */
  async ddl(node: string, text: string): Promise<void> {
    await this.sql(node, `${text}; SELECT pg_stat_force_next_flush()`);
  }

  /** The same on every node, one after the other, by no way of replication. */
  async everywhere(text: string, nodes: readonly string[] = NODES): Promise<void> {
    for (const node of nodes) await this.sql(node, text);
  }

  /** A table on all nodes, in set default on all. */
  async table(name: string, columns: string): Promise<void> {
    for (const node of NODES) {
      await this.sql(node, `CREATE TABLE ${name} (${columns})`);
      await this.sql(node, 'SELECT spock.repset_add_table($1, $2)', ['default', name]);
    }
  }

  async subscribe(receiver: string, provider: string, options = ''): Promise<void> {
    await this.sql(
      receiver,
      `SELECT spock.sub_create(subscription_name := $1, provider_dsn := $2,
         replication_sets := '{default,default_insert_only,ddl_sql}', forward_origins := '{}'${options && `, ${options}`})`,
      [`sub_${receiver}${provider}`, this.dsn(provider)],
    );
  }

  async unsubscribe(receiver: string, provider: string): Promise<void> {
    await this.sql(receiver, 'SELECT spock.sub_drop($1)', [`sub_${receiver}${provider}`]);
  }

  async stop(node: Node): Promise<void> {
    await this.sandboxes.get(CLUSTER).stopServer(node, 8000);
  }

  async start(node: Node): Promise<void> {
    await this.sandboxes.get(CLUSTER).startServer(node);
  }

  /** Settings that ask for a restart. */
  async restart(node: Node): Promise<void> {
    await this.stop(node);
    await this.start(node);
  }

  /** Every process of the server stands still: connections stay open and nothing answers. */
  async hang(node: Node): Promise<void> {
    await this.#signalAll(node, 'SIGSTOP');
  }

  async wake(node: Node): Promise<void> {
    await this.#signalAll(node, 'SIGCONT');
  }

  async #signalAll(node: Node, name: NodeJS.Signals): Promise<void> {
    const folder = join(this.sandboxes.get(CLUSTER).manifest.folder, node);
    // The main process first: one that stands still starts no other.
    const master = await postmasterOf(folder);
    if (master !== null) signal(master.pid, name);
    for (const { pid } of await processesIn(folder)) signal(pid, name);
  }

  /** The first snapshot, of nodes that were all read after now, that is as wanted. Throws with what the last one said. */
  async until(what: string, wanted: (snapshot: Snapshot) => boolean, withinMs: number): Promise<Snapshot> {
    const signal = AbortSignal.timeout(withinMs);
    const since = Date.now();
    for await (const _ of this.watcher.stream.read(undefined, signal)) {
      const snapshot = this.snapshot();
      const isFresh = snapshot.nodes.every(
        ({ state, observedAt }) => state !== 'up' || Date.parse(observedAt ?? '') >= since,
      );
      if (isFresh && wanted(snapshot)) return snapshot;
    }
    throw new Error(`not within ${withinMs / 1000} s: ${what}. ${told(this.snapshot())}`);
  }

  /** All links replicate, nothing waits, all nodes answer. */
  async settled(withinMs = 30_000): Promise<Snapshot> {
    return this.until('all links replicate', isSettled, withinMs);
  }

  becomes(node: string, text: string, wanted: unknown, withinMs = 20_000): Promise<void> {
    return becomes(wanted, () => this.value(node, text), `${text} on ${node}`, withinMs);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.end()));
    await this.#close();
  }
}

/** Deploys the mesh; traffic is off. `TRUTH_LOG` shows what the console logs. */
export async function openMesh(): Promise<Mesh> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tricorder-truth-'));
  const log: Log = process.env.TRUTH_LOG ? createLog() : silentLog;
  const { registry, sandboxes, watchers, runner, stop } = openConsole(dataDir, log);
  // A run that is interrupted leaves no server behind.
  const quitServers = () => {
    for (const { pid } of sandboxes.info(CLUSTER)?.servers ?? []) if (pid !== null) signal(pid, 'SIGQUIT');
  };
  process.once('exit', quitServers);
  const close = async () => {
    process.off('exit', quitServers);
    await stop();
    await deleteDataDir(dataDir);
  };
  try {
    const plan = await runner.plan({ kind: 'deploy', target: 'sandbox', name: CLUSTER });
    const run = await ended({ runner }, (await runner.start(plan.id)).id);
    if (run.state !== 'succeeded') {
      const failed = run.steps.find((step) => step.error !== null);
      throw new Error(`the mesh was not deployed: ${run.state}, ${JSON.stringify(failed)}`);
    }
    await sandboxes.setTraffic(CLUSTER, { on: false });
    const { serverVersion, spockVersion } = sandboxes.get(CLUSTER).manifest.engine;
    const engine = `${spockVersion === null ? 'the stand-in' : `Spock ${spockVersion}`}, PostgreSQL ${serverVersion}`;
    const mesh = new Mesh(engine, { registry, sandboxes, watchers }, close);
    await mesh.settled();
    return mesh;
  } catch (error) {
    await close();
    throw error;
  }
}

export function linkOf(snapshot: Snapshot, provider: string, receiver: string): LinkSnapshot {
  const link = snapshot.links.find((each) => each.provider === provider && each.receiver === receiver);
  if (link === undefined) throw new Error(`no link ${provider} → ${receiver}`);
  return link;
}

export const isSettled = ({ nodes, links }: Snapshot): boolean =>
  nodes.length === NODES.length &&
  nodes.every((node) => node.state === 'up') &&
  links.every((link) => link.state === 'replicating' && link.lagSeconds === 0);

/** Findings of a code, those that match `subject` only. */
export function findingsOf(snapshot: Snapshot, code: string, subject: Record<string, string> = {}) {
  return snapshot.findings.filter(
    (finding) =>
      finding.code === code &&
      Object.entries(subject).every(
        ([name, value]) => (finding.subject as Record<string, unknown>)[name] === value,
      ),
  );
}

function told({ nodes, links, findings }: Snapshot): string {
  return [
    `Nodes: ${nodes.map(({ name, state, error }) => `${name} ${state} ${error?.message ?? ''}`).join('; ')}`,
    `links: ${links.map((link) => `${link.provider}>${link.receiver} ${link.state} ${link.lagSeconds} (${link.reason})`).join('; ')}`,
    `findings: ${findings.map(({ code, title }) => `${code}: ${title}`).join('; ')}`,
  ].join('. ');
}
