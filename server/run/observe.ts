/** Reads what a planner needs to know, anew for each plan. */
import type { PlanRequest } from '#core/model/plan.ts';
import type { Observed } from '#core/plan/observed.ts';
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import type { Registry } from '#server/store/registry.ts';

export async function observe(
  request: PlanRequest,
  registry: Registry,
  sandboxes: Sandboxes,
): Promise<Observed> {
  const clusters = registry.list().map((record) => record.name);
  const nothing: Observed = { clusters, machine: null, sandbox: null, nodes: null };
  if (request.kind === 'deploy' || request.kind === 'remove') {
    return { ...nothing, ...(await sandboxes.observe(request.name)) };
  }
  return nothing;
}
