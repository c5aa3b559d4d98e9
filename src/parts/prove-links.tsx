/** A mark sent now from nodes through their links, and when it arrived on the others: shown where it was asked for. */
import { useState } from 'react';
import { api } from '#src/api/client.ts';
import { describeError } from '#src/api/errors.ts';
import { useChange } from '#src/api/use-change.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { milliseconds } from '#src/lib/units.ts';
import { Button } from '#src/ui/button.tsx';
import { LinkName } from '#src/ui/link-name.tsx';
import { State } from '#src/ui/state.tsx';
import { ExactTime } from '#src/ui/time.tsx';
import { Num } from '#src/ui/value.tsx';

interface Props {
  cluster: string;
  /** Nodes that send a mark each. */
  from: readonly string[];
  /** The one receiver that is asked about; absent: all. */
  to?: string;
  /** `Prove this link now`. */
  children: string;
}

interface Arrival {
  provider: string;
  /** Null: the mark could not be sent. */
  receiver: string | null;
  ms: number | null;
  error: string | null;
}

interface Proof {
  at: string;
  arrivals: Arrival[];
}

export function ProveLinks({ cluster, from, to, children }: Props) {
  const [proof, setProof] = useState<Proof | null>(null);
  const proving = useChange({
    does: async (nodes: readonly string[]): Promise<Proof> => {
      const at = new Date().toISOString();
      const found = await Promise.all(nodes.map((node) => proveFrom(cluster, node)));
      return {
        at,
        arrivals: found
          .flat()
          .filter(({ receiver }) => to === undefined || receiver === null || receiver === to),
      };
    },
  });
  return (
    <div className="prove-links">
      <Button busy={proving.pending} onClick={() => proving.run(from, setProof)}>
        {children}
      </Button>
      {proof && <Arrivals {...proof} />}
    </div>
  );
}

/** A node that cannot send is a line of the answer, and hides none of the others. */
async function proveFrom(cluster: string, provider: string): Promise<Arrival[]> {
  try {
    const { arrivals } = await api.clusters.trace({ cluster, from: provider });
    return arrivals.map(({ node, ms, error }) => ({ provider, receiver: node, ms, error }));
  } catch (error) {
    return [{ provider, receiver: null, ms: null, error: describeError(error).message }];
  }
}

function Arrivals({ at, arrivals }: Proof) {
  return (
    <div role="status" className="prove-arrivals">
      <p className="faint">
        A mark was sent at <ExactTime at={at} />
      </p>
      <ul>
        {arrivals.map(({ provider, receiver, ms, error }) => (
          <li key={`${provider} ${receiver}`}>
            {receiver === null ? (
              safeName(provider)
            ) : (
              <LinkName provider={safeName(provider)} receiver={safeName(receiver)} />
            )}{' '}
            {ms === null ? (
              <State of="critical" size={12}>
                {error ?? 'did not arrive'}
              </State>
            ) : (
              <State of="ok" size={12}>
                arrived after <Num of={milliseconds(ms)} />
              </State>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
