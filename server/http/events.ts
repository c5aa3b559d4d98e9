/**
 * The streams: what they say (`feedSources`), the contract's `clusters.events` and `feed.follow` for callers inside the process,
 * and the same over HTTP, where an event of a cluster is made JSON once for all browsers instead of validated and written anew
 * for each of them.
 */
import { withEventMeta } from '@orpc/server';
import type { FrameError } from '#core/feed/frame.ts';
import { type FeedSources, frameOf, merged, type Part } from '#core/feed/merge.ts';
import { type Followed, namesIn } from '#core/feed/topics.ts';
import type { Run } from '#core/model/plan.ts';
import type { SnapshotStream, StreamedEvent } from '#server/observe/stream.ts';
import type { Services } from '#server/services.ts';
import { findCluster } from './clusters.ts';
import { toApiError } from './errors.ts';
import { os } from './implement.ts';

/** Proxies close what is silent for long; a page takes 10 s of silence as a lost console. */
const KEEP_ALIVE_MS = 5000;

/** `lastEventId`: the header of that name. The response ends when the browser goes or the cluster is forgotten. */
export function eventStream(stream: SnapshotStream, lastEventId: string | undefined): Response {
  const abort = new AbortController();
  return streamed(stream.read(lastEventId, abort.signal), abort);
}

export const clusterEvents = os.clusters.events.handler(async function* ({
  input,
  context,
  lastEventId,
  signal,
}) {
  const { stream } = findCluster(context.services, input.cluster).watcher;
  for await (const { id, event } of stream.read(lastEventId, signal)) yield withEventMeta(event, { id });
});

export const feed = {
  follow: os.feed.follow.handler(async function* ({ input, context: { services }, lastEventId, signal }) {
    const followed = { clusters: namesIn(input.clusters), runs: namesIn(input.runs) };
    const until = signal ?? new AbortController().signal;
    for await (const part of merged(followed, lastEventId, feedSources(services), until)) {
      const { id } = part;
      yield withEventMeta(frameOf('error' in part ? part : { ...part, event: part.event.event }), { id });
    }
  }),
};

/** Many clusters and runs on one stream. */
export function feedStream(
  services: Services,
  followed: Followed,
  lastEventId: string | undefined,
): Response {
  const abort = new AbortController();
  const parts = merged(followed, lastEventId, feedSources(services), abort.signal);
  return streamed(frames(parts), abort);
}

/** An event of a cluster, or a run: as the contract has it, and as JSON. */
export type Fed = Pick<StreamedEvent, 'json'> & { event: StreamedEvent['event'] | Run };

/** What the console's streams say, for one that follows many. */
export function feedSources(services: Services): FeedSources<Fed> {
  return {
    async *cluster(name, lastEventId, signal) {
      const { stream } = findCluster(services, name).watcher;
      for await (const { id, event, json } of stream.read(lastEventId, signal)) {
        yield { id, event: { event, json } };
      }
    },
    async *run(id, signal) {
      services.runner.get(id);
      for await (const run of services.runner.events(id, signal)) {
        yield { event: run, json: JSON.stringify(run) };
      }
    },
    told(error): FrameError {
      const { code, message } = toApiError(error, services.log);
      return { code, message };
    },
  };
}

async function* frames(parts: AsyncIterable<Part<Fed>>): AsyncGenerator<{ id: string; json: string }, void> {
  for await (const part of parts) {
    const { topic, id } = part;
    const at = topic.indexOf(':');
    const head = `{"${topic.slice(0, at)}":${JSON.stringify(topic.slice(at + 1))}`;
    const rest = 'error' in part ? `"error":${JSON.stringify(part.error)}` : `"event":${part.event.json}`;
    yield { id, json: `${head},${rest}}` };
  }
}

function streamed(
  events: AsyncGenerator<{ id: string; json: string }, void>,
  abort: AbortController,
): Response {
  const encoder = new TextEncoder();
  let timer: NodeJS.Timeout | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(': \nretry: 1000\n\n'));
      timer = setInterval(() => {
        // A browser that does not read gets no more, and holds no memory.
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(': \n\n'));
      }, KEEP_ALIVE_MS);
    },
    async pull(controller) {
      const next = await events.next();
      if (next.done) {
        clearInterval(timer);
        if (!abort.signal.aborted) controller.close();
        return;
      }
      const { id, json } = next.value;
      controller.enqueue(encoder.encode(`event: message\nid: ${id}\ndata: ${json}\n\n`));
    },
    cancel() {
      clearInterval(timer);
      abort.abort();
    },
  });
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // nginx would hold events back.
      'x-accel-buffering': 'no',
    },
  });
}
