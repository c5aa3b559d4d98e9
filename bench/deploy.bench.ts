/**
 * A deploy on three servers that are there against psql doing the same one statement after the other, in Spock's own way
 * (sub_create makes the slot): from the first statement to six links replicating, preflight and verification apart. psql in its
 * best order, the receivers in turn, and in that of Spock's walk-through, receiver by receiver. Round by round in turn, on the
 * same servers. `npm run bench -- deploy`; with TRICORDER_PG_BIN on a real Spock.
 */
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { changesOf } from '#core/engines/registry.ts';
import { renderSql } from '#core/engines/sql.ts';
import type { DeployServers } from '#core/model/deploy.ts';
import type { Plan, Run } from '#core/model/plan.ts';
import { allReplicate, pairsOf } from '#core/plan/mesh.ts';
import { type Connection, openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { engineText } from '#server/sandbox/engines.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { deleteDataDir, ended, newDataDir, openConsole } from '#server/testing/test-console.ts';

const run = promisify(execFile);

const ROUNDS = 10;
const NODES = ['n1', 'n2', 'n3'];
const LOOK_MS = 20;
/** The issue's bound, of psql in its best order; plain PostgreSQL has no manager that sleeps. */
const MOST_OF_PSQL = { spock: 0.35, standin: 1 };

const print = (line: string) => process.stdout.write(`${line}\n`);
const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const milliseconds = (at: string | null): number => Date.parse(at ?? '');

let servers: BareServers;
let psql: string;

const dsnOf = (node: string): string => servers.dsn(NODES.indexOf(node) + 1);

const request = (): DeployServers => ({
  kind: 'deploy',
  target: 'servers',
  name: 'bench',
  nodes: NODES.map((name) => ({ name, dsn: dsnOf(name) })),
  tables: 'all',
  sequences: [],
  dataFrom: null,
  // It comes after the links.
  ddlReplication: false,
});

/** A console of its own for each: none knows of a cluster that an earlier round made. */
async function withConsole<T>(use: (tricorder: ReturnType<typeof openConsole>) => Promise<T>): Promise<T> {
  const dataDir = newDataDir();
  const tricorder = openConsole(dataDir);
  try {
    return await use(tricorder);
  } finally {
    await tricorder.stop();
    await deleteDataDir(dataDir);
  }
}

const planned = (): Promise<Plan> => withConsole(({ runner }) => runner.plan(request()));

const PHASES: [string, RegExp][] = [
  ['extension', /^extension:/],
  ['nodes, sets', /^(node|delta|sets):/],
  ['hold', /^hold/],
  ['subscriptions', /^subscribe:/],
  ['links', /^links$/],
];

/** From the first step of a phase to the end of its last, in ms. */
const phasesOf = ({ steps }: Run): number[] =>
  PHASES.map(([, of]) => {
    const own = steps.filter(({ id }) => of.test(id));
    if (own.length === 0) return 0;
    const began = Math.min(...own.map((step) => milliseconds(step.startedAt)));
    return Math.max(...own.map((step) => milliseconds(step.endedAt))) - began;
  });

function byConsole(): Promise<{ took: number; phases: number[] }> {
  return withConsole(async (tricorder) => {
    const plan = await tricorder.runner.plan(request());
    expect(plan.problems).toEqual([]);
    const done = await ended(tricorder, (await tricorder.runner.start(plan.id)).id);
    expect(done.steps.filter((step) => step.error !== null)).toEqual([]);
    expect(done.state).toBe('succeeded');
    const first = Math.min(...done.steps.map((step) => milliseconds(step.startedAt)));
    const took = milliseconds(done.steps.find((step) => step.id === 'links')?.endedAt ?? null) - first;
    return { took, phases: phasesOf(done) };
  });
}

type Order = 'in-turn' | 'receiver-by-receiver';

/** The plan's own statements up to the subscriptions, and these as Spock's documents make them, in one order or the other. */
function scriptOf(plan: Plan, order: Order): string {
  const lines: string[] = ['\\set ON_ERROR_STOP on', '\\set QUIET on', '\\pset tuples_only on'];
  let at: string | null = null;
  const on = (node: string, texts: readonly string[]) => {
    if (node !== at) lines.push(`\\connect '${dsnOf(node)}'`);
    at = node;
    lines.push(...texts);
  };
  for (const step of plan.steps) {
    if (step.node !== null && /^(settings|extension|node|delta|sets):/.test(step.id)) on(step.node, step.sql);
  }
  const pairs = pairsOf(NODES);
  if (order === 'receiver-by-receiver') {
    pairs.sort((one, other) => NODES.indexOf(one.receiver) - NODES.indexOf(other.receiver));
  }
  for (const pair of pairs) {
    on(
      pair.receiver,
      changesOf()
        .subscriptions.create(pair)
        .statements.map((each) => `${renderSql(each, dsnOf)};`),
    );
  }
  return `${lines.join('\n').replaceAll('••••', servers.password)}\n`;
}

async function bySerialPsql(round: number, order: Order): Promise<number> {
  const file = join(servers.dataFolder(1), '..', `round-${round}-${order}.sql`);
  writeFileSync(file, scriptOf(await planned(), order));
  const watching = await Promise.all(NODES.map(connectTo));
  const began = performance.now();
  await run(psql, ['-X', '-q', '-d', dsnOf('n1'), '-f', file], { maxBuffer: 1 << 24 });
  await untilLinked(watching);
  const took = performance.now() - began;
  for (const connection of watching) connection.close();
  return took;
}

async function connectTo(node: string): Promise<Connection> {
  const opened = await openConnection(connectionTargets(dsnOf(node)), 5000, 5000);
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

/** As the deploy itself looks, on connections that stand already. */
async function untilLinked(connections: Connection[]): Promise<void> {
  const awaited = allReplicate(NODES, changesOf());
  for (;;) {
    const so = await Promise.all(
      awaited.map(async ({ node, query }) => {
        const outcome = await connections[NODES.indexOf(node)]?.run(renderSql(query, dsnOf), 10_000);
        if (outcome === undefined || !outcome.ok) throw new Error(`${node} was not read`);
        return Object.values(outcome.value[0]?.rows[0] ?? {})[0] === true;
      }),
    );
    if (so.every(Boolean)) return;
    await sleep(LOOK_MS);
  }
}

/** Back to servers without Spock, each statement in a session of its own. */
async function takenDown(): Promise<void> {
  for (const n of [1, 2, 3]) {
    const subscriptions = await servers.sql(n, 'SELECT sub_name FROM spock.subscription');
    for (const { sub_name } of subscriptions) await servers.sql(n, `SELECT spock.sub_drop('${sub_name}')`);
  }
  for (const n of [1, 2, 3]) {
    await servers.sql(n, `SELECT spock.node_drop('n${n}')`);
    await servers.sql(n, 'DROP EXTENSION spock');
    await servers.sql(n, 'DROP SCHEMA IF EXISTS spock');
  }
}

beforeAll(async () => {
  servers = await startBareServers(3, { prepared: true });
  const own = join(servers.engine.bin, 'psql');
  psql = existsSync(own) ? own : 'psql';
  for (const n of [1, 2, 3]) {
    await servers.sql(n, 'CREATE TABLE accounts (id int PRIMARY KEY, balance numeric NOT NULL, note text)');
    await servers.sql(n, 'CREATE TABLE audit (at timestamptz, line text)');
  }
});

afterAll(() => servers?.stop());

it('deploy on servers, beside psql in two orders', async () => {
  const times: { ours: number; inTurn: number; byReceiver: number; phases: number[] }[] = [];
  // The first round warms all up, and does what has to be done once.
  for (let round = 0; round <= ROUNDS; round++) {
    const { took: ours, phases } = await byConsole();
    await takenDown();
    const inTurn = await bySerialPsql(round, 'in-turn');
    await takenDown();
    const byReceiver = await bySerialPsql(round, 'receiver-by-receiver');
    await takenDown();
    if (round > 0) times.push({ ours, inTurn, byReceiver, phases });
    print(
      `${round === 0 ? 'warm-up ' : `round ${round}`.padEnd(8)} ${Math.round(ours)} ms, psql ${Math.round(inTurn)} ms in turn, ${Math.round(byReceiver)} ms receiver by receiver, load ${loadavg()[0]?.toFixed(1)}`,
    );
  }
  const ours = median(times.map((each) => each.ours));
  const inTurn = median(times.map((each) => each.inTurn));
  const byReceiver = median(times.map((each) => each.byReceiver));
  // What the machine does besides falls on all three of a round alike.
  const ofBest = median(times.map((each) => each.ours / Math.min(each.inTurn, each.byReceiver)));
  print(`${engineText(servers.engine)}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`);
  const phase = ([name]: (typeof PHASES)[number], index: number) =>
    `${name} ${median(times.map((each) => each.phases[index] ?? 0))} ms`;
  print(`of ours, medians: ${PHASES.map(phase).join(', ')}`);
  print(
    `first statement to six links: median ${Math.round(ours)} ms; psql ${Math.round(inTurn)} ms in turn (ratio ${(ours / inTurn).toFixed(2)}), ${Math.round(byReceiver)} ms receiver by receiver (${(ours / byReceiver).toFixed(2)}); median of the rounds' ratios to the better ${ofBest.toFixed(2)}`,
  );
  const most = servers.engine.spockVersion === null ? MOST_OF_PSQL.standin : MOST_OF_PSQL.spock;
  expect(ofBest).toBeLessThanOrEqual(most);
});
