/**
 * A cluster's stream as server-sent events. The words are those that the contract's `clusters.events` sends, but an
 * event is made JSON once for all browsers, and not validated and written anew for each of them.
 */
import type { SnapshotStream } from '#server/observe/stream.ts';

/** Proxies close what is silent for long; a page takes 10 s of silence as a lost console. */
const KEEP_ALIVE_MS = 5000;

/** `lastEventId`: the header of that name. The response ends when the browser goes or the cluster is forgotten. */
export function eventStream(stream: SnapshotStream, lastEventId: string | undefined): Response {
  const abort = new AbortController();
  const events = stream.read(lastEventId, abort.signal);
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
