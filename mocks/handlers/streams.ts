/** The streams of the mock: of a cluster, of a run, and of many of them at once. */
import { ORPCError, withEventMeta } from '@orpc/server';
import { type FeedSources, frameOf, merged } from '#core/feed/merge.ts';
import { namesIn } from '#core/feed/topics.ts';
import type { ClusterEvent } from '#core/model/events.ts';
import type { Run } from '#core/model/plan.ts';
import { diffSnapshots } from '#core/snapshot/change.ts';
import type { SimRun } from '#mocks/world/runs.ts';
import type { World } from '#mocks/world/world.ts';
import { found, os, watched } from './base.ts';

/**
 * The snapshot, or what changed since the event that the reader had last; then a change for every poll. Ends when the
 * cluster is forgotten.
 */
export async function* clusterEvents(
  world: World,
  cluster: string,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ id: string; event: ClusterEvent }, void, void> {
  const watch = watched(world, cluster);
  // Counts of another world, before the page was loaded anew, are not ours.
  const [epoch, count] = lastEventId?.split('.') ?? [];
  let sent = Number(epoch) === world.startedAt ? watch.earlier(Number(count)) : undefined;
  const id = () => `${world.startedAt}.${watch.count}`;
  if (!sent) {
    sent = watch.snapshot;
    yield { id: id(), event: { type: 'snapshot', ...sent } };
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
    yield { id: id(), event: change };
  }
}

/** The whole run first, and again whenever something of it changed; ends when it has ended. */
export async function* runEvents(
  world: World,
  run: SimRun,
  signal: AbortSignal | undefined,
): AsyncGenerator<Run, void, void> {
  let sent = run.run;
  yield sent;
  while (!signal?.aborted && (run.run !== sent || run.isUnderWay)) {
    if (run.run === sent) {
      await world.nextTick(signal);
      continue;
    }
    sent = run.run;
    yield sent;
  }
}

const sources = (world: World): FeedSources<ClusterEvent | Run> => ({
  cluster: (name, lastEventId, signal) => clusterEvents(world, name, lastEventId, signal),
  async *run(id, signal) {
    yield* runEvents(world, found(world, id), signal);
  },
  told: (error) =>
    error instanceof ORPCError
      ? { code: error.code, message: error.message }
      : { code: 'INTERNAL_SERVER_ERROR', message: (error as Error).message },
});

export const feed = {
  follow: os.feed.follow.handler(async function* ({ input, context: { world }, lastEventId, signal }) {
    const followed = { clusters: namesIn(input.clusters), runs: namesIn(input.runs) };
    const until = signal ?? new AbortController().signal;
    for await (const part of merged(followed, lastEventId, sources(world), until)) {
      yield withEventMeta(frameOf(part), { id: part.id });
    }
  }),
};
