import { Pause, Play } from 'lucide-react';
import { api } from '#src/api/client.ts';
import { useCluster } from '#src/api/hooks.ts';
import { clusterQuery } from '#src/api/queries.ts';
import { useChange } from '#src/api/use-change.ts';
import { Button } from '#src/ui/button.tsx';
import { State } from '#src/ui/state.tsx';

const RATES = [1, 10, 50, 200];

/** Writes like pgbench's on all nodes of a sandbox, so that there is something to see. Other clusters have no such switch. */
export function TrafficSwitch() {
  const cluster = useCluster();
  const change = useChange({
    does: (input: { on: boolean; transactionsPerSecond?: number }) =>
      api.clusters.traffic({ cluster: cluster.name, ...input }),
    keeps: (next) => clusterQuery(next.name),
  });
  if (cluster.sandbox === null) return null;
  const { on, transactionsPerSecond } = cluster.sandbox.traffic;
  const rates = RATES.includes(transactionsPerSecond)
    ? RATES
    : [...RATES, transactionsPerSecond].sort((a, b) => a - b);
  return (
    <span className="traffic">
      {!on && <span className="faint wide-only">writes on every node, with no plan</span>}
      {change.fault && <State of="critical">{change.fault.message}</State>}
      <label>
        <span className="faint">Traffic </span>
        <select
          className="input"
          value={transactionsPerSecond}
          aria-label="Transactions a second on each node"
          onChange={(event) => change.run({ on, transactionsPerSecond: Number(event.target.value) })}
        >
          {rates.map((rate) => (
            <option key={rate} value={rate}>
              {rate} transactions/s
            </option>
          ))}
        </select>
      </label>
      <Button
        size="sm"
        icon={on ? Pause : Play}
        busy={change.pending}
        onClick={() => change.run({ on: !on })}
      >
        {on ? 'Stop traffic' : 'Start traffic'}
      </Button>
    </span>
  );
}
