/** The state of the one stream, for all who show it. */
import { useEffect, useSyncExternalStore } from 'react';
import { tabFeed, watchTab } from './feed/tab.ts';
import { IDLE, type LiveStatus, watchCluster } from './live.ts';
import { consoleAnswers, queryClient } from './query-client.ts';

watchTab(tabFeed);

let status: LiveStatus = IDLE;
const listeners = new Set<() => void>();

function set(next: LiveStatus): void {
  if (status.state === 'lost' && next.state === 'open') consoleAnswers();
  status = next;
  for (const each of listeners) each();
}

export function useLiveStatus(): LiveStatus {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => status,
  );
}

/** Keeps the stream of this cluster open while mounted; null: none. Used once, by the shell. */
export function useLiveStream(cluster: string | null): void {
  useEffect(() => {
    if (cluster === null) return;
    const stop = watchCluster({
      cluster,
      cache: queryClient,
      follow: (topic, follower) => tabFeed.follow(topic, follower),
      onStatus: set,
    });
    return () => {
      stop();
      set(IDLE);
    };
  }, [cluster]);
}
