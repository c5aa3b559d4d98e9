/** The changes that pages offer on a running cluster. */
import type { PlanRequest } from '#core/model/plan.ts';
import { makeSubscription } from './build.ts';
import type { SimCluster, SimSubscription } from './model.ts';
import { nodeOf } from './physics.ts';
import { type Draft, step } from './plan.ts';
import type { World } from './world.ts';

type Request<K extends PlanRequest['kind']> = Extract<PlanRequest, { kind: K }>;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function findSubscription(cluster: SimCluster, receiver: string, name: string): SimSubscription {
  const found = cluster.subscriptions.find((sub) => sub.receiver === receiver && sub.name === name);
  if (!found) throw new Error(`${receiver} has no subscription ${name}`);
  return found;
}

/** A node that does not answer cannot be changed: the plan says so rather than failing half way. */
function problems(world: World, cluster: string, nodes: string[]): NonNullable<Draft['problems']> {
  const snapshot = world.snapshot(cluster);
  return nodes
    .filter((name) => snapshot?.nodes.find((node) => node.name === name)?.state !== 'up')
    .map((name) => ({
      node: name,
      code: 'node-unreachable',
      message: `${name} does not answer.`,
      remedy: `Start the server of ${name}, or mend the way to it, then plan again.`,
    }));
}

export function switchSubscription(
  world: World,
  request: Request<'subscription-enable'> | Request<'subscription-disable'>,
  on: boolean,
): Draft {
  const { cluster } = world.need(request.cluster);
  const sub = findSubscription(cluster, request.receiver, request.subscription);
  const call = on ? 'sub_enable' : 'sub_disable';
  const set = (enabled: boolean) => () => {
    sub.enabled = enabled;
  };
  return {
    cluster: cluster.name,
    title: `${on ? 'Enable' : 'Disable'} ${sub.name} on ${sub.receiver}`,
    problems: problems(world, cluster.name, [sub.receiver]),
    steps: [
      step({
        id: 's1',
        title: `${on ? 'Enable' : 'Disable'} ${sub.name}`,
        node: sub.receiver,
        sql: [`SELECT spock.${call}(subscription_name := ${literal(sub.name)}, immediate := true);`],
        undo: `${on ? 'Disables' : 'Enables'} ${sub.name} again`,
        done: sub.enabled === on,
        risk: on ? 'none' : 'data',
        riskText: on ? null : `${sub.provider} keeps WAL for ${sub.receiver} until it is enabled again.`,
        apply: set(on),
        revert: set(!on),
      }),
    ],
  };
}

export function createSubscription(world: World, request: Request<'subscription-create'>): Draft {
  const { cluster } = world.need(request.cluster);
  const provider = nodeOf(cluster, request.provider);
  const receiver = nodeOf(cluster, request.receiver);
  if (!provider || !receiver) throw new Error(`${cluster.name} has no node of that name`);
  const sub = makeSubscription(cluster, provider, receiver, 0.2, 8 * 1024 ** 2, world.now);
  const remove = () => {
    cluster.subscriptions = cluster.subscriptions.filter((other) => other !== sub);
  };
  return {
    cluster: cluster.name,
    title: `Subscribe ${receiver.name} to ${provider.name}`,
    problems: problems(world, cluster.name, [provider.name, receiver.name]),
    steps: [
      step({
        id: 's1',
        title: `Subscribe to ${provider.name}`,
        node: receiver.name,
        sql: [
          `SELECT spock.sub_create(\n  subscription_name := ${literal(sub.name)},\n  provider_dsn := ${literal(sub.providerDsn)},\n  replication_sets := ARRAY[${sub.replicationSets.map(literal).join(', ')}],\n  synchronize_structure := false, synchronize_data := false, forward_origins := '{}');`,
        ],
        undo: `Drops ${sub.name}`,
        seconds: 0.8,
        apply: () => {
          sub.confirmed = provider.wal;
          sub.restart = provider.wal;
          cluster.subscriptions.push(sub);
        },
        revert: remove,
      }),
      step({
        id: 's2',
        title: `Wait until ${sub.name} replicates`,
        node: receiver.name,
        sql: [`SELECT spock.sub_wait_for_sync(${literal(sub.name)});`],
        after: ['s1'],
        seconds: 0.6,
      }),
    ],
  };
}

