/**
 * A deploy on three servers that are there against psql doing the same statements one after the other: from the first
 * statement to six links replicating, preflight and verification apart. Round by round in turn, on the same servers.
 * `npm run bench -- deploy`; with TRICORDER_PG_BIN on a real Spock.
 */
import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DeployServers } from '#core/model/deploy.ts';
import type { Plan } from '#core/model/plan.ts';
import { allReplicate } from '#core/plan/mesh.ts';
import { renderSql } from '#core/plan/sql.ts';
import { type Connection, openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { type BareServers, startBareServers } from '#server/run/bare-servers.ts';
import { deleteDataDir, ended, newDataDir, openConsole } from '#server/run/test-console.ts';
import { engineText } from '#server/sandbox/engines.ts';

const run = promisify(execFile);

const ROUNDS = 10;
const NODES = ['n1', 'n2', 'n3'];
const LOOK_MS = 20;
/** The issue's bound. */
const MOST_OF_PSQL = 1;

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

function byConsole(): Promise<number> {
  return withConsole(async (tricorder) => {
    const plan = await tricorder.runner.plan(request());
    expect(plan.problems).toEqual([]);
    const done = await ended(tricorder, (await tricorder.runner.start(plan.id)).id);
    expect(done.steps.filter((step) => step.error !== null)).toEqual([]);
    expect(done.state).toBe('succeeded');
    const first = Math.min(...done.steps.map((step) => milliseconds(step.startedAt)));
    return milliseconds(done.steps.find((step) => step.id === 'links')?.endedAt ?? null) - first;
  });
}

/** The plan's own statements up to the links, in its order; what only looks is left out. */
function scriptOf(plan: Plan): string {
  const lines: string[] = ['\\set ON_ERROR_STOP on', '\\set QUIET on', '\\pset tuples_only on'];
  let at: string | null = null;
  for (const step of plan.steps.slice(
    0,
    plan.steps.findIndex(({ id }) => id === 'links'),
  )) {
    if (step.node === null) continue;
    if (step.node !== at) lines.push(`\\connect '${dsnOf(step.node)}'`);
    at = step.node;
    lines.push(...step.sql.filter((text) => !text.startsWith('SELECT count(*)')));
  }
  return `${lines.join('\n').replaceAll('••••', servers.password)}\n`;
}

async function bySerialPsql(round: number): Promise<number> {
  const file = join(servers.dataFolder(1), '..', `round-${round}.sql`);
  writeFileSync(file, scriptOf(await planned()));
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
  const awaited = allReplicate(NODES);
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

it('deploy on servers, beside psql with the same statements', async () => {
  const times: { ours: number; theirs: number }[] = [];
  // The first round warms both up, and does what has to be done once.
  for (let round = 0; round <= ROUNDS; round++) {
    const ours = await byConsole();
    await takenDown();
    const theirs = await bySerialPsql(round);
    await takenDown();
    if (round > 0) times.push({ ours, theirs });
    print(
      `${round === 0 ? 'warm-up ' : `round ${round}`.padEnd(8)} ${Math.round(ours)} ms, psql ${Math.round(theirs)} ms`,
    );
  }
  const ours = median(times.map((each) => each.ours));
  const theirs = median(times.map((each) => each.theirs));
  print(`${engineText(servers.engine)}, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}`);
  print(
    `first statement to six links: median ${Math.round(ours)} ms, psql ${Math.round(theirs)} ms, ratio ${(ours / theirs).toFixed(2)}`,
  );
  expect(ours / theirs).toBeLessThanOrEqual(MOST_OF_PSQL);
});
