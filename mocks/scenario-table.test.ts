import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Driver } from '#e2e/cluster-facts.ts';
import { checkScenario, scenarioTable } from '#e2e/scenario-table.ts';
import { mockClient, mockWorld } from './node.ts';
import { isScenario } from './scenarios.ts';

// A world is lived through for a quarter of an hour before it answers.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

type Mock = ReturnType<typeof mockWorld>;

function driverOf(mock: Mock, cluster: string): Driver {
  const { world } = mock;
  const set = (state: 'running' | 'hung') => async (name: string) => {
    const node = world.need(cluster).cluster.nodes.find((each) => each.name === name);
    if (node) node.state = state;
  };
  return {
    api: mockClient(mock),
    cluster,
    wait: async (ms) => {
      world.advance(ms);
      // Streams are read by promises: let them come to their turn.
      await new Promise((resolve) => setTimeout(resolve));
    },
    hang: set('hung'),
    wake: set('running'),
    kill: async (node) => world.kill(cluster, node),
  };
}

/** A sandbox as the real one is made: by its plan, through the API. */
async function deployed(): Promise<Driver> {
  const driver = driverOf(mockWorld('empty'), 'demo');
  const { id: plan } = await driver.api.plans.create({ kind: 'deploy', target: 'sandbox', name: 'demo' });
  const { id } = await driver.api.plans.run({ id: plan });
  while ((await driver.api.runs.get({ id })).state === 'running') await driver.wait(1000);
  await driver.wait(1000);
  return driver;
}

describe('the mock holds what the real backend is held to', () => {
  let driver: Driver;
  beforeAll(async () => {
    driver = await deployed();
  });
  test.each(scenarioTable)('$name', async (scenario) => {
    await checkScenario(scenario, driver);
  });
});

describe('a named scenario shows it from its first moment', () => {
  const named = scenarioTable.flatMap((scenario) => (scenario.named ? [{ ...scenario, scenario }] : []));
  test.each(named)('$named: $name', async ({ named: name, scenario }) => {
    if (name === undefined || !isScenario(name)) throw new Error(`the mock has no scenario ${name}`);
    await scenario.expect(driverOf(mockWorld(name), 'orders'));
  });
});

test('a fact that does not hold fails the scenario', async () => {
  const healthy = scenarioTable[0];
  if (!healthy) throw new Error('the table is empty');
  await expect(healthy.expect(driverOf(mockWorld('node-down'), 'orders'))).rejects.toThrow(
    'all nodes are up',
  );
});
