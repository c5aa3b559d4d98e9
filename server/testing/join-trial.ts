/**
 * For tests: a node added to three that are written to, left alone or with one fault in one of its steps. Left alone, every node has to
 * hold every row once; with a fault, a rollback has to leave the others' catalogs, slots and origins as they were.
 */
import type { NodeAdd } from '#core/model/requests/nodes.ts';
import { type ConsoleChildren, end, isRunning, runUntil } from './console-child.ts';
import { photograph } from './photo.ts';
import { register } from './registered.ts';
import { deleteDataDir, ended, newDataDir, openConsole } from './test-console.ts';
import { TrialFailure } from './trial-ground.ts';
import { CLUSTER, startWatchedMesh, type WatchedMesh } from './watched-mesh.ts';
import {
  COUNTERS,
  COUNTERS_NOW,
  ROWS_OF_WRITERS,
  startWriter,
  type Tally,
  tally,
  WRITERS_SCHEMA,
  type Writer,
} from './writers.ts';

export type JoinTrial = { kind: 'join'; turn: number } | { kind: 'cancel' | 'kill'; step: string };

export const shownJoin = (trial: JoinTrial): string =>
  trial.kind === 'join'
    ? `joins under writes, time ${trial.turn}`
    : `${trial.kind} in ${trial.step}, then rollback`;

const MEMBERS = [1, 2, 3] as const;
const NEW = 4;
/** Of each node, in a second; fewer prove less than is said. */
const LEAST_WRITES = 50;
const SETTLES_MS = 30_000;

export async function tryJoin(trial: JoinTrial, consoles: ConsoleChildren): Promise<object> {
  const mesh = await startWatchedMesh(MEMBERS.length, { spare: 1 });
  try {
    await prepare(mesh);
    return await (trial.kind === 'join' ? join(mesh) : fail(trial, mesh, consoles));
  } finally {
    await mesh.stop();
  }
}

async function prepare(mesh: WatchedMesh): Promise<void> {
  await mesh.everywhere(
    `BEGIN; SELECT spock.repair_mode(true); ${WRITERS_SCHEMA} ${COUNTERS}
     CREATE TABLE bulk (id int PRIMARY KEY, v text); INSERT INTO bulk SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i; COMMIT`,
  );
  await mesh.everywhere(
    'ALTER TABLE counter ALTER COLUMN n SET (log_old_value = true, delta_apply_function = spock.delta_apply)',
  );
  for (const table of ['written', 'counter', 'bulk']) {
    await mesh.everywhere(`SELECT spock.repset_add_table('default', '${table}')`);
  }
}

const request = ({ servers }: WatchedMesh): NodeAdd => ({
  kind: 'node-add',
  cluster: CLUSTER,
  node: { name: 'n4', dsn: servers.dsn(NEW), peerDsn: null },
  source: 'n1',
});

interface Writing {
  writers: Writer[];
  began: number;
}

async function startWriting({ servers }: WatchedMesh): Promise<Writing> {
  const writers = MEMBERS.map((node) =>
    startWriter({ node, dsn: servers.dsn(node), counters: true, pauseMs: 5 }),
  );
  await Promise.all(writers.map((writer) => writer.writes(20)));
  return { writers, began: performance.now() };
}

async function stopWriting({ writers, began }: Writing): Promise<number[]> {
  await Promise.all(writers.map((writer) => writer.stop()));
  const seconds = (performance.now() - began) / 1000;
  return writers.map(({ committed }) => Math.round(committed / seconds));
}

async function join(mesh: WatchedMesh): Promise<object> {
  const writing = await startWriting(mesh);
  const run = await mesh.run(request(mesh) as never).catch(async (error: unknown) => {
    await stopWriting(writing);
    throw error;
  });
  await Promise.all(writing.writers.map((writer) => writer.writes(20)));
  const rates = await stopWriting(writing);
  const notes = { 'run.json': JSON.stringify(run, null, 1) };
  if (run.state !== 'succeeded') {
    const said = run.steps.map(({ error }) => error?.message ?? '').join(' ');
    throw new TrialFailure(new Error(`${run.state}: ${said}`), notes);
  }
  const wrong = await untilRight(mesh, writing.writers);
  if (wrong !== null) throw new TrialFailure(new Error(wrong), notes);
  if (Math.min(...rates) < LEAST_WRITES)
    throw new TrialFailure(new Error(`only ${rates.join(', ')} writes a second`), notes);
  const took = (Date.parse(run.endedAt ?? '') - Date.parse(run.startedAt)) / 1000;
  return { writesASecond: rates, seconds: took };
}

