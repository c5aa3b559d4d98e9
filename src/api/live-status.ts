/** The state of the one stream, for all who show it. */
import { useEffect, useSyncExternalStore } from 'react';
import { api } from './client.ts';
import { IDLE, type LiveStatus, watchCluster } from './live.ts';
import { queryClient } from './query-client.ts';

let status: LiveStatus = IDLE;
const listeners = new Set<() => void>();

function set(next: LiveStatus): void {
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
      source: (name, options) => api.clusters.events({ cluster: name }, options),
      onStatus: set,
    });
    return () => {
      stop();
      set(IDLE);
    };
  }, [cluster]);
}
