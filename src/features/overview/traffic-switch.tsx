import { useMutation } from '@tanstack/react-query';
import { Pause, Play } from 'lucide-react';
import type { Cluster } from '#core/contract/clusters.ts';
import { api } from '#src/api/client.ts';
import { tell } from '#src/api/errors.ts';
import { useCluster } from '#src/api/hooks.ts';
import { clusterQuery } from '#src/api/queries.ts';
import { queryClient } from '#src/api/query-client.ts';
import { Button } from '#src/ui/button.tsx';
import { State } from '#src/ui/state.tsx';

const RATES = [1, 10, 50, 200];

/** Writes like pgbench's on all nodes of a sandbox, so that there is something to see. Other clusters have no such switch. */
export function TrafficSwitch() {
  const cluster = useCluster();
  const change = useMutation({
    mutationFn: (input: { on: boolean; transactionsPerSecond?: number }) =>
      api.clusters.traffic({ cluster: cluster.name, ...input }),
    onSuccess: (next: Cluster) => queryClient.setQueryData(clusterQuery(next.name).queryKey, next),
  });
  if (cluster.sandbox === null) return null;
  const { on, transactionsPerSecond } = cluster.sandbox.traffic;
  const rates = RATES.includes(transactionsPerSecond)
    ? RATES
    : [...RATES, transactionsPerSecond].sort((a, b) => a - b);
  return (
    <span className="traffic">
      {change.isError && <State of="critical">{tell(change.error).message}</State>}
      <label>
        <span className="f">Traffic </span>
        <select
          className="in"
          value={transactionsPerSecond}
          aria-label="Transactions a second on each node"
          onChange={(event) => change.mutate({ on, transactionsPerSecond: Number(event.target.value) })}
        >
          {rates.map((rate) => (
            <option key={rate} value={rate}>
              {rate} a second
            </option>
          ))}
        </select>
      </label>
      <Button
        size="sm"
        icon={on ? Pause : Play}
        busy={change.isPending}
        onClick={() => change.mutate({ on: !on })}
      >
        {on ? 'Stop traffic' : 'Start traffic'}
      </Button>
    </span>
  );
}