/** Null: all nodes hold what the writers have committed, once. */
async function untilRight({ servers }: WatchedMesh, writers: readonly Writer[]): Promise<string | null> {
  const until = performance.now() + SETTLES_MS;
  for (;;) {
    const told: string[] = [];
    for (const n of [...MEMBERS, NEW]) {
      const found: Tally = tally(
        writers,
        (await servers.sql(n, ROWS_OF_WRITERS)) as never,
        (await servers.sql(n, COUNTERS_NOW)) as never,
      );
      const faults = Object.values(found).flat();
      const [bulk] = await servers.sql(n, 'SELECT count(*)::int AS rows FROM bulk');
      if (faults.length > 0 || bulk?.rows !== 20_000) {
        told.push(`n${n}: ${JSON.stringify(found)}, ${bulk?.rows} of 20000 rows of bulk`);
      }
    }
    if (told.length === 0) return null;
    if (performance.now() > until) return told.join('\n');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** All that a rollback has to leave as it was; rows apart, which go on. spock.progress of 6.0 is in memory until a restart. */
async function photos({ servers, spock }: WatchedMesh): Promise<string> {
  const all = await Promise.all(
    MEMBERS.map(async (n) => {
      const { rows, ...photo } = await photograph((text) => servers.sql(n, text));
      const progress = spock?.startsWith('5.')
        ? await servers.sql(n, 'SELECT remote_node_id::text FROM spock.progress ORDER BY 1')
        : [];
      return { ...photo, progress };
    }),
  );
  return JSON.stringify(all, null, 1);
}

async function fail(
  { kind, step }: Extract<JoinTrial, { step: string }>,
  mesh: WatchedMesh,
  consoles: ConsoleChildren,
): Promise<object> {
  const before = await photos(mesh);
  const writing = await startWriting(mesh);
  const { caught, run } = await (kind === 'kill' ? killed(step, mesh, consoles) : cancelled(step, mesh));
  await stopWriting(writing);
  const notes = { 'run.json': JSON.stringify(run, null, 1) };
  if (run.state !== 'rolled-back')
    throw new TrialFailure(new Error(`the rollback ended ${run.state}`), notes);
  if (run.leftToDo.length > 0)
    throw new TrialFailure(new Error(`left: ${JSON.stringify(run.leftToDo)}`), notes);
  const after = await photos(mesh);
  if (after !== before)
    throw new TrialFailure(new Error('the catalogs are not as before'), { ...notes, before, after });
  return { fault: caught ? 'in time' : 'late' };
}

async function cancelled(step: string, mesh: WatchedMesh) {
  const { runner } = mesh.console;
  const plan = await runner.plan(request(mesh));
  const { id } = await runner.start(plan.id);
  let caught = false;
  for await (const now of runner.events(id, AbortSignal.timeout(120_000))) {
    const state = now.steps.find((each) => each.id === step)?.state;
    caught = state === 'running';
    if (state !== 'waiting' || now.state !== 'running') break;
  }
  await runner.cancel(id).catch(() => undefined);
  await runner.rollback(id);
  return { caught, run: await ended(mesh.console, id) };
}

/** By a console of its own, as a process that can be killed. */
async function killed(step: string, mesh: WatchedMesh, consoles: ConsoleChildren) {
  const dataDir = newDataDir();
  try {
    const first = openConsole(dataDir);
    const dsns = Object.fromEntries(MEMBERS.map((n) => [`n${n}`, mesh.servers.dsn(n)]));
    register(first.registry, CLUSTER, dsns);
    await first.stop();
    const child = await consoles.start(dataDir, 'deploy', request(mesh));
    const at = await runUntil(child, isRunning(step));
    await end(child, 'SIGKILL');
    const second = openConsole(dataDir);
    try {
      const [run] = second.runner.list();
      await second.runner.rollback(run?.id ?? '');
      return { caught: isRunning(step)(at), run: await ended(second, run?.id ?? '') };
    } finally {
      await second.stop();
    }
  } finally {
    await deleteDataDir(dataDir);
  }
}
