/** What holds of the event streams and of the history. */

import type { Snapshot } from '#core/model/snapshot.ts';
import { applyChange } from '#core/snapshot/change.ts';
import type { Driver, Scenario } from './cluster-facts.ts';
import { eventually, fact } from './facts.ts';

/** Takes events while time passes, `count` of them. */
async function take<T>(driver: Driver, stream: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  let isOver = false;
  const reading = (async () => {
    while (taken.length < count) {
      const { value, done } = await stream.next();
      if (done) return;
      taken.push(value);
    }
  })().finally(() => {
    isOver = true;
  });
  for (let waited = 0; !isOver && waited < 30_000; waited += 250) await driver.wait(250);
  fact(`${count} events come within 30 s`, isOver, taken.length);
  await reading;
  return taken;
}

export const streamScenarios: Scenario[] = [
  {
    name: 'events: the snapshot first, and changes that lead to what a fresh snapshot says',
    named: 'healthy',
    arrange: async ({ api, cluster }) => {
      await api.clusters.traffic({ cluster, on: true, transactionsPerSecond: 50 });
    },
    expect: async (driver) => {
      const { api, cluster } = driver;
      const control = new AbortController();
      const stream = await api.clusters.events({ cluster }, { signal: control.signal });
      const events = await take(driver, stream[Symbol.asyncIterator](), 5);
      control.abort();
      const [first, ...changes] = events;
      if (first?.type !== 'snapshot') throw new Error('not so: the stream begins with a snapshot');
      const { type: _type, ...begun } = first;
      let known: Snapshot = begun;
      for (const change of changes) {
        if (change.type !== 'change') throw new Error('not so: changes follow the snapshot');
        const before = known.observedAt;
        known = applyChange(known, change);
        fact('time goes forward', known.observedAt > before, [before, known.observedAt]);
      }
      const fresh = await api.clusters.snapshot({ cluster });
      fact('the same nodes', same(known.nodes, fresh.nodes, 'name'), [known.nodes, fresh.nodes]);
      fact('the same links', same(known.links, fresh.links, 'state'), [known.links, fresh.links]);
      fact(
        'the same subscriptions',
        same(known.subscriptions, fresh.subscriptions, 'status'),
        known.subscriptions,
      );
    },
    restore: async ({ api, cluster }) => {
      await api.clusters.traffic({ cluster, on: false });
    },
  },
  {
    name: 'history: every link has its lag of the last minutes, without gaps or zeroes made up',
    named: 'healthy',
    arrange: async (driver) => {
      await driver.wait(4000);
    },
    expect: async (driver) => {
      const { api, cluster } = driver;
      await eventually(driver, 5000, async () => {
        const { series, step } = await api.history.lag({ cluster });
        fact('the last quarter of an hour is told by seconds', step === 1, step);
        fact('each link has a line', series.length === 6, series.length);
        for (const { points } of series) {
          fact('with points', points.length >= 3, points.length);
          const last = points.at(-1);
          fact('of known lag', typeof last?.lagSeconds === 'number' && last.lagBytes !== null, last);
          const times = points.map((point) => point.at);
          fact('in order', [...times].sort().join() === times.join(), times.slice(0, 5));
        }
      });
      const one = await api.history.lag({ cluster, links: 'n1>n2' });
      fact(
        'one link can be asked for',
        one.series.length === 1 && one.series[0]?.receiver === 'n2',
        one.series,
      );
      const { nodes } = await api.clusters.polls({ cluster });
      for (const name of ['n1', 'n2', 'n3'])
        fact('polls are kept', (nodes[name]?.at(-1)?.roundTripMs ?? 0) > 0, nodes[name]?.slice(-3));
    },
  },
  {
    name: 'activity: what happened to a node is told, newest first',
    arrange: (driver) => driver.hang('n2'),
    expect: async (driver) => {
      await eventually(driver, 8000, async () => {
        const { items } = await driver.api.history.activity({ cluster: driver.cluster });
        const line = items.find((item) => item.kind === 'node' && item.subject?.node === 'n2');
        fact('n2 is told of', line?.text.includes('does not answer') === true, items.slice(0, 5));
        const times = items.map((item) => Date.parse(item.at));
        const isInOrder = times.every((at, index) => index === 0 || at <= (times[index - 1] ?? at));
        fact('newest first', isInOrder, items.slice(0, 8));
      });
    },
    restore: (driver) => driver.wake('n2'),
  },
];

const same = <T>(one: T[], other: T[], key: keyof T): boolean =>
  JSON.stringify(one.map((item) => item[key])) === JSON.stringify(other.map((item) => item[key]));
