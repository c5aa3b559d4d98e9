/**
 * For tests: nodes on servers of their own and a console that watches them, for what cannot be done to the mesh that is deployed once:
 * other servers in a node's place, versions, what others do to a cluster.
 */
import { randomUUID } from 'node:crypto';
import { cpus } from 'node:os';
import pg from 'pg';
import { test } from 'vitest';
import { parseDsn } from '#core/dsn/parse.ts';
import type { Finding } from '#core/model/finding.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { Watcher } from '#server/observe/watcher.ts';
import type { BareServers } from '#server/testing/bare-servers.ts';
import { becomes } from '#server/testing/becomes.ts';
import { type NodeServers, type NodeServersOptions, startNodeServers } from '#server/testing/node-servers.ts';
import { register } from '#server/testing/registered.ts';
import type { TestConsole } from '#server/testing/test-console.ts';
import { Refused } from './suite.ts';

type Row = Record<string, unknown>;

export interface FieldOptions extends Pick<NodeServersOptions, 'spare' | 'settings'> {
  /** How many servers have a node; the names are n1, n2, …. */
  nodes: number;
}

/** n1, n2, …, each subscribed to each other, on the engine that this machine has; and who watches them. */
export class FieldMesh {
  readonly servers: BareServers;
  readonly console: TestConsole;
  readonly names: string[];
  readonly sql: NodeServers['sql'];
  readonly one: NodeServers['one'];
  readonly stop: NodeServers['stop'];

  constructor({ servers, console, sql, one, stop }: NodeServers, names: string[]) {
    this.servers = servers;
    this.console = console;
    this.names = names;
    this.sql = sql;
    this.one = one;
    this.stop = stop;
  }

  /** Null: the stand-in. */
  get spock(): string | null {
    return this.servers.engine.spockVersion;
  }
  get engine(): string {
    const { serverVersion } = this.servers.engine;
    return `${this.spock === null ? 'the stand-in' : `Spock ${this.spock}`}, PostgreSQL ${serverVersion}`;
  }

  at = (node: string): number => Number(node.slice(1));
  dsn = (node: string): string => this.servers.dsn(this.at(node));

  async everywhere(text: string, nodes: readonly string[] = this.names): Promise<void> {
    for (const node of nodes) await this.sql(node, text);
  }

  /** On all nodes, in set default. */
  async table(name: string, columns: string): Promise<void> {
    await this.everywhere(`CREATE TABLE ${name} (${columns})`);
    await this.everywhere(`SELECT spock.repset_add_table('default', '${name}')`);
  }

  async subscribe(receiver: string, provider: string): Promise<void> {
    await this.sql(
      receiver,
      `SELECT spock.sub_create(subscription_name := 'sub_${receiver}${provider}', provider_dsn := '${this.dsn(provider)}',
         replication_sets := '{default,default_insert_only,ddl_sql}', forward_origins := '{}')`,
    );
  }

  /** Registers a cluster of these nodes; it is watched from now on. */
  watch(cluster: string, dsns: Record<string, string>): Watcher {
    register(this.console.registry, cluster, dsns);
    return this.watcher(cluster);
  }

  watcher(cluster = 'field'): Watcher {
    const watcher = this.console.watchers.get(cluster);
    if (watcher === undefined) throw new Error(`${cluster} is not watched`);
    return watcher;
  }

  /** The first snapshot from now on that is as wanted. Throws with what the last one said. */
  async until(
    what: string,
    wanted: (snapshot: Snapshot) => boolean,
    withinMs: number,
    cluster = 'field',
  ): Promise<Snapshot> {
    const watcher = this.watcher(cluster);
    const since = Date.now();
    for await (const _ of watcher.stream.read(undefined, AbortSignal.timeout(withinMs))) {
      const snapshot = watcher.snapshot;
      if (Date.parse(snapshot.observedAt) >= since && wanted(snapshot)) return snapshot;
    }
    throw new Error(`not within ${withinMs / 1000} s: ${what}. ${told(watcher.snapshot)}`);
  }

