/** Taking leave of a cluster: forgetting it touches no node; a sandbox is removed by a plan. */
import type { Cluster } from '#core/contract/clusters.ts';
import { useForget } from '#src/parts/forget-cluster.ts';
import { PlanButton } from '#src/parts/plan-button.tsx';
import { Button } from '#src/ui/button.tsx';
import { SectionHead } from '#src/ui/section.tsx';

export function ForgetCluster({ cluster }: { cluster: Cluster }) {
  const forget = useForget();
  if (cluster.sandbox !== null) {
    return (
      <section className="section">
        <SectionHead
          title="Remove the sandbox"
          note="a plan: it stops the three servers and deletes their folders"
        />
        <div className="padded buttons">
          <PlanButton size="md" request={{ kind: 'remove', target: 'sandbox', name: cluster.name }} />
        </div>
      </section>
    );
  }
  return (
    <section className="section">
      <SectionHead title="Forget this cluster" note="touches no node" />
      <div className="padded buttons">
        <Button onClick={() => forget.run(cluster.name)}>Forget {cluster.name}</Button>
      </div>
    </section>
  );
}
