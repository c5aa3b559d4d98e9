/**
 * From the click to six links replicating, phase by phase, and why the data folders are made by one initdb and copies.
 * `npx vitest run --config bench/vitest.config.ts sandbox`; with TRICORDER_PG_BIN on a real Spock.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Run } from '#core/model/plan.ts';
import { giveTo, serverAccount } from '#server/sandbox/account.ts';
import { engineText, findEngines } from '#server/sandbox/engines.ts';
import { initialise } from '#server/sandbox/initdb.ts';
import { ended, openConsole } from '#server/testing/test-console.ts';

const ROUNDS = 3;
const NODES = ['n1', 'n2', 'n3'];
/** On 2 cores. */
const CLICK_TO_LINKS_MS = 15_000;
/** Without what PostgreSQL alone takes: initdb, the start of the servers, CREATE DATABASE and CREATE EXTENSION. */
const OWN_PART_MS = 600;
const SERVERS_OWN = ['initdb', 'server:', 'database:'];

const milliseconds = (at: string | null): number => Date.parse(at ?? '');
const print = (line: string) => process.stdout.write(`${line}\n`);
const median = (values: number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Wall time in which at least one of these steps was under way. */
function spanOf(run: Run, prefixes: string[]): number {
  const steps = run.steps
    .filter((step) => prefixes.some((prefix) => step.id.startsWith(prefix)))
    .map((step) => [milliseconds(step.startedAt), milliseconds(step.endedAt)] as const)
    .sort((a, b) => a[0] - b[0]);
  let total = 0;
  let until = 0;
  for (const [start, end] of steps) {
    total += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return total;
}

const PHASES: [string, string[]][] = [
  ['take ports, folders', ['allocate']],
  ['initdb and copies', ['initdb']],
  ['start three servers', ['server:']],
  ['databases, extension', ['database:']],
  ['nodes, tables, sets', ['node:', 'tables:', 'sets:']],
  ['six subscriptions', ['subscribe:']],
  ['six links replicating', ['links']],
  ['first writes, watch', ['write:', 'register']],
];

it('data folders: one initdb and copies, or one initdb each', async () => {
  const root = mkdtempSync(join(tmpdir(), 'bench-initdb-'));
  chmodSync(root, 0o755);
  const account = await serverAccount();
  await giveTo(account, root);
  const { engine, reason } = await findEngines(async () => root, process.env.TRICORDER_PG_BIN);
  if (engine === null) throw new Error(reason ?? 'no engine');
  const part = (nodes: string[], folder: string) =>
    initialise({ engine, account, folder, nodes, password: 'bench' });
  const folders: string[] = [];
  const folder = async () => {
    const made = mkdtempSync(join(root, 'f-'));
    await giveTo(account, made);
    folders.push(made);
    return made;
  };
  const copied: number[] = [];
  const each: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const one = await folder();
    let began = performance.now();
    await part(NODES, one);
    copied.push(performance.now() - began);
    const three = [await folder(), await folder(), await folder()];
    began = performance.now();
    await Promise.all(three.map((at, index) => part([NODES[index] as string], at)));
    each.push(performance.now() - began);
  }
  rmSync(root, { recursive: true, force: true });
  print(`${engineText(engine)}, ${cpus().length} cores`);
  print(`one initdb and two copies   ${Math.round(median(copied))} ms`);
  print(`three initdb in parallel    ${Math.round(median(each))} ms`);
});

it('deploy, phase by phase', async () => {
  const runs: { total: number; own: number; phases: number[] }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const dataDir = mkdtempSync(join(tmpdir(), 'bench-sandbox-'));
    const tricorder = openConsole(dataDir);
    const plan = await tricorder.runner.plan({ kind: 'deploy', target: 'sandbox', name: 'demo' });
    const click = Date.now();
    const run = await ended(tricorder, (await tricorder.runner.start(plan.id)).id);
    await tricorder.stop();
    rmSync(dataDir, { recursive: true, force: true });
    expect(run.state).toBe('succeeded');
    const replicating = milliseconds(run.steps.find((step) => step.id === 'links')?.endedAt ?? null);
    const total = replicating - click;
    runs.push({
      total,
      own: total - spanOf(run, SERVERS_OWN),
      phases: PHASES.map(([, prefixes]) => spanOf(run, prefixes)),
    });
  }
  PHASES.forEach(([name], index) => {
    print(`${name.padEnd(24)}${runs.map((run) => `${run.phases[index]} ms`.padStart(10)).join('')}`);
  });
  print(`${'click to six links'.padEnd(24)}${runs.map((run) => `${run.total} ms`.padStart(10)).join('')}`);
  print(`${'of it our own part'.padEnd(24)}${runs.map((run) => `${run.own} ms`.padStart(10)).join('')}`);
  expect(median(runs.map((run) => run.total))).toBeLessThan(CLICK_TO_LINKS_MS);
  expect(median(runs.map((run) => run.own))).toBeLessThan(OWN_PART_MS);
});
