/** For tests: a mesh of bare servers that a console watches, and what such a test does with plans. */
import { expect } from 'vitest';
import type { Row } from '#core/engines/engine.ts';
import type { Plan, PlanRequest, Run, RunStep } from '#core/model/plan.ts';
import { openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { type BareServers, startBareServers } from './bare-servers.ts';
import { becomes } from './becomes.ts';
import { register } from './registered.ts';
import { deleteDataDir, ended, newDataDir, openConsole, type TestConsole } from './test-console.ts';

export const CLUSTER = 'shop';

export interface MeshOptions {
  /** Of the nodes; n1, n2, … by default. */
  names?: string[];
  /** False: nodes without subscriptions. */
  subscribed?: boolean;
  /** Lines of postgresql.conf. */
  settings?: string;
  /** How a node's own DSN, the one that its peers are given, is written. */
  peerDsn?: (servers: BareServers, n: number) => string;
}

/** Whatever part of a request the cluster does not say. */
type Asked<R> = R extends { cluster: string } ? Omit<R, 'cluster'> : never;
export type MeshRequest = Asked<PlanRequest>;

export interface WatchedMesh {
  servers: BareServers;
  console: TestConsole;
  dataDir: string;
  names: string[];
  /** False: the stand-in. */
  real: boolean;
  /** `5.0.11`; null: the stand-in. */
  spock: string | null;
  /** Rows of the last statement, on one node. Throws with the server's words. */
  sql(node: string, text: string): Promise<Row[]>;
  /** First column of the first row. */
  one(node: string, text: string): Promise<unknown>;
  everywhere(text: string): Promise<void>;
  /** `CREATE TABLE name (columns)` on all nodes, in set default. */
  table(name: string, columns: string): Promise<void>;
  /** Without being sent. */
  locally(node: string, text: string): Promise<void>;
  /** Until it is so. */
  becomes(wanted: unknown, node: string, text: string): Promise<void>;
  rows(node: string, table: string): Promise<number>;
  /** A transaction in which `text` was run, open until it is released. */
  hold(node: string, text: string): Promise<{ release(): Promise<void> }>;
  replicating(): Promise<void>;
  plan(request: MeshRequest): Promise<Plan>;
  /** Runs the plan of it, which must have no problems; the run as it ended. */
  run(request: MeshRequest): Promise<Run>;
  succeed(request: MeshRequest): Promise<Run>;
  resume(run: Run): Promise<Run>;
  rollback(run: Run): Promise<Run>;
  stop(): Promise<void>;
}

export const codes = (plan: Plan): string[] => plan.problems.map(({ code }) => code);
export const stepOf = (run: Run, id: string): RunStep => {
  const found = run.steps.find((step) => step.id === id);
  if (found === undefined) throw new Error(`run ${run.id} has no step ${id}`);
  return found;
};
export const knownOf = (plan: Plan): string =>
  plan.checks
    .filter(({ result }) => result === 'know')
    .map(({ name, value }) => `${name}: ${value}`)
    .join('\n');

/** Starts servers with Spock (or the stand-in), and a console that has them as the cluster CLUSTER. */
export async function startWatchedMesh(count: number, options: MeshOptions = {}): Promise<WatchedMesh> {
  const { subscribed = true, settings, peerDsn } = options;
  const names = options.names ?? Array.from({ length: count }, (_, index) => `n${index + 1}`);
  const servers = await startBareServers(count, { prepared: true, ...(settings && { settings }) });
  const dataDir = newDataDir();
  let console: TestConsole | null = null;
  const stop = async () => {
    await console?.stop();
    await servers.stop();
    await deleteDataDir(dataDir);
  };
  try {
    const sql = (node: string, text: string) => servers.sql(names.indexOf(node) + 1, text);
    const peer = (n: number) => peerDsn?.(servers, n) ?? servers.dsn(n);
    for (const [index, name] of names.entries()) {
      await sql(name, 'CREATE EXTENSION spock CASCADE');
      await sql(name, `SELECT spock.node_create('${name}', '${peer(index + 1)}')`);
    }
    if (subscribed) {
      for (const receiver of names) {
        for (const [index, provider] of names.entries()) {
          if (provider === receiver) continue;
          await sql(receiver, `SELECT spock.sub_create('sub_${receiver}${provider}', '${peer(index + 1)}')`);
        }
      }
    }
    console = openConsole(dataDir);
    const dsns = names.map((name, index) => [name, servers.dsn(index + 1)]);
    register(console.registry, CLUSTER, Object.fromEntries(dsns));
    const mesh = meshOf(servers, console, dataDir, names, sql, stop);
    if (subscribed) await mesh.replicating();
    return mesh;
  } catch (error) {
    await stop();
    throw error;
  }
}

function meshOf(
  servers: BareServers,
  console: TestConsole,
  dataDir: string,
  names: string[],
  sql: WatchedMesh['sql'],
  stop: () => Promise<void>,
): WatchedMesh {
  const { runner } = console;
  const one = async (node: string, text: string) => Object.values((await sql(node, text))[0] ?? {})[0];
  const wait = (wanted: unknown, node: string, text: string) =>
    becomes(wanted, () => one(node, text), `${text} on ${node}`);
  const plan = (request: MeshRequest) => runner.plan({ cluster: CLUSTER, ...request } as PlanRequest);
  const everywhere = async (text: string) => {
    for (const name of names) await sql(name, text);
  };
  const run = async (request: MeshRequest) => {
    const planned = await plan(request);
    expect(planned.problems).toEqual([]);
    return ended(console, (await runner.start(planned.id)).id);
  };
  return {
    servers,
    console,
    dataDir,
    names,
    real: servers.engine.spockVersion !== null,
    spock: servers.engine.spockVersion,
    sql,
    one,
    everywhere,
    async table(name, columns) {
      await everywhere(`CREATE TABLE ${name} (${columns})`);
      await everywhere(`SELECT spock.repset_add_table('default', '${name}')`);
    },
    async locally(node, text) {
      await sql(node, `BEGIN; SELECT spock.repair_mode(true); ${text}; COMMIT`);
    },
    becomes: wait,
    rows: async (node, table) => Number(await one(node, `SELECT count(*) FROM ${table}`)),
    async hold(node, text) {
      const dsn = servers.dsn(names.indexOf(node) + 1);
      const opened = await openConnection(connectionTargets(dsn), 5000, 5000);
      if (!opened.ok) throw new Error(opened.error.message);
      const done = await opened.value.run(`BEGIN; ${text}`, 10_000);
      if (!done.ok) throw new Error(done.error.message);
      return {
        async release() {
          await opened.value.run('ROLLBACK', 5000);
          opened.value.close();
        },
      };
    },
    async replicating() {
      for (const name of names) {
        await wait(
          names.length - 1,
          name,
          `SELECT count(*)::int FROM spock.sub_show_status() WHERE status = 'replicating'`,
        );
        await wait(
          names.length - 1,
          name,
          `SELECT count(*)::int FROM pg_replication_slots WHERE active AND starts_with(slot_name, 'spk_')`,
        );
      }
    },
    plan,
    run,
    async succeed(request) {
      const result = await run(request);
      expect(result.steps.filter((step) => step.error !== null)).toEqual([]);
      expect(result.state).toBe('succeeded');
      return result;
    },
    async resume({ id }) {
      await runner.resume(id);
      return ended(console, id);
    },
    async rollback({ id }) {
      await runner.rollback(id);
      return ended(console, id);
    },
    stop,
  };
}
