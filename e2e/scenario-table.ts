/**
 * What holds of a cluster, whoever answers: the mock world and the real backend go through the same table, so that the
 * mock stays honest. Every scenario begins with three healthy nodes n1 to n3 and gives them back healthy.
 */
import type { PlanRequest } from '#core/model/plan.ts';
import {
  carryOut,
  type Driver,
  hasItsFacts,
  isHealthy,
  isReplicating,
  lagToN3Grows,
  linkOf,
  n3IsDown,
  nodeOf,
  noNumbers,
  onSubscription,
  SAID_MS,
  type Scenario,
  setTraffic,
  snapshotOf,
  tellers,
} from './cluster-facts.ts';
import { eventually, fact, refusal } from './facts.ts';
import { streamScenarios } from './stream-scenarios.ts';

const nothing = async () => {};

export const scenarioTable: Scenario[] = [
  {
    name: 'healthy: three nodes, six links, every number known',
    named: 'healthy',
    arrange: nothing,
    expect: async (driver) => {
      await isHealthy(driver);
      // Sets and versions come with the slower poll.
      await eventually(driver, 20_000, async () => hasItsFacts(await snapshotOf(driver)));
      const { items } = await driver.api.clusters.list();
      const line = items.find((item) => item.name === driver.cluster);
      fact('the list says the same', line?.nodesUp === 3 && line.linksReplicating === 6, line);
    },
  },
  {
    name: 'writes: positions and rates move on all nodes, and nothing falls behind',
    arrange: async (driver) => {
      await setTraffic(driver, true);
    },
    expect: async (driver) => {
      const before = await snapshotOf(driver);
      await driver.wait(4000);
      await eventually(driver, SAID_MS, async () => {
        const after = await snapshotOf(driver);
        for (const name of ['n1', 'n2', 'n3']) {
          const node = nodeOf(after, name);
          fact('the position moves', node.walLsn !== nodeOf(before, name).walLsn, node);
          fact('the rate is known', (node.walBytesPerSecond ?? 0) > 0, node);
        }
        for (const link of after.links)
          fact('a link keeps up', isReplicating(link) && (link.lagSeconds ?? 99) < 3, link);
      });
    },
    restore: async (driver) => {
      await setTraffic(driver, false);
    },
  },
  {
    name: 'node-down: a node that hangs is down within 5 s, and hides nothing else',
    named: 'node-down',
    arrange: async (driver) => {
      await setTraffic(driver, true);
      await driver.wait(2000);
      await driver.hang('n3');
    },
    expect: async (driver) => {
      await n3IsDown(driver);
      await lagToN3Grows(driver);
      const refused = await refusal(driver.api.clusters.trace({ cluster: driver.cluster, from: 'n3' }));
      fact('a trace from it is a time-out of that node', refused.code === 'GATEWAY_TIMEOUT', refused);
    },
    restore: async (driver) => {
      await driver.wake('n3');
      await setTraffic(driver, false);
    },
  },
  {
    name: 'a server that dies is said to be down, is started again, and its links come back',
    arrange: nothing,
    expect: async (driver) => {
      const before = nodeOf(await snapshotOf(driver), 'n3').since ?? '';
      await driver.kill('n3');
      await eventually(driver, SAID_MS, async () => {
        const n3 = nodeOf(await snapshotOf(driver), 'n3');
        // It may be back before it is looked at here: then it is up since later.
        fact('n3 is or was down', n3.state === 'down' || (n3.since ?? '') > before, n3);
      });
      await isHealthy(driver, 60_000);
      const { sandbox } = await driver.api.clusters.get({ cluster: driver.cluster });
      const server = sandbox?.servers.find((each) => each.node === 'n3');
      fact(
        'the console started it again',
        (server?.restarts ?? 0) >= 1 && server?.state === 'running',
        server,
      );
    },
  },
  {
    name: 'disabled: the link says so, its lag is still known, and it catches up when enabled',
    named: 'disabled',
    arrange: async (driver) => {
      await carryOut(driver, { kind: 'subscription-disable', ...onSubscription(driver, 'sub_n3n2') });
    },
    expect: async (driver) => {
      await eventually(driver, SAID_MS, async () => {
        const snapshot = await snapshotOf(driver);
        const sub = snapshot.subscriptions.find((each) => each.receiver === 'n3' && each.name === 'sub_n3n2');
        fact('the subscription is disabled', sub?.status === 'disabled' && !sub.enabled, sub);
        const link = linkOf(snapshot, 'n2', 'n3');
        fact(
          'the link is disabled, its lag known',
          link.state === 'disabled' && link.lagBytes !== null,
          link,
        );
        fact('it is not called behind', !link.behind, link);
      });
    },
    restore: async (driver) => {
      await carryOut(driver, { kind: 'subscription-enable', ...onSubscription(driver, 'sub_n3n2') });
    },
  },
  {
    name: 'missing-link: a pair without a subscription is missing, has no numbers, and is a finding',
    named: 'missing-link',
    arrange: async (driver) => {
      await carryOut(driver, { kind: 'subscription-drop', ...onSubscription(driver, 'sub_n3n1') });
    },
    expect: async (driver) => {
      await eventually(driver, SAID_MS, async () => {
        const snapshot = await snapshotOf(driver);
        const link = linkOf(snapshot, 'n1', 'n3');
        fact('the link is missing', link.state === 'missing' && noNumbers(link), link);
        fact('it names no subscription', link.subscriptions.length === 0, link);
        fact(
          'missing-link names the pair, and offers to create it',
          snapshot.findings.some(
            ({ code, subject, remedy }) =>
              code === 'missing-link' &&
              subject.provider === 'n1' &&
              subject.receiver === 'n3' &&
              remedy?.plan?.kind === 'subscription-create',
          ),
          snapshot.findings,
        );
      });
    },
    restore: async (driver) => {
      const { cluster } = driver;
      await carryOut(driver, { kind: 'subscription-create', cluster, provider: 'n1', receiver: 'n3' });
    },
  },
  {
    name: 'sets-differ: a table that one node does not send differs, and is a finding',
    named: 'sets-differ',
    arrange: async (driver) => {
      await carryOut(driver, { ...tellers(driver), kind: 'set-remove-table', nodes: ['n3'] });
    },
    expect: async (driver) => {
      await eventually(driver, 20_000, async () => {
        const { items, counts } = await driver.api.tables.list({ cluster: driver.cluster, show: 'differ' });
        fact('a table differs', counts.differ >= 1 && items.length === counts.differ, counts);
        const row = items.find(
          ({ nodes }) => nodes.n1?.sets.includes('default') && !nodes.n3?.sets.includes('default'),
        );
        fact('n1 sends what n3 does not', row?.differences.includes('membership') === true, items);
        const { findings } = await snapshotOf(driver);
        fact(
          'membership-differs names the table',
          findings.some(({ code, subject }) => code === 'membership-differs' && subject.table === row?.table),
          findings,
        );
      });
    },
    restore: async (driver) => {
      await carryOut(driver, { ...tellers(driver), kind: 'set-add-table', nodes: ['n3'] });
    },
  },
  {
    name: 'plans: one that the cluster has changed under is refused with a fresh one',
    arrange: nothing,
    expect: async (driver) => {
      const request: PlanRequest = { kind: 'subscription-disable', ...onSubscription(driver, 'sub_n2n1') };
      const old = await driver.api.plans.create(request);
      await carryOut(driver, request);
      const refused = await refusal(driver.api.plans.run({ id: old.id }));
      fact('it is a conflict', refused.code === 'CONFLICT', refused);
      const fresh = (refused.data as { plan?: { id: string } } | undefined)?.plan;
      fact('with another plan', fresh !== undefined && fresh.id !== old.id, refused.data);
    },
    restore: async (driver) => {
      await carryOut(driver, { kind: 'subscription-enable', ...onSubscription(driver, 'sub_n2n1') });
    },
  },
  {
    name: 'trace: a mark from n1 arrives on both others',
    arrange: nothing,
    expect: async (driver) => {
      const { arrivals, lsn } = await driver.api.clusters.trace({ cluster: driver.cluster, from: 'n1' });
      fact('its position is told', /^[0-9A-F]+\/[0-9A-F]+$/.test(lsn), lsn);
      fact('both are told', arrivals.length === 2, arrivals);
      for (const arrival of arrivals) fact('it arrived', arrival.ms !== null && arrival.ms < 5000, arrival);
    },
  },
  {
    name: 'bad input: each fault has its code, on its field, and nothing is saved',
    arrange: nothing,
    expect: async ({ api, cluster }) => {
      const create = (name: string, ...dsns: string[]) =>
        refusal(api.clusters.create({ name, nodes: dsns.map((dsn) => ({ dsn })) }));
      const issues = (data: unknown) =>
        (data as { issues?: { path: unknown[]; code: string }[] } | undefined)?.issues ?? [];
      const malformed = await create('other', 'nonsense');
      fact('a malformed DSN is refused', malformed.code === 'UNPROCESSABLE_CONTENT', malformed);
      fact(
        'on its field',
        JSON.stringify(issues(malformed.data)[0]?.path) === '["nodes",0,"dsn"]',
        malformed,
      );
      const taken = await create(cluster, 'postgres://n1.example/x');
      fact('a taken name is a conflict', taken.code === 'CONFLICT', taken);
      fact('on its field as well', issues(taken.data)[0]?.code === 'name-taken', taken);
      const unknown = await refusal(api.clusters.snapshot({ cluster: 'there is none' }));
      fact('an unknown cluster is not found', unknown.code === 'NOT_FOUND', unknown);
      const badName = await create('../etc', 'postgres://n1.example/x');
      fact('a bad name is a bad request', badName.code === 'BAD_REQUEST', badName);
      const { items } = await api.clusters.list();
      fact('nothing was saved', items.length === 1, items);
    },
  },
  ...streamScenarios,
];

/** Arranges a scenario, holds its facts against the world, and puts everything back. */
export async function checkScenario(scenario: Scenario, driver: Driver): Promise<void> {
  await isHealthy(driver);
  try {
    await scenario.arrange(driver);
    await scenario.expect(driver);
  } finally {
    await scenario.restore?.(driver);
  }
  await isHealthy(driver, 60_000);
}
