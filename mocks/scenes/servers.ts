/** Servers that are to become a cluster: bare, or with a deploy prepared. */
import { shopServers } from '#mocks/world/bare.ts';
import { placeOf } from '#mocks/world/connect.ts';
import { saveDraft } from '#mocks/world/drafts.ts';
import { makePlan } from '#mocks/world/plan.ts';
import { MOCK_PASSWORD } from '#mocks/world/read-fast.ts';
import type { SimRun } from '#mocks/world/runs.ts';
import type { World } from '#mocks/world/world.ts';

/** Nothing is watched; three servers are fine, of which two need a restart, and a fourth stops. */
export function bareServers(world: World): void {
  for (const server of shopServers()) world.bare.set(placeOf({ ...server, user: '' }), server);
}

const dsn = (host: string) => `postgres://spock_repl:${MOCK_PASSWORD}@${host}:5432/orders`;

const NODES: [string, string, string][] = [
  ['n1', '10.1.0.4', 'eu-west'],
  ['n2', '10.2.0.4', 'us-east'],
  ['n3', '10.3.0.9', 'ap-south'],
  ['n4', '10.4.0.4', 'sa-east'],
];

export function prepare(world: World, nodes = NODES): string {
  bareServers(world);
  return saveDraft(world, world.nextId('draft'), {
    name: 'orders',
    nodes: nodes.map(([name, host, location]) => ({ name, dsn: dsn(host), peerDsn: null, location })),
    tables: 'all',
    sequences: [],
    dataFrom: null,
    ddlReplication: true,
    sourceChosen: false,
  }).id;
}

/** All four have been named: draft-1. */
export function prepared(world: World): void {
  prepare(world);
}

/** n2 holds half of the shop, and not alike: draft-1. */
export function differs(world: World): void {
  prepare(world, [
    ['n1', '10.1.0.4', 'eu-west'],
    ['n2', 'differs.example', 'us-east'],
    ['n3', 'wrong-password.example', 'ap-south'],
  ]);
}

/** Ten thousand tables on n1, of which n2 has none: draft-1. */
export function many(world: World): void {
  prepare(world, [
    ['n1', 'many.example', ''],
    ['n2', '10.2.0.4', ''],
  ]);
}

const MINUTE = 60_000;
/** The step that compares all nodes at the end of a deploy. */
const PROOF = 'compare';

/** Begins the deploy of draft-1 on its first three nodes some time ago: run-1. */
export function deploying(world: World, begun: number): SimRun {
  const id = prepare(world, NODES.slice(0, 3));
  const answers = world.drafts.get(id)?.answers;
  if (!answers) throw new Error('the draft was not kept');
  const { sourceChosen, ...asked } = answers;
  const plan = makePlan(
    world,
    { kind: 'deploy', target: 'servers', ...asked, dataFrom: 'n1', draft: id },
    world.nextId('plan'),
  );
  world.plans.set(plan.plan.id, plan);
  return world.startRun(plan, begun);
}

/** Lets a run work for so long, or until it has ended; gives the moment at which it did. */
export function workedFor(world: World, run: SimRun, begun: number, ms: number): void {
  let at = begun;
  for (; run.isUnderWay && at < begun + ms; at += 100) run.work(100, at);
  if (!run.isUnderWay) world.runStopped(run, at);
}

/** run-1 waits until n2 and n3 have been restarted. */
export function waiting(world: World): void {
  world.operatorSeconds = 600;
  const run = deploying(world, world.now - 2000);
  workedFor(world, run, world.now - 2000, 2000);
}

/** run-1 copies the rows of n1 to n2 and n3. */
export function copying(world: World): void {
  const run = deploying(world, world.now - 11_000);
  workedFor(world, run, world.now - 11_000, 11_000);
}

/** run-1 has copied all, and compares the rows on all nodes, which takes a while. */
export function proving(world: World): SimRun {
  const begun = world.now - 2 * MINUTE;
  const run = deploying(world, begun);
  // The rows of each copy are compared quickly here; those of all nodes at the end are not.
  const last = run.plan.steps.find((step) => step.id === PROOF);
  if (last?.proof) last.proof.seconds = 20 * 60;
  workedFor(world, run, begun, 2 * MINUTE);
  return run;
}

/** run-1 has deployed, and its operator ended the proof. */
export function proofEnded(world: World): void {
  const run = proving(world);
  run.endProof(PROOF);
  workedFor(world, run, world.now, MINUTE);
}

/** run-1 has deployed orders on n1, n2 and n3. */
export function deployed(world: World): void {
  const run = deploying(world, world.now - MINUTE);
  workedFor(world, run, world.now - MINUTE, MINUTE);
}

/** Four servers, of which the fourth stops: plan-1. */
export function planned(world: World): void {
  const id = prepare(world);
  const answers = world.drafts.get(id)?.answers;
  if (!answers) throw new Error('the draft was not kept');
  const { sourceChosen, ...asked } = answers;
  const request = { kind: 'deploy', target: 'servers', ...asked, dataFrom: 'n1', draft: id } as const;
  world.plans.set('plan-1', makePlan(world, request, world.nextId('plan')));
}
