import { execFileSync } from 'node:child_process';
import { createORPCClient } from '@orpc/client';
import { OpenAPILink } from '@orpc/openapi-client/fetch';
import { test as base } from '@playwright/test';
import { contract } from '#core/contract/contract.ts';
import type { Api, Driver } from '#e2e/cluster-facts.ts';
import { fact } from '#e2e/facts.ts';
import { checkScenario, scenarioTable } from '#e2e/scenario-table.ts';
import { type Console, startConsole } from './console.ts';

function clientOf({ url, token }: Console): Api {
  const link = new OpenAPILink(contract, {
    url: `${url}/api/v1`,
    headers: { authorization: `Bearer ${token}` },
  });
  return createORPCClient(link);
}

/** The server's postmaster and all that it started: its backends go on when it alone is stopped. */
function processesOf(postmaster: number): number[] {
  const all = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const children = all.split('\n').flatMap((line) => {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    return pid !== undefined && parent === postmaster ? [pid] : [];
  });
  return [postmaster, ...children];
}

/** A sandbox of real servers, made by its plan. */
async function deployed(console: Console): Promise<Driver> {
  const api = clientOf(console);
  const cluster = 'demo';
  const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const signal = (name: NodeJS.Signals) => async (node: string) => {
    const { sandbox } = await api.clusters.get({ cluster });
    const pid = sandbox?.servers.find((server) => server.node === node)?.pid;
    if (!pid) throw new Error(`${node} has no process`);
    // A process that has ended meanwhile needs no signal.
    for (const each of name === 'SIGKILL' ? [pid] : processesOf(pid))
      try {
        process.kill(each, name);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
  };
  const { id: plan } = await api.plans.create({ kind: 'deploy', target: 'sandbox', name: cluster });
  const { id } = await api.plans.run({ id: plan });
  let run = await api.runs.get({ id });
  for (; run.state === 'running'; run = await api.runs.get({ id })) await wait(200);
  fact(
    'the sandbox is deployed',
    run.state === 'succeeded',
    run.steps.filter((step) => step.error !== null),
  );
  return { api, cluster, wait, hang: signal('SIGSTOP'), wake: signal('SIGCONT'), kill: signal('SIGKILL') };
}

// No page is opened here, so no browser is started: only the console and its servers.
const test = base.extend<object, { driver: Driver }>({
  driver: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from this pattern
    async ({}, use) => {
      const console = await startConsole();
      await use(await deployed(console));
      await console.remove();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});

for (const scenario of scenarioTable) {
  test(`real: ${scenario.name}`, async ({ driver }) => {
    await checkScenario(scenario, driver);
  });
}
