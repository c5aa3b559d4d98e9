/** What the console runs itself: a sandbox that stands, one whose deploy fails, one whose deploy has failed. */
import { makePlan } from '#mocks/world/plan.ts';
import type { SimRun } from '#mocks/world/runs.ts';
import { makeSandbox } from '#mocks/world/sandbox.ts';
import { StepError } from '#mocks/world/step-error.ts';
import type { World } from '#mocks/world/world.ts';

const PORTS = [5501, 5502, 5503];
const HOUR = 3_600_000;

/** Three servers on the stand-in, with traffic for the last five minutes. */
export function standinSandbox(world: World): void {
  const begin = world.now - 16 * 60_000;
  const cluster = makeSandbox('demo', begin, PORTS);
  cluster.createdAt = begin - HOUR;
  for (const node of cluster.nodes) node.startedAt = cluster.createdAt;
  for (const sub of cluster.subscriptions) sub.createdAt = cluster.createdAt;
  cluster.script = [
    {
      at: world.now - 300_000,
      act: ({ sandbox }) => {
        if (sandbox) sandbox.traffic.on = true;
      },
    },
  ];
  world.add(cluster, begin);
  world.sandboxes.set('demo', {
    folder: cluster.sandbox?.dataDir ?? '',
    nodes: cluster.nodes.map((node) => ({ name: node.name, port: node.port, running: true })),
    whole: true,
  });
}

const refused = () =>
  new StepError(
    'could not connect to the postgresql server: connection to server at "127.0.0.1", port 5501 failed: FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute',
    {
      sqlstate: '08006',
      why: 'n1 has no connection left: something else on this machine uses them.',
      remedy: 'End what is connected to port 5501, then resume from here.',
    },
  );

/** The next deploy stops at a subscription; once it is resumed it goes through. */
export function deployFails(world: World): void {
  world.failures.set('subscribe:sub_n3n1', refused());
}

const MINUTE = 60_000;

/** A deploy that has failed a minute ago: run-1. */
export function deployFailed(world: World): void {
  deployFails(world);
  const run = deploying(world, world.now - MINUTE);
  let at = world.now - MINUTE;
  for (; run.isUnderWay && at < world.now; at += 100) run.work(100, at);
  world.runStopped(run, at);
}

/** A deploy that the console's own end has interrupted a minute ago: run-1. */
export function deployInterrupted(world: World): void {
  const begun = world.now - MINUTE;
  const run = deploying(world, begun);
  for (let at = begun; at < begun + 4000; at += 100) run.work(100, at);
  run.interrupt(begun + 4000);
  world.runStopped(run, begun + 4000);
}

function deploying(world: World, at: number): SimRun {
  const plan = makePlan(world, { kind: 'deploy', target: 'sandbox', name: 'demo' }, world.nextId('plan'));
  world.plans.set(plan.plan.id, plan);
  return world.startRun(plan, at);
}
