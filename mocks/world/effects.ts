/** What the steps of a plan do to the world, and how that is taken back: by what a step says of itself, whatever plan it is of. */
import { renderSql } from '#core/engines/sql.ts';
import type { SqlUnit } from '#core/engines/units.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import type { Action, ExecutableStep } from '#core/plan/executable.ts';
import { MEGABYTE, makeSubscription } from './build.ts';
import type { SimCluster, SimSubscription } from './model.ts';
import { sandboxFolder } from './observed.ts';
import { nodeOf } from './physics.ts';
import type { SimStep } from './plan.ts';
import { dropNode } from './registrar.ts';
import { makeSandbox } from './sandbox.ts';
import { restartServer } from './settings.ts';
import { dropSlot, execute } from './statements.ts';
import type { World } from './world.ts';

/** `waitsFor`, `seconds`: of what somebody does outside the console. */
export interface Effect extends Partial<Pick<SimStep, 'waitsFor' | 'seconds' | 'note'>> {
  apply: () => void;
  revert: () => void;
}

const nothing = () => {};
const NONE: Effect = { apply: nothing, revert: nothing };

export function effectOf(world: World, request: PlanRequest, { action }: ExecutableStep): Effect {
  if ('cluster' in request) return inCluster(world, request.cluster, action);
  const { name } = request;
  switch (action.type) {
    case 'sandbox-allocate':
      return {
        apply: () =>
          !world.sandboxes.has(name) &&
          world.sandboxes.set(name, {
            folder: sandboxFolder(name),
            nodes: action.nodes.map((node) => ({ ...node, running: false })),
            whole: false,
          }),
        revert: () => world.sandboxes.delete(name),
      };
    case 'sandbox-register':
      return { apply: () => register(world, request), revert: () => world.forget(name) };
    case 'forget-cluster':
      return { apply: () => world.forget(name), revert: nothing };
    case 'sandbox-delete':
      return { apply: () => world.sandboxes.delete(name), revert: nothing };
    default:
      return NONE;
  }
}

function register(world: World, request: PlanRequest): void {
  // A resume does it once more.
  if (request.kind !== 'deploy' || world.clusters.has(request.name)) return;
  const made = world.sandboxes.get(request.name);
  world.add(makeSandbox(request.name, world.now, made?.nodes.map((node) => node.port) ?? []));
  if (made) world.sandboxes.set(request.name, { ...made, whole: true });
}

function inCluster(world: World, name: string, action: Action): Effect {
  // Asked for when the step is done: until then the world may have been changed.
  const cluster = () => world.need(name).cluster;
  switch (action.type) {
    case 'sql':
      return statements(cluster, action.node, action.units);
    case 'subscribe':
      return subscribe(world, cluster, action);
    case 'unsubscribe':
      return {
        apply: () =>
          drop(cluster(), (sub) => sub.receiver === action.node && sub.name === action.subscription),
        revert: nothing,
      };
    case 'resync':
      return {
        apply: () => {
          const sub = cluster().subscriptions.find(
            (each) => each.receiver === action.node && each.name === action.subscription,
          );
          if (!sub) throw new Error(`subscription "${action.subscription}" not found`);
          const { schema, table } = action.table;
          sub.copy = { tables: [{ schema, name: table }], done: 0, tablesPerSecond: 0.25 };
        },
        revert: nothing,
      };
    case 'drop-slots':
      return {
        apply: () => {
          for (const slot of action.slots) dropSlot(cluster(), action.node, slot);
        },
        revert: nothing,
      };
    case 'restart':
      return {
        seconds: world.operatorSeconds,
        waitsFor: `Restart PostgreSQL on the host of ${action.node}: ${action.how}`,
        note: 'back, settings in force',
        apply: () => {
          const server = nodeOf(cluster(), action.node);
          if (server) restartServer(server);
        },
        revert: nothing,
      };
    case 'forget-node':
      return {
        apply: () => {
          const watch = world.need(name);
          dropNode(world, watch.cluster, action.node);
          world.repoll(watch);
        },
        revert: nothing,
      };
    default:
      return NONE;
  }
}

/** Only what was done is taken back, as a real run's journal has it. */
function statements(cluster: () => SimCluster, node: string, units: readonly SqlUnit[]): Effect {
  const run = (statement: Parameters<typeof renderSql>[0]) =>
    execute(
      cluster(),
      node,
      renderSql(statement, () => ''),
    );
  let made: SqlUnit[] = [];
  return {
    apply: () => {
      made = units.filter((unit) => unit.statements.filter(run).length > 0);
    },
    revert: () => {
      for (const unit of made.toReversed()) for (const statement of unit.undo ?? []) run(statement);
    },
  };
}

function drop(cluster: SimCluster, which: (sub: SimSubscription) => boolean): void {
  cluster.subscriptions = cluster.subscriptions.filter((sub) => !which(sub));
}

function subscribe(
  world: World,
  cluster: () => SimCluster,
  action: Extract<Action, { type: 'subscribe' }>,
): Effect {
  let made: SimSubscription | null = null;
  return {
    apply: () => {
      const provider = nodeOf(cluster(), action.provider);
      const receiver = nodeOf(cluster(), action.node);
      if (!provider || !receiver) throw new Error('node not found');
      made = makeSubscription(cluster(), provider, receiver, 0.2, 8 * MEGABYTE, world.now);
      made.confirmed = provider.wal;
      made.restart = provider.wal;
      cluster().subscriptions.push(made);
    },
    revert: () => drop(cluster(), (sub) => sub === made),
  };
}
