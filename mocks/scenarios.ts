/** Named worlds, chosen by `?scenario=` on the URL. */
import { makeOrders } from '#mocks/world/build.ts';
import { World } from '#mocks/world/world.ts';

interface Scenario {
  sentence: string;
  build: (world: World) => void;
}

export const scenarios = {
  empty: { sentence: 'First run: nothing is watched yet.', build: () => {} },
  healthy: {
    sentence: 'Three nodes, six links, all well.',
    build: (world) => {
      world.add(makeOrders(world.now));
    },
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

export const isScenario = (name: string | null): name is ScenarioName =>
  name !== null && Object.hasOwn(scenarios, name);

/** A world that begins at `now` as the scenario says. */
export function makeWorld(name: ScenarioName, now: number): World {
  const world = new World({ now });
  const scenario: Scenario = scenarios[name];
  scenario.build(world);
  return world;
}
