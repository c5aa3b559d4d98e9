/** Plans of the simulated world: the steps, and what each changes when it runs. */
import type { Plan, PlanKind, PlanRequest, PlanStep } from '#core/model/plan.ts';
import {
  createSubscription,
  dropSlot,
  dropSubscription,
  resyncTable,
  setTable,
  switchSubscription,
} from './changes.ts';
import { deploySandbox, removeSandbox } from './sandbox.ts';
import type { World } from './world.ts';

/** A step of a plan together with its doing. */
export interface SimStep extends PlanStep {
  seconds: number;
  note: string | null;
  /** Changes the world; throws an Error when the step fails. */
  apply: (world: World) => void;
  revert: (world: World) => void;
}

export interface SimPlan {
  plan: Plan;
  steps: SimStep[];
}

export interface Draft {
  cluster: string;
  title: string;
  steps: SimStep[];
  checks?: Plan['checks'];
  problems?: Plan['problems'];
}

type Planners = { [K in PlanKind]: (world: World, request: Extract<PlanRequest, { kind: K }>) => Draft };

const planners: Planners = {
  deploy: deploySandbox,
  remove: removeSandbox,
  'subscription-enable': (world, request) => switchSubscription(world, request, true),
  'subscription-disable': (world, request) => switchSubscription(world, request, false),
  'subscription-create': createSubscription,
  'subscription-drop': dropSubscription,
  'set-add-table': (world, request) => setTable(world, request, true),
  'set-remove-table': (world, request) => setTable(world, request, false),
  'table-resync': resyncTable,
  'slot-drop': dropSlot,
};

export function makePlan(world: World, request: PlanRequest, id: string): SimPlan {
  const planner = planners[request.kind] as (world: World, request: PlanRequest) => Draft;
  const draft = planner(world, request);
  const steps = draft.steps.map(({ seconds, note, apply, revert, ...step }): PlanStep => step);
  return {
    steps: draft.steps,
    plan: {
      id,
      kind: request.kind,
      cluster: draft.cluster,
      title: draft.title,
      request,
      createdAt: world.isoNow,
      steps,
      checks: draft.checks ?? [],
      problems: draft.problems ?? [],
    },
  };
}

const nothing = () => {};

/** A step with everything that most steps do not have left out. */
export function step(given: Pick<SimStep, 'id' | 'title' | 'node'> & Partial<SimStep>): SimStep {
  return {
    sql: [],
    commands: [],
    after: [],
    risk: 'none',
    riskText: null,
    undo: null,
    done: false,
    seconds: 0.3,
    note: null,
    apply: nothing,
    revert: nothing,
    ...given,
  };
}
