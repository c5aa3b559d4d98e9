import { ORPCError, withEventMeta } from '@orpc/server';
import type { FieldIssue } from '#core/contract/errors.ts';
import { diffSnapshots } from '#core/model/change.ts';
import type { ClusterEvent } from '#core/model/events.ts';
import { connectCluster, dropNode, putNode, sayRooms, tell } from '#mocks/world/registrar.ts';
import { describeCluster, summarize } from '#mocks/world/registry.ts';
import { traceFrom } from '#mocks/world/trace.ts';
import type { ClusterWatch } from '#mocks/world/watch.ts';
import type { World } from '#mocks/world/world.ts';
import { os, watched } from './base.ts';

function nameTaken(name: string): never {
  const message = `A cluster named ${name} is watched already.`;
  refuse(message, [{ path: ['name'], code: 'name-taken', message, remedy: 'Take another name.' }]);
}

function refuse(message: string, issues?: FieldIssue[]): never {
  throw new ORPCError('CONFLICT', { message, data: issues ? { issues } : {} });
}

/** A sandbox's nodes are the console's own: the registry is not the place to change them. */
function refuseSandbox({ cluster }: ClusterWatch): void {
  if (cluster.sandbox)
    refuse(`${cluster.name} is a sandbox: the console knows its nodes, and how to reach them, itself.`);
}

export const clusters = {
  list: os.clusters.list.handler(({ context }) => ({
    items: [...context.world.clusters.values()].map(summarize),
  })),
  create: os.clusters.create.handler(({ input, context }) => {
    if (context.world.clusters.has(input.name)) nameTaken(input.name);
    return describeCluster(connectCluster(context.world, input));
  }),
  get: os.clusters.get.handler(({ input, context }) =>
    describeCluster(watched(context.world, input.cluster)),
  ),
  update: os.clusters.update.handler(({ input, context }) => {
    const watch = watched(context.world, input.cluster);
    const { cluster } = watch;
    if (input.walRoom) sayRooms(context.world, watch, input.walRoom);
    if (input.thresholds) cluster.thresholds = { ...cluster.thresholds, ...input.thresholds };
    if (input.topology) cluster.topology = input.topology;
    if (input.name && input.name !== cluster.name) {
      if (context.world.clusters.has(input.name)) nameTaken(input.name);
      context.world.rename(watch, input.name);
      tell(context.world, input.name, `${input.cluster} is now called ${input.name}`);
    } else context.world.repoll(watch);
    return describeCluster(watch);
  }),
  forget: os.clusters.forget.handler(({ input, context }) => {
    const { cluster } = watched(context.world, input.cluster);
    if (cluster.sandbox)
      refuse(
        `${cluster.name} is a sandbox of this console. POST /api/v1/plans {"kind":"remove","target":"sandbox","name":"${cluster.name}"} plans its removal, which stops its servers.`,
      );
    context.world.forget(input.cluster);
    tell(
      context.world,
      cluster.name,
      `${cluster.name} is no longer watched; nothing was changed on its nodes`,
    );
    return { forgotten: input.cluster };
  }),
  putNode: os.clusters.putNode.handler(({ input, context }) => {
    const watch = watched(context.world, input.cluster);
    refuseSandbox(watch);
    putNode(context.world, watch.cluster, input);
    watch.meet(context.world.now);
    context.world.repoll(watch);
    return describeCluster(watch);
  }),
  forgetNode: os.clusters.forgetNode.handler(({ input, context }) => {
    const watch = watched(context.world, input.cluster);
    refuseSandbox(watch);
    dropNode(context.world, watch.cluster, input.node);
    context.world.repoll(watch);
    return describeCluster(watch);
  }),
  snapshot: os.clusters.snapshot.handler(
    ({ input, context }) => watched(context.world, input.cluster).snapshot,
  ),
  events: os.clusters.events.handler(({ input, context, signal, lastEventId }) => {
    watched(context.world, input.cluster);
    return clusterEvents(context.world, input.cluster, lastEventId, signal);
  }),
  polls: os.clusters.polls.handler(({ input, context }) => ({
    nodes: watched(context.world, input.cluster).polls,
  })),
  traffic: os.clusters.traffic.handler(({ input, context }) => {
    const watch = watched(context.world, input.cluster);
    const { sandbox } = watch.cluster;
    if (!sandbox) refuse(`${input.cluster} is no sandbox: the console writes nothing to its nodes.`);
    sandbox.traffic.on = input.on;
    if (input.transactionsPerSecond !== undefined)
      sandbox.traffic.transactionsPerSecond = input.transactionsPerSecond;
    return describeCluster(watch);
  }),
  trace: os.clusters.trace.handler(({ input, context }) =>
    traceFrom(context.world, watched(context.world, input.cluster), input.from),
  ),
};

/**
 * The snapshot, or what changed since the event that the reader had last; then a change for every poll. Ends when the
 * cluster is forgotten.
 */
async function* clusterEvents(
  world: World,
  cluster: string,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<ClusterEvent, void, void> {
  const watch = watched(world, cluster);
  // Counts of another world, before the page was loaded anew, are not ours.
  const [epoch, count] = lastEventId?.split('.') ?? [];
  let sent = Number(epoch) === world.startedAt ? watch.earlier(Number(count)) : undefined;
  const withId = (event: ClusterEvent) => withEventMeta(event, { id: `${world.startedAt}.${watch.count}` });
  if (!sent) {
    sent = watch.snapshot;
    yield withId({ type: 'snapshot', ...sent });
  }
  while (!signal?.aborted && !world.streamIsAway) {
    const now = world.snapshot(watch.cluster.name);
    if (!now) return;
    if (now === sent) {
      await world.nextTick(signal);
      continue;
    }
    const change = diffSnapshots(sent, now);
    sent = now;
    yield withId(change);
  }
}
