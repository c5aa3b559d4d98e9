/** Many streams as one: whatever comes first is given first, and no stream is read further than its last event was taken. */
import type { ClusterEvent } from '#core/model/events.ts';
import type { Run } from '#core/model/plan.ts';
import type { FeedFrame, FrameError } from './frame.ts';
import { type Followed, positionsIn, positionsText, type Topic, topicsOf } from './topics.ts';

/** `T`: an event as its holder has it, an object or its JSON. */
export interface FeedSources<T> {
  /** Events after `lastEventId`, or a whole snapshot first. Throws, now or later, where there is no such cluster. */
  cluster(
    name: string,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): AsyncIterable<{ id: string; event: T }>;
  /** The whole run, again and again, until it has ended. Throws where there is none. */
  run(id: string, signal: AbortSignal): AsyncIterable<T>;
  /** An error as it may be told. */
  told(error: unknown): FrameError;
}

export type Part<T> = { topic: Topic; id: string } & ({ event: T } | { error: FrameError });

interface Waiting<T> {
  part: Part<T>;
  taken: () => void;
}

/**
 * `id` names the positions of all clusters after this part. A topic that fails is told once, and the others go on. Ends when
 * `signal` is aborted, when nothing more can come, or when the stream of a cluster has ended: who reads asks again then, and
 * hears whether it was forgotten.
 */
export async function* merged<T>(
  followed: Followed,
  lastEventId: string | null | undefined,
  sources: FeedSources<T>,
  signal: AbortSignal,
): AsyncGenerator<Part<T>, void> {
  const stop = new AbortController();
  const before = positionsIn(lastEventId);
  const positions = new Map([...before].filter(([name]) => followed.clusters.includes(name)));
  const waiting: Waiting<T>[] = [];
  let given: Waiting<T> | undefined;
  let ended = false;
  let live = 0;
  let wake = (): void => {};

  // A queue and not a race: each race would leave its reactions with the streams that are silent for hours.
  const offer = (part: Part<T>) =>
    new Promise<void>((taken) => {
      waiting.push({ part, taken });
      wake();
    });
  const pump = async (topic: Topic): Promise<void> => {
    const name = topic.slice(topic.indexOf(':') + 1);
    const isCluster = topic.startsWith('cluster:');
    try {
      if (isCluster) {
        for await (const { id, event } of sources.cluster(name, before.get(name), stop.signal)) {
          if (stop.signal.aborted) return;
          positions.set(name, id);
          await offer({ topic, id: positionsText(positions), event });
        }
        ended = true;
      } else {
        for await (const event of sources.run(name, stop.signal)) {
          if (stop.signal.aborted) return;
          await offer({ topic, id: positionsText(positions), event });
        }
      }
    } catch (error) {
      if (stop.signal.aborted) return;
      positions.delete(name);
      await offer({ topic, id: positionsText(positions), error: sources.told(error) });
    } finally {
      live--;
      wake();
    }
  };
  const end = () => {
    stop.abort();
    wake();
    given?.taken();
    for (const { taken } of waiting) taken();
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    if (signal.aborted) return;
    for (const topic of topicsOf(followed)) {
      live++;
      void pump(topic);
    }
    for (;;) {
      given = waiting.shift();
      if (stop.signal.aborted) return;
      if (given !== undefined) {
        yield given.part;
        given.taken();
      } else if (ended || live === 0) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

/** A part as the contract has it. */
export function frameOf(part: Part<ClusterEvent | Run>): FeedFrame {
  const at = part.topic.indexOf(':');
  const of = { [part.topic.slice(0, at)]: part.topic.slice(at + 1) };
  const says = 'error' in part ? { error: part.error } : { event: part.event };
  // The topic says which of the two it is; the types cannot.
  return { ...of, ...says } as FeedFrame;
}
