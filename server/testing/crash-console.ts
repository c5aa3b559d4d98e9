/**
 * For tests that kill a console: one in a process of its own. Prints each state of its run as a line of JSON. What it deploys
 * stands in REQUEST; the sandbox demo unless given.
 */
import type { PlanRequest } from '#core/model/plan.ts';
import { openConsole } from './test-console.ts';

const [dataDir, what] = process.argv.slice(2) as [string, 'deploy' | 'resume' | 'rollback'];

const tricorder = openConsole(dataDir);
process.once('SIGTERM', () => void tricorder.stop().then(() => process.exit(0)));
await tricorder.sandboxes.startAll();
const { runner } = tricorder;
process.stdout.write(`${JSON.stringify({ found: runner.list()[0]?.state ?? null })}\n`);

async function begin(): Promise<string> {
  if (what === 'deploy') {
    const asked = process.env.REQUEST;
    const request: PlanRequest =
      asked === undefined ? { kind: 'deploy', target: 'sandbox', name: 'demo' } : JSON.parse(asked);
    const plan = await runner.plan(request);
    return (await runner.start(plan.id)).id;
  }
  const id = runner.list()[0]?.id ?? '';
  await (what === 'resume' ? runner.resume(id) : runner.rollback(id));
  return id;
}

for await (const run of runner.events(await begin(), new AbortController().signal)) {
  process.stdout.write(`${JSON.stringify(run)}\n`);
}
// Stays until it is told to end.
process.stdin.resume();
