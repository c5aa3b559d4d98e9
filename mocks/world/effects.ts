/** What the steps of a plan do to the world, and how that is taken back. */
import type { PlanKind, PlanRequest } from '#core/model/plan.ts';
import type { ExecutableStep } from '#core/plan/executable.ts';
import { MEGABYTE, makeSubscription } from './build.ts';
import type { SimSubscription } from './model.ts';
import { sandboxFolder } from './observed.ts';
import { nodeOf } from './physics.ts';
import { dropNode } from './registrar.ts';
import { makeSandbox } from './sandbox.ts';
import type { World } from './world.ts';

export interface Effect {
  apply: () => void;
  revert: () => void;
}

const nothing = () => {};
const NONE: Effect = { apply: nothing, revert: nothing };

export function effectOf(world: World, request: PlanRequest, step: ExecutableStep): Effect {
  switch (step.action.type) {
    case 'sandbox-allocate': {
      const { nodes } = step.action;
      const name = 'name' in request ? request.name : '';
      return {
        apply: () =>
          !world.sandboxes.has(name) &&
          world.sandboxes.set(name, {
            folder: sandboxFolder(name),
            nodes: nodes.map((node) => ({ ...node, running: false })),
            whole: false,
          }),
        revert: () => world.sandboxes.delete(name),
      };
    }
    case 'sandbox-register':
      return { apply: () => register(world, request), revert: () => forget(world, request) };
    case 'forget-cluster':
      return { apply: () => forget(world, request), revert: nothing };
    case 'sandbox-delete':
      return { apply: () => world.sandboxes.delete('name' in request ? request.name : ''), revert: nothing };
    case 'drop-slots': {
      const { node, reader } = step.action;
      return { apply: () => dropReader(world, request, node, reader), revert: nothing };
    }
    case 'forget-node': {
      const { node } = step.action;
      return { apply: () => forgetNode(world, request, node), revert: nothing };
    }
    case 'sql':
    case 'resync':
    case 'unsubscribe':
    case 'subscribe':
      return changeOf(world, request, step.action.node);
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

/** The slots on `node` from which `reader` reads. */
function dropReader(world: World, request: PlanRequest, node: string, reader: string): void {
  if (!('cluster' in request)) return;
  for (const sub of world.need(request.cluster).cluster.subscriptions) {
    if (sub.provider !== node || sub.receiver !== reader) continue;
    sub.confirmed = null;
    sub.restart = null;
  }
}

function forgetNode(world: World, request: PlanRequest, node: string): void {
  if (!('cluster' in request)) return;
  const watch = world.need(request.cluster);
  dropNode(world, watch.cluster, node);
  world.repoll(watch);
}

function forget(world: World, request: PlanRequest): void {
  if ('name' in request) world.forget(request.name);
}

type Changes = {
  [K in PlanKind]: (world: World, request: Extract<PlanRequest, { kind: K }>, node: string) => Effect;
};

const changes: Changes = {
  deploy: () => NONE,
  remove: () => NONE,
  'subscription-enable': (world, request) => switched(world, request, true),
  'subscription-disable': (world, request) => switched(world, request, false),
  'subscription-create': create,
  'subscription-drop': (world, request) => ({
    apply: () => drop(world, request.cluster, found(world, request)),
    revert: nothing,
  }),
  'set-add-table': (world, request, node) => membership(world, request, node, true),
  'set-remove-table': (world, request, node) => membership(world, request, node, false),
  'table-resync': (world, request) => ({
    apply: () => {
      const sub = found(world, request);
      sub.copy = {
        tables: [{ schema: request.schema, name: request.table }],
        done: 0,
        tablesPerSecond: 0.25,
      };
    },
    revert: nothing,
  }),
  'slot-drop': (world, request) => ({
    apply: () => {
      const { cluster } = world.need(request.cluster);
      const sub = cluster.subscriptions.find(
        (one) => one.provider === request.node && one.slot === request.slot,
      );
      if (sub) {
        sub.confirmed = null;
        sub.restart = null;
      }
      const node = nodeOf(cluster, request.node);
      if (node) node.otherSlots = node.otherSlots.filter((slot) => slot.name !== request.slot);
    },
    revert: nothing,
  }),
  'node-remove': (world, request, survivor) => ({
    apply: () => {
      const { cluster } = world.need(request.cluster);
      cluster.subscriptions = cluster.subscriptions.filter(
        (sub) => sub.receiver !== survivor || sub.provider !== request.node,
      );
    },
    revert: nothing,
  }),
};

function changeOf(world: World, request: PlanRequest, node: string): Effect {
  // The map pairs each kind with the change of that kind; the types cannot say so for a union.
  const change = changes[request.kind] as (world: World, request: PlanRequest, node: string) => Effect;
  return change(world, request, node);
}

type OnSubscription = Extract<PlanRequest, { subscription: string }>;

function found(world: World, request: OnSubscription): SimSubscription {
  const { cluster } = world.need(request.cluster);
  const sub = cluster.subscriptions.find(
    (one) => one.receiver === request.receiver && one.name === request.subscription,
  );
  if (!sub) throw new Error(`subscription "${request.subscription}" not found`);
  return sub;
}

function switched(world: World, request: OnSubscription, on: boolean): Effect {
  const set = (enabled: boolean) => () => {
    found(world, request).enabled = enabled;
  };
  return { apply: set(on), revert: set(!on) };
}

function drop(world: World, name: string, sub: SimSubscription): void {
  const { cluster } = world.need(name);
  cluster.subscriptions = cluster.subscriptions.filter((other) => other !== sub);
}

function create(world: World, request: Extract<PlanRequest, { kind: 'subscription-create' }>): Effect {
  let made: SimSubscription | null = null;
  return {
    apply: () => {
      const { cluster } = world.need(request.cluster);
      const provider = nodeOf(cluster, request.provider);
      const receiver = nodeOf(cluster, request.receiver);
      if (!provider || !receiver) throw new Error('node not found');
      made = makeSubscription(cluster, provider, receiver, 0.2, 8 * MEGABYTE, world.now);
      made.confirmed = provider.wal;
      made.restart = provider.wal;
      cluster.subscriptions.push(made);
    },
    revert: () => {
      if (made) drop(world, request.cluster, made);
    },
  };
}

function membership(
  world: World,
  request: Extract<PlanRequest, { kind: 'set-add-table' | 'set-remove-table' }>,
  name: string,
  add: boolean,
): Effect {
  const change = (member: boolean) => () => {
    const node = nodeOf(world.need(request.cluster).cluster, name);
    const table = node?.tables.find((one) => one.schema === request.schema && one.name === request.table);
    if (!node || !table) throw new Error(`relation "${request.schema}.${request.table}" does not exist`);
    table.sets = table.sets.filter((one) => one.set !== request.set);
    if (member) table.sets = [...table.sets, { set: request.set, rowFilter: null, columns: null }];
    node.catalogMark += 1;
  };
  return { apply: change(add), revert: change(!add) };
}
