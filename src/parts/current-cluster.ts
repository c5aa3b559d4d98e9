/** The cluster that the rail speaks of: the one on the address, else the one that was looked at last. */
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useParams } from 'react-router';
import { clustersQuery } from '#src/api/queries.ts';

const KEY = 'tricorder.cluster';

export function rememberedCluster(): string | null {
  try {
    return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

export function useCurrentCluster(): string | null {
  const { cluster } = useParams();
  const { data } = useQuery(clustersQuery());
  useEffect(() => {
    if (cluster === undefined) return;
    try {
      sessionStorage.setItem(KEY, cluster);
      localStorage.setItem(KEY, cluster);
    } catch {
      // Without storage the rail follows the address alone.
    }
  }, [cluster]);
  if (cluster !== undefined) return cluster;
  const last = rememberedCluster();
  return data?.items.find((item) => item.name === last)?.name ?? data?.items[0]?.name ?? null;
}
