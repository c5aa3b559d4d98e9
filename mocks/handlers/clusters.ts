import { withEventMeta } from '@orpc/server';
import { nameTaken, noSandbox, sandboxRefusals } from '#core/contract/faults.ts';
import { errors } from '#mocks/errors.ts';
import { connectCluster, dropNode, logActivity, putNode, sayRooms } from '#mocks/world/registrar.ts';
import { describeCluster, summarize } from '#mocks/world/registry.ts';
import { traceFrom } from '#mocks/world/trace.ts';
import type { ClusterWatch } from '#mocks/world/watch.ts';
import { os, watched } from './base.ts';
import { clusterEvents } from './streams.ts';

const refuseTakenName = (name: string): never => {
  throw errors.CONFLICT(nameTaken(name));
};

/** A sandbox's nodes are the console's own: the registry is not the place to change them. */
function refuseSandbox({ cluster }: ClusterWatch): void {
  if (cluster.sandbox) throw errors.CONFLICT({ message: sandboxRefusals.nodes(cluster.name), data: {} });
}

export const clusters = {
  list: os.clusters.list.handler(({ context }) => ({
    items: [...context.world.clusters.values()].map(summarize),
  })),
  create: os.clusters.create.handler(({ input, context }) => {
    if (context.world.clusters.has(input.name)) refuseTakenName(input.name);
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
      if (context.world.clusters.has(input.name)) refuseTakenName(input.name);
      context.world.rename(watch, input.name);
      logActivity(context.world, input.name, `${input.cluster} is now called ${input.name}`);
    } else context.world.repoll(watch);
    return describeCluster(watch);
  }),
  forget: os.clusters.forget.handler(({ input, context }) => {
    const { cluster } = watched(context.world, input.cluster);
    if (cluster.sandbox) throw errors.CONFLICT({ message: sandboxRefusals.forget(cluster.name), data: {} });
    context.world.forget(input.cluster);
    logActivity(
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
  events: os.clusters.events.handler(async function* ({ input, context, signal, lastEventId }) {
    for await (const { id, event } of clusterEvents(context.world, input.cluster, lastEventId, signal))
      yield withEventMeta(event, { id });
  }),
  polls: os.clusters.polls.handler(({ input, context }) => ({
    nodes: watched(context.world, input.cluster).polls,
  })),
  traffic: os.clusters.traffic.handler(({ input, context }) => {
    const watch = watched(context.world, input.cluster);
    const { sandbox } = watch.cluster;
    if (!sandbox) throw errors.CONFLICT({ ...noSandbox(input.cluster), data: {} });
    sandbox.traffic.on = input.on;
    if (input.transactionsPerSecond !== undefined)
      sandbox.traffic.transactionsPerSecond = input.transactionsPerSecond;
    return describeCluster(watch);
  }),
  trace: os.clusters.trace.handler(({ input, context }) =>
    traceFrom(context.world, watched(context.world, input.cluster), input.from),
  ),
};
