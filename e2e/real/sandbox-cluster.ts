/** A sandbox for tests that need a live cluster and do not care how it came about. */
import type { Plan, Run } from '#core/model/plan.ts';
import type { Console } from './console.ts';

/** The name of the console's sandbox; made by the API where there is none yet. */
export async function ensureSandbox(tricorder: Console): Promise<string> {
  const { items } = await tricorder.api<{ items: { name: string; sandbox: boolean }[] }>('/clusters');
  const known = items.find((cluster) => cluster.sandbox);
  if (known) return known.name;
  const plan = await tricorder.api<Plan>('/plans', {
    method: 'POST',
    body: JSON.stringify({ kind: 'deploy', target: 'sandbox', name: 'demo' }),
  });
  let run = await tricorder.api<Run>(`/plans/${plan.id}/runs`, { method: 'POST', body: '{}' });
  const deadline = Date.now() + 90_000;
  while (run.state === 'running' && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    run = await tricorder.api<Run>(`/runs/${run.id}`);
  }
  if (run.state !== 'succeeded') throw new Error(`the sandbox was not made: ${JSON.stringify(run)}`);
  return 'demo';
}
