/** Plans of the simulated world: core's planner plans, from what is so in the world; effects.ts does. */

import { maskDsn } from '#core/dsn/mask.ts';
import { MASK } from '#core/dsn/read.ts';
import type { DeployServers } from '#core/model/deploy.ts';
import type { Plan, PlanRequest, RunStep } from '#core/model/plan.ts';
import type { ExecutablePlan, ExecutableStep } from '#core/plan/executable.ts';
import { planChange } from '#core/plan/planners.ts';
import { shownPlan } from '#core/plan/shown.ts';
import { deployStep } from './deploy-steps.ts';
import { effectOf } from './effects.ts';
import { joinStep } from './join.ts';
import { appliedFacts, observeWorld } from './observed.ts';
import { nodeOf } from './physics.ts';
import { rawDsn } from './read-fast.ts';
import type { World } from './world.ts';

/** What a run needs of a step. */
export interface SimStep {
  id: string;
  after: string[];
  done: boolean;
  node: string | null;
  /** The statement that is told when the step fails. */
  statement: string | null;
  seconds: number;
  note: string | null;
  /** What somebody has to do before it goes on; it is done when `seconds` are over. */
  waitsFor: string | null;
  /** Of a copy. */
  copyBytes: number | null;
  /** Of a step that ends by comparing what it has moved: for how long, and the lines that it finds, one after the other. */
  proof: { seconds: number; found: { name: string; value: string }[] } | null;
  /** Done, and yet this is to be known. */
  know: string | null;
  notices: { severity: string; message: string }[];
  facts: () => RunStep['facts'];
  apply: () => void;
  revert: () => void;
}

export interface SimPlan {
  plan: Plan;
  executable: ExecutablePlan;
  steps: SimStep[];
}

export function makePlan(world: World, request: PlanRequest, id: string): SimPlan {
  const cluster = 'cluster' in request ? request.cluster : request.name;
  const executable = planChange(request, observeWorld(world, request));
  const shown = withoutPasswords(request);
  const plan = shownPlan(executable, { id, request: shown, cluster, createdAt: world.isoNow }, (node) =>
    shown.kind === 'deploy' && shown.target === 'servers'
      ? peerDsnOf(shown, node)
      : maskedPeerDsn(world, cluster, node),
  );
  const steps = executable.steps.map((step, index): SimStep => {
    const own = plan.steps[index];
    return {
      id: step.id,
      after: step.after,
      done: step.done,
      node: step.node,
      // Of a subscription that is made it is the one that fails here: its slot was made before.
      statement:
        own?.sql.find((text) => text.includes('sub_create')) ?? own?.sql[0] ?? own?.commands[0] ?? null,
      seconds: secondsOf(step),
      note: noteOf(step),
      waitsFor: null,
      copyBytes: null,
      proof: null,
      know: null,
      notices: [],
      facts: () => factsOf(world, request, step),
      ...effectOf(world, request, step),
      ...(shown.kind === 'deploy' && shown.target === 'servers' ? deployStep(world, shown, step) : {}),
      ...(request.kind === 'node-add' ? joinStep(world, request, step.action) : {}),
    };
  });
  return { plan, executable, steps };
}

/** A plan is shown, and its request with it. */
function withoutPasswords(request: PlanRequest): PlanRequest {
  if (request.kind === 'node-add') {
    const { dsn, peerDsn } = request.node;
    const node = { ...request.node, dsn: maskDsn(dsn), peerDsn: peerDsn ? maskDsn(peerDsn) : null };
    return { ...request, node };
  }
  if (request.kind === 'peer-password') return { ...request, password: MASK };
  if (request.kind !== 'deploy' || request.target !== 'servers') return request;
  const nodes = request.nodes.map(({ dsn, peerDsn, ...node }) => ({
    ...node,
    dsn: maskDsn(dsn),
    peerDsn: peerDsn ? maskDsn(peerDsn) : null,
  }));
  return { ...request, nodes };
}

/** A node's DSN as a plan may show it. */
export function maskedDsnOf(world: World, { request, cluster }: Plan, node: string): string {
  return request.kind === 'deploy' && request.target === 'servers'
    ? peerDsnOf(request, node)
    : maskedPeerDsn(world, cluster, node);
}

function peerDsnOf(request: DeployServers, name: string): string {
  const node = request.nodes.find((each) => each.name === name);
  return node?.peerDsn || node?.dsn || '';
}

function maskedPeerDsn(world: World, cluster: string, node: string): string {
  const watch = world.clusters.get(cluster);
  const found = watch && nodeOf(watch.cluster, node);
  return maskDsn(found ? rawDsn(found) : `host=127.0.0.1 dbname=demo user=spock password=${node}`);
}

function factsOf(
  world: World,
  request: PlanRequest,
  { action }: ExecutableStep,
): { name: string; value: string }[] {
  if (!('cluster' in request)) return [];
  const { cluster } = world.need(request.cluster);
  if (action.type === 'note-applied') return appliedFacts(cluster, action);
  const dead = action.type === 'still-silent' ? nodeOf(cluster, action.node) : undefined;
  return dead
    ? [{ name: `${dead.name} is silent`, value: `${dead.host}:${dead.port} did not answer within 10 s.` }]
    : [];
}

/** About what each takes on two cores. */
function secondsOf(step: ExecutableStep): number {
  switch (step.action.type) {
    case 'sandbox-allocate':
      return 0.1;
    case 'sandbox-initdb':
      return 2.4;
    case 'sandbox-start':
      return 0.7;
    case 'sandbox-stop':
      return 0.5;
    case 'sandbox-delete':
      return 0.3;
    case 'wait':
      return 0.6;
    case 'write-and-wait':
    case 'unsubscribe':
      return 0.3;
    case 'resync':
      return 1.5;
    case 'sql':
      return step.id.startsWith('tables:') ? 0.5 : step.id.startsWith('database:') ? 0.4 : 0.2;
    default:
      return 0.1;
  }
}

function noteOf(step: ExecutableStep): string | null {
  if (step.id.startsWith('tables:')) return 'four tables, 100,000 rows';
  if (step.id.startsWith('sets:')) return 'pgbench_history has no primary key: in default_insert_only';
  if (step.action.type === 'write-and-wait') return 'seen on both others';
  if (step.action.type === 'wait') return 'all replicate';
  return null;
}
