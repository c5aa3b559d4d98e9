/** Named worlds, chosen by `?scenario=` on the URL. */
import * as failed from '#mocks/scenes/failed-deploys.ts';
import * as hostile from '#mocks/scenes/hostile.ts';
import * as many from '#mocks/scenes/many.ts';
import * as orders from '#mocks/scenes/orders.ts';
import * as plans from '#mocks/scenes/plans.ts';
import * as sandbox from '#mocks/scenes/sandbox.ts';
import * as seldom from '#mocks/scenes/seldom.ts';
import * as servers from '#mocks/scenes/servers.ts';
import { makeOrders } from '#mocks/world/build.ts';
import { World } from '#mocks/world/world.ts';

interface Scenario {
  sentence: string;
  build: (world: World) => void;
}

const withTrouble =
  (trouble: Partial<World['trouble']>) =>
  (world: World): void => {
    orders.healthy(world);
    Object.assign(world.trouble, trouble);
  };

export const scenarios = {
  empty: { sentence: 'First run: nothing is watched yet.', build: () => {} },
  healthy: { sentence: 'Three nodes in three regions, six links, all well.', build: orders.healthy },
  behind: {
    sentence: 'n1 → n3 is 14.2 s behind, and an open transaction holds 3.1 GB of WAL on n1.',
    build: orders.behind,
  },
  'node-down': { sentence: 'n3 has not answered for 4 m 21 s.', build: orders.nodeDown },
  'unknown-link': {
    sentence: 'The console may not read the subscriptions of n2, so the links into n2 are unknown.',
    build: orders.unknownLink,
  },
  'slot-bloat': {
    sentence: 'n3 is away for 2 h 40 m; n1 has used 31 of the 40 GB that a slot may hold.',
    build: orders.slotBloat,
  },
  initializing: { sentence: 'n3 takes its first copy from n1.', build: orders.initializing },
  disabled: { sentence: 'sub_n3n2 is disabled, and n2 keeps WAL for it.', build: orders.disabled },
  'missing-link': { sentence: 'n3 does not subscribe to n1.', build: orders.missingLink },
  'sets-differ': {
    sentence: 'Two of 25 tables are in other sets on n3, and three have no key.',
    build: orders.setsDiffer,
  },
  conflicts: { sentence: 'A day of conflicts: three orders were lost.', build: orders.conflicts },
  exceptions: {
    sentence: 'n2 and n3 threw a transaction away; another one disabled sub_n2n1.',
    build: orders.exceptions,
  },
  'apply-loop': { sentence: 'sub_n2n1 fails at one transaction again and again.', build: orders.applyLoop },
  'silent-losses': {
    sentence:
      'Everything replicates; a copy was given up, a set sends no DELETE, another is taken by nobody.',
    build: seldom.silentLosses,
  },
  'unknown-readers': {
    sentence: 'Somebody adds n4 with another tool: slots that no watched subscription names.',
    build: seldom.unknownReaders,
  },
  standby: {
    sentence: 'The address of n1 leads to a standby since five minutes.',
    build: seldom.standby,
  },
  'node-replaced': {
    sentence: 'Another server answers at the address of n3 since five minutes.',
    build: seldom.nodeReplaced,
  },
  'node-full': { sentence: 'n2 has too many clients to let the console in.', build: seldom.nodeFull },
  'provider-unwatched': {
    sentence: 'n2 and n3 subscribe to n4, which the console does not watch.',
    build: seldom.providerUnwatched,
  },
  'facts-unread': {
    sentence:
      'A lock is held on n2: its links are read, its sets and exceptions cannot be since six minutes.',
    build: seldom.factsUnread,
  },
  upkeep: {
    sentence:
      'n1 cannot archive, n2 has a forgotten prepared transaction, n3 runs out of transaction numbers.',
    build: seldom.upkeep,
  },
  'hostile-names': {
    sentence: 'Names with quotes, newlines, markup and 63 bytes; the last node is down.',
    build: hostile.hostileNames,
  },
  'standin-sandbox': {
    sentence: 'Three servers of the console’s own on the stand-in, with traffic.',
    build: sandbox.standinSandbox,
  },
  'deploy-fails': {
    sentence: 'Nothing is watched, and the first deploy stops at a subscription.',
    build: sandbox.deployFails,
  },
  'deploy-failed': {
    sentence: 'A deploy has stopped at a subscription: run-1.',
    build: sandbox.deployFailed,
  },
  'deploy-interrupted': {
    sentence: 'The console was stopped while it deployed: run-1.',
    build: sandbox.deployInterrupted,
  },
  'bare-servers': {
    sentence: 'Nothing is watched; 10.1.0.4, 10.2.0.4 and 10.3.0.9 can be deployed on, 10.4.0.4 cannot.',
    build: servers.bareServers,
  },
  'deploy-prepared': { sentence: 'A deploy on those four is prepared: draft-1.', build: servers.prepared },
  'deploy-differs': {
    sentence: 'A deploy on two servers that hold rows, and not alike, is prepared: draft-1.',
    build: servers.differs,
  },
  'deploy-many-tables': {
    sentence: 'A deploy of ten thousand tables is prepared: draft-1.',
    build: servers.many,
  },
  'deploy-planned': {
    sentence: 'A deploy on four servers is planned, and the fourth stops it: plan-1.',
    build: servers.planned,
  },
  'deploy-stops': {
    sentence:
      'A prepared deploy, draft-1, that fails once at a subscription, and whose rollback is refused once.',
    build: failed.fails,
  },
  'deploy-waiting': {
    sentence: 'A deploy waits for two servers to be restarted: run-1.',
    build: servers.waiting,
  },
  'deploy-copying': { sentence: 'A deploy copies the rows of n1: run-1.', build: servers.copying },
  'deploy-stopped': { sentence: 'A deploy on servers has failed: run-1.', build: failed.failed },
  'rollback-refused': {
    sentence: 'A rollback has stopped at a copy that was written to: run-1.',
    build: failed.rollbackRefused,
  },
  'rollback-left': {
    sentence:
      'A rollback has left things on three nodes: one is gone, one was written to, one may be read: run-1.',
    build: failed.rollbackLeft,
  },
  'copy-incomplete': {
    sentence: 'A deploy has failed at a copy of which rows are missing: run-1.',
    build: failed.copyIncomplete,
  },
  'deploy-proving': { sentence: 'A deploy compares what it has copied: run-1.', build: servers.proving },
  'proof-ended': {
    sentence: 'Three servers were deployed on, and the proof was ended by the operator: run-1.',
    build: servers.proofEnded,
  },
  'plan-know': {
    sentence: 'sub_n3n1 is to be disabled, and n1 keeps its WAL from then on: plan-1.',
    build: plans.planKnow,
  },
  'plan-rights': {
    sentence: 'The same, and the console watches by a role that may not do it: plan-1.',
    build: plans.planRights,
  },
  'plan-give-up': {
    sentence: 'n3 has been away for long, and is to be given up by the others: plan-1.',
    build: plans.planGiveUp,
  },
  'given-up': { sentence: 'n3 was given up by the others: run-1.', build: plans.givenUp },
  'rights-stopped': {
    sentence: 'A run of that has stopped, and what was given for it is wiped: run-1.',
    build: plans.rightsStopped,
  },
  'deployed-servers': {
    sentence: 'Three servers were deployed on a minute ago: run-1.',
    build: servers.deployed,
  },
  '12-nodes': { sentence: 'Twelve nodes in three regions, all well.', build: many.twelve },
  '64-nodes': { sentence: '64 nodes in 8 regions, 4,032 links; a few are not well.', build: many.sixtyFour },
  unpolled: {
    sentence: 'Connected just now: no node was polled yet; the first poll comes after a minute.',
    build: (world) => {
      const cluster = makeOrders(world.now);
      cluster.createdAt = world.now;
      for (const node of cluster.nodes) node.firstPollAt = world.now + 60_000;
      world.add(cluster);
    },
  },
  'stream-lost': {
    sentence: 'The event stream breaks after ten seconds and stays away for a minute, again and again.',
    build: withTrouble({ stream: 'breaks' }),
  },
  'disk-full': {
    sentence: 'The disk under the console is full since two minutes: all well, and nothing of it is kept.',
    build: (world) => {
      orders.healthy(world);
      world.storage = {
        state: 'full',
        since: new Date(world.now - 2 * 60_000).toISOString(),
        message:
          'The disk of the data dir /var/lib/tricorder is full (SQLITE_FULL): history is not kept and changes are refused until there is space.',
        remedy: 'Free some space there; the console continues by itself.',
      };
      world.repoll(world.need('orders'));
    },
  },
  'error-500': { sentence: 'Every answer is an error of the console.', build: withTrouble({ status: 500 }) },
  slow: { sentence: 'Every answer takes 1.5 s.', build: withTrouble({ latencyMs: 1500 }) },
  unauthorised: { sentence: 'No token: every answer is 401.', build: withTrouble({ status: 401 }) },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

export const scenarioNames = Object.keys(scenarios) as ScenarioName[];

export const isScenario = (name: string | null): name is ScenarioName =>
  name !== null && Object.hasOwn(scenarios, name);

/** A world that begins at `now` (ms since 1970) as the scenario says. */
export function makeWorld(name: ScenarioName, now: number): World {
  const world = new World({ now });
  fillWorld(world, name);
  return world;
}

/** Makes the scenario in a world that is empty as yet. */
export function fillWorld(world: World, name: ScenarioName): void {
  const scenario: Scenario = scenarios[name];
  scenario.build(world);
}
