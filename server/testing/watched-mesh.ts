/** For tests: a mesh of bare servers that a console watches, and what such a test does with plans. */
import { expect } from 'vitest';
import type { Plan, PlanRequest, Run, RunStep } from '#core/model/plan.ts';
import { openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { becomes } from './becomes.ts';
import { type NodeServers, type NodeServersOptions, startNodeServers } from './node-servers.ts';
import { register } from './registered.ts';
import { ended } from './test-console.ts';

export const CLUSTER = 'shop';

export interface MeshOptions extends Pick<NodeServersOptions, 'settings' | 'peerDsn' | 'spare'> {
  /** Of the nodes; n1, n2, … by default. */
  names?: string[];
  /** False: nodes without subscriptions. */
  subscribed?: boolean;
}

/** Whatever part of a request the cluster does not say. */
type Asked<R> = R extends { cluster: string } ? Omit<R, 'cluster'> : never;
export type MeshRequest = Asked<PlanRequest>;

export interface WatchedMesh extends Omit<NodeServers, 'peerDsn' | 'dsns'> {
  names: string[];
  /** False: the stand-in. */
  real: boolean;
  /** `5.0.11`; null: the stand-in. */
  spock: string | null;
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
  const { subscribed = true, settings, peerDsn, spare } = options;
  const names = options.names ?? Array.from({ length: count }, (_, index) => `n${index + 1}`);
  return startNodeServers(
    { names, settings, peerDsn, ...(spare !== undefined && { spare }) },
    async (started) => {
      if (subscribed) {
        for (const receiver of names) {
          for (const provider of names) {
            if (provider === receiver) continue;
            await started.sql(
              receiver,
              `SELECT spock.sub_create('sub_${receiver}${provider}', '${started.peerDsn(provider)}')`,
            );
          }
        }
      }
      register(started.console.registry, CLUSTER, started.dsns);
      const mesh = meshOf(names, started);
      if (subscribed) await mesh.replicating();
      return mesh;
    },
  );
}

function meshOf(names: string[], { servers, console, dataDir, sql, one, stop }: NodeServers): WatchedMesh {
  const { runner } = console;
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