export function dropSubscription(world: World, request: Request<'subscription-drop'>): Draft {
  const { cluster } = world.need(request.cluster);
  const sub = findSubscription(cluster, request.receiver, request.subscription);
  return {
    cluster: cluster.name,
    title: `Drop ${sub.name} on ${sub.receiver}`,
    problems: problems(world, cluster.name, [sub.receiver]),
    steps: [
      step({
        id: 's1',
        title: `Drop ${sub.name}`,
        node: sub.receiver,
        sql: [`SELECT spock.sub_drop(${literal(sub.name)});`],
        risk: 'data',
        riskText: `What ${sub.provider} writes reaches ${sub.receiver} no more, and the slot on ${sub.provider} is dropped at once, outside the transaction.`,
        apply: () => {
          cluster.subscriptions = cluster.subscriptions.filter((other) => other !== sub);
        },
      }),
    ],
  };
}

export function setTable(
  world: World,
  request: Request<'set-add-table'> | Request<'set-remove-table'>,
  add: boolean,
): Draft {
  const { cluster } = world.need(request.cluster);
  const call = add ? 'repset_add_table' : 'repset_remove_table';
  const change = (node: string, member: boolean) => () => {
    const table = nodeOf(cluster, node)?.tables.find(
      (found) => found.schema === request.schema && found.name === request.table,
    );
    if (!table) throw new Error(`relation "${request.schema}.${request.table}" does not exist`);
    table.sets = table.sets.filter((found) => found.set !== request.set);
    if (member) table.sets.unshift({ set: request.set, rowFilter: null, columns: null });
  };
  return {
    cluster: cluster.name,
    title: `${add ? 'Add' : 'Remove'} ${request.schema}.${request.table} ${add ? 'to' : 'from'} ${request.set}`,
    problems: problems(world, cluster.name, request.nodes),
    steps: request.nodes.map((node, index) =>
      step({
        id: `s${index + 1}`,
        title: add ? `Add to ${request.set}` : `Remove from ${request.set}`,
        node,
        sql: [
          `SELECT spock.${call}(${literal(request.set)}, ${literal(`${request.schema}.${request.table}`)}::regclass);`,
        ],
        undo: add ? `Removes it from ${request.set} again` : `Adds it to ${request.set} again`,
        apply: change(node, add),
        revert: change(node, !add),
      }),
    ),
  };
}

export function resyncTable(world: World, request: Request<'table-resync'>): Draft {
  const { cluster } = world.need(request.cluster);
  const sub = findSubscription(cluster, request.receiver, request.subscription);
  return {
    cluster: cluster.name,
    title: `Copy ${request.schema}.${request.table} from ${sub.provider} to ${sub.receiver} again`,
    problems: problems(world, cluster.name, [sub.receiver, sub.provider]),
    steps: [
      step({
        id: 's1',
        title: `Copy ${request.schema}.${request.table}`,
        node: sub.receiver,
        sql: [
          `SELECT spock.sub_resync_table(${literal(sub.name)}, ${literal(`${request.schema}.${request.table}`)}::regclass);`,
        ],
        risk: 'data',
        riskText: `The table on ${sub.receiver} is truncated and copied from ${sub.provider}; rows that only ${sub.receiver} has are lost.`,
        seconds: 2,
      }),
    ],
  };
}

export function dropSlot(world: World, request: Request<'slot-drop'>): Draft {
  const { cluster } = world.need(request.cluster);
  const node = nodeOf(cluster, request.node);
  if (!node) throw new Error(`${cluster.name} has no node ${request.node}`);
  return {
    cluster: cluster.name,
    title: `Drop slot ${request.slot} on ${request.node}`,
    problems: problems(world, cluster.name, [request.node]),
    steps: [
      step({
        id: 's1',
        title: `Drop slot ${request.slot}`,
        node: request.node,
        sql: [`SELECT pg_drop_replication_slot(${literal(request.slot)});`],
        risk: 'data',
        riskText: 'A receiver that still needs this slot must be copied anew.',
        apply: () => {
          const sub = cluster.subscriptions.find(
            (found) => found.provider === request.node && found.slot === request.slot,
          );
          if (sub) {
            sub.confirmed = null;
            sub.restart = null;
          } else node.otherSlots = Math.max(0, node.otherSlots - 1);
        },
      }),
    ],
  };
}
