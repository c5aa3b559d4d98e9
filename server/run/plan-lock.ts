/** The lock of a run: no two consoles change one node at once. */
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import type { Registry } from '#server/store/registry.ts';
import type { StoredPlan } from '#server/store/runs.ts';
import { ClusterLock } from './cluster-lock.ts';
import { Refusal } from './refusal.ts';
import { registeredDsn } from './request-dsns.ts';

/**
 * Taken on the nodes of the plan, each by the DSN of the run (`given`, by node), the plan or the console. Null: servers of a
 * sandbox are this console's alone. Refusal CONFLICT: another has it, or a node cannot be asked.
 */
export async function lockNodes(
  { plan, executable, dsns }: StoredPlan,
  given: Readonly<Record<string, string>>,
  { registry, sandboxes }: { registry: Registry; sandboxes: Sandboxes },
): Promise<ClusterLock | null> {
  const { kind } = plan.request;
  if (kind === 'remove' || (kind === 'deploy' && plan.request.target === 'sandbox')) return null;
  const nodes = new Set(executable.steps.flatMap(({ node }) => (node === null ? [] : [node])));
  const reached = [...nodes].flatMap((node) => {
    const dsn = given[node] ?? dsns[node]?.dsn ?? registeredDsn(plan.cluster, node, registry, sandboxes);
    return dsn === null ? [] : [[node, dsn] as const];
  });
  const lock = new ClusterLock(new Map(reached));
  const refused = await lock.take();
  if (refused.length === 0) return lock;
  await lock.release();
  throw new Refusal(
    'CONFLICT',
    refused.map(({ refusal }) => `${refusal.message} ${refusal.remedy ?? ''}`.trim()).join(' '),
  );
}