  /** Every snapshot of so long, for what must hold throughout. */
  async during(ms: number, look: (snapshot: Snapshot) => void, cluster = 'field'): Promise<void> {
    const watcher = this.watcher(cluster);
    for await (const _ of watcher.stream.read(undefined, AbortSignal.timeout(ms))) look(watcher.snapshot);
  }

  settled(withinMs = 60_000): Promise<Snapshot> {
    return this.until(
      'all links replicate',
      ({ nodes, links }) =>
        nodes.length === this.names.length &&
        nodes.every(({ state }) => state === 'up') &&
        links.every(({ state, lagSeconds }) => state === 'replicating' && lagSeconds === 0),
      withinMs,
    );
  }

  becomes(node: string, text: string, wanted: unknown, withinMs = 20_000): Promise<void> {
    return becomes(wanted, () => this.one(node, text), `${text} on ${node}`, withinMs);
  }
}

/** A connection of a test's own, for what must stay open. */
export async function connectTo(dsn: string): Promise<pg.Client> {
  const { values } = parseDsn(dsn);
  const made = new pg.Client({
    host: values.get('host') ?? '127.0.0.1',
    port: Number(values.get('port')),
    database: values.get('dbname') ?? '',
    user: values.get('user') ?? '',
    password: values.get('password') ?? '',
  });
  made.on('error', () => undefined);
  await made.connect();
  return made;
}

export async function startField(options: FieldOptions): Promise<FieldMesh> {
  const { nodes, ...more } = options;
  const names = Array.from({ length: nodes }, (_, index) => `n${index + 1}`);
  return startNodeServers({ names, ...more }, async (started) => {
    const field = new FieldMesh(started, names);
    for (const receiver of names)
      for (const provider of names) if (provider !== receiver) await field.subscribe(receiver, provider);
    field.watch('field', started.dsns);
    await field.settled();
    return field;
  });
}

/** A test on a field; an engine that has not what it needs skips it, with the name of that. */
export function fieldTest(
  name: string,
  field: () => FieldMesh,
  body: (field: FieldMesh) => Promise<void>,
  seconds = 120,
): void {
  test(name, { timeout: seconds * 1000 }, async (context) => {
    const meta = context.task.meta as Record<string, unknown>;
    meta.engine = field().engine;
    meta.cores = cpus().length;
    try {
      await body(field());
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      meta.refused = error.message;
      context.skip(`refused: ${error.message}`);
    }
  });
}

export function demand(capability: string, there: boolean): void {
  if (!there) throw new Refused(capability);
}

export const ofCode = (snapshot: Snapshot, code: string, subject: Record<string, string> = {}): Finding[] =>
  snapshot.findings.filter(
    (finding) =>
      finding.code === code &&
      Object.entries(subject).every(([name, value]) => (finding.subject as Row)[name] === value),
  );

export const stateOf = (snapshot: Snapshot, provider: string, receiver: string) =>
  snapshot.links.find((link) => link.provider === provider && link.receiver === receiver);

/** A name that no test before has used. */
export const fresh = (prefix: string): string => `${prefix}_${randomUUID().slice(0, 8)}`;

function told({ nodes, links, findings, subscriptions }: Snapshot): string {
  return [
    `Nodes: ${nodes.map(({ name, state, error }) => `${name} ${state} ${error?.message ?? ''}`).join('; ')}`,
    `links: ${links.map((link) => `${link.provider}>${link.receiver} ${link.state}${link.failing ? ' failing' : ''} ${link.lagSeconds} (${link.reason})`).join('; ')}`,
    `subscriptions: ${subscriptions.map(({ receiver, name, status, reportedStatus }) => `${receiver} ${name} ${status} ${reportedStatus}`).join('; ')}`,
    `findings: ${findings.map(({ code, severity, title }) => `${severity} ${code}: ${title}`).join('; ')}`,
  ].join('. ');
}
