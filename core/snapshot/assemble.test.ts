/** Recorded clusters as a snapshot: states of nodes, subscriptions and links, and what is not known. */
import { describe, expect, test } from 'vitest';
import {
  compareKeys,
  findingKey,
  linkKey,
  nodeKey,
  replicationSetKey,
  subscriptionKey,
} from '#core/model/keys.ts';
import { Snapshot } from '#core/model/snapshot.ts';
import { scenariosOf, type Version, versions } from '#core/testing/recorded.ts';
import { RecordedCluster } from '#core/testing/recorded-cluster.ts';

const everything = versions.flatMap((version) =>
  scenariosOf(version).map((scenario) => [version, scenario] as const),
);
const later = ['5.0.11', '6.0.0'] as const;

const link = (snapshot: Snapshot, provider: string, receiver: string) => {
  const found = snapshot.links.find(
    (candidate) => candidate.provider === provider && candidate.receiver === receiver,
  );
  if (!found) throw new Error(`No link ${provider} → ${receiver}.`);
  return found;
};
const states = (snapshot: Snapshot) =>
  Object.fromEntries(
    snapshot.links.map(({ provider, receiver, state }) => [`${provider}→${receiver}`, state]),
  );
const sub = (snapshot: Snapshot, receiver: string, name: string) =>
  snapshot.subscriptions.find((candidate) => candidate.receiver === receiver && candidate.name === name);

describe.each(everything)('%s %s', (version, scenario) => {
  const cluster = new RecordedCluster(version);
  const snapshot = cluster.show(scenario);

  test('is a snapshot as the API has it, with one link for each ordered pair', () => {
    expect(() => Snapshot.parse(snapshot)).not.toThrow();
    expect(snapshot.links.map(linkKey)).toEqual(
      ['n1', 'n2', 'n3'].flatMap((a) =>
        ['n1', 'n2', 'n3'].filter((b) => a !== b).map((b) => `["${a}","${b}"]`),
      ),
    );
  });

  test('its lists are in the order of their keys, and hold no password', () => {
    const sorted = (keys: string[]) => [...keys].sort(compareKeys);
    for (const keys of [
      snapshot.nodes.map(nodeKey),
      snapshot.subscriptions.map(subscriptionKey),
      snapshot.links.map(linkKey),
      snapshot.replicationSets.map(replicationSetKey),
      snapshot.findings.map(findingKey),
    ]) {
      expect(keys).toEqual(sorted(keys));
      expect(new Set(keys).size).toBe(keys.length);
    }
    expect(JSON.stringify(snapshot)).not.toContain('s3cr3t');
  });

  test('nothing that replicates has an unknown lag, and nothing unknown has a number', () => {
    for (const { state, lagSeconds, lagBytes, walHeldBytes } of snapshot.links) {
      if (state === 'replicating') expect([lagSeconds, lagBytes]).not.toContain(null);
      if (state === 'missing') expect([lagSeconds, lagBytes, walHeldBytes]).toEqual([null, null, null]);
    }
  });
});

test.each(versions)('%s healthy: all nodes up, six links replicating, none behind', (version) => {
  const snapshot = new RecordedCluster(version).show('healthy');
  expect(snapshot.nodes.map(({ state }) => state)).toEqual(['up', 'up', 'up']);
  expect(new Set(Object.values(states(snapshot)))).toEqual(new Set(['replicating']));
  expect(snapshot.links.some(({ behind }) => behind)).toBe(false);
  expect(snapshot.nodes[0]).toMatchObject({
    serverVersion: '15.18',
    engineVersion: version,
    readOnly: false,
    standby: false,
  });
});

test.each(versions)('%s: nodes without subscriptions have every link missing', (version) => {
  const cluster = new RecordedCluster(version);
  expect(new Set(Object.values(states(cluster.show('nodes-no-subscriptions'))))).toEqual(
    new Set(['missing']),
  );
});

test.each(versions)('%s: subscriptions disabled by hand, their lag shown and growing', (version) => {
  const cluster = new RecordedCluster(version);
  cluster.show('two-subscriptions-disabled');
  const snapshot = cluster.hold(60);
  expect(link(snapshot, 'n1', 'n2')).toMatchObject({
    state: 'disabled',
    behind: false,
    lagSeconds: 60,
    lagAtLeast: true,
  });
  expect(link(snapshot, 'n2', 'n1').state).toBe('disabled');
  expect(link(snapshot, 'n1', 'n3').state).toBe('replicating');
  expect(sub(snapshot, 'n2', 'sub_n2n1')).toMatchObject({ status: 'disabled', enabled: false });
});

describe('n3 stops while n1 writes', () => {
  test.each(versions)(
    '%s: what it receives is down with its lag growing, what it sends unknown and without numbers',
    (version) => {
      const cluster = new RecordedCluster(version);
      cluster.show('healthy');
      cluster.show('node-n3-down-with-backlog');
      const snapshot = cluster.hold(30);
      expect(snapshot.nodes.map(({ state }) => state)).toEqual(['up', 'up', 'down']);
      const received = link(snapshot, 'n1', 'n3');
      expect(received.state).toBe('down');
      expect(received.lagBytes).toBeGreaterThan(6_000_000);
      expect(received.lagSeconds).toBeGreaterThan(30);
      expect(received.walHeldBytes).toBeGreaterThan(6_000_000);
      expect(link(snapshot, 'n3', 'n1')).toMatchObject({
        state: 'unknown',
        lagBytes: null,
        lagSeconds: null,
        walHeldBytes: null,
        reason: 'n3 cannot be read',
      });
      expect(link(snapshot, 'n1', 'n2').state).toBe('replicating');
    },
  );

  test.each(versions)(
    '%s: its last facts stay, aged; its subscriptions are unknown though it last said “replicating”',
    (version) => {
      const cluster = new RecordedCluster(version);
      const before = cluster.show('healthy');
      cluster.show('node-n3-down-with-backlog');
      const snapshot = cluster.hold(30);
      const [, , n3] = snapshot.nodes;
      expect(n3).toMatchObject({ state: 'down', roundTripMs: null, engineVersion: version });
      expect(n3?.observedAt).toBe(before.nodes[2]?.observedAt);
      expect(n3?.error).toMatchObject({ code: 'refused', tries: 1 });
      expect(sub(snapshot, 'n3', 'sub_n3n1')).toMatchObject({
        status: 'unknown',
        reportedStatus: 'replicating',
      });
      expect(sub(snapshot, 'n1', 'sub_n1n3')).toMatchObject({ status: 'down', reportedStatus: 'down' });
    },
  );

  test.each(later)('%s: back again, it replicates', (version) => {
    const cluster = new RecordedCluster(version);
    for (const scenario of ['healthy', 'node-n3-down-with-backlog', 'node-n3-recovered'])
      cluster.show(scenario);
    const snapshot = cluster.hold(1);
    expect(new Set(Object.values(states(snapshot)))).toEqual(new Set(['replicating']));
  });
});

test('4.0.11: a receiver that says “replicating” is not believed when nobody reads its slot', () => {
  const snapshot = new RecordedCluster('4.0.11').show('transaction-discarded');
  // n2 says down and n3 says down, with their slots on n1 inactive.
  expect(link(snapshot, 'n1', 'n2').state).toBe('down');
  const changed = new RecordedCluster('4.0.11');
  changed.change = (node) =>
    node.fast === null
      ? node
      : {
          ...node,
          fast: {
            ...node.fast,
            value: {
              ...node.fast.value,
              subscriptions:
                node.fast.value.subscriptions?.map((one) => ({ ...one, reportedStatus: 'replicating' })) ??
                null,
            },
          },
        };
  const doubted = changed.show('transaction-discarded');
  expect(sub(doubted, 'n2', 'sub_n2n1')).toMatchObject({ status: 'down', reportedStatus: 'replicating' });
  expect(link(doubted, 'n1', 'n2')).toMatchObject({ state: 'down', reason: 'the slot on n1 is inactive' });
});

test.each(later)('%s: a lost slot takes its link down for good, though n2 lives', (version) => {
  const cluster = new RecordedCluster(version);
  const snapshot = cluster.show('slot-lost-receiver-back');
  expect(link(snapshot, 'n1', 'n2')).toMatchObject({
    state: 'down',
    walStatus: 'lost',
    restartLsn: null,
    walHeldBytes: null,
  });
  expect(link(snapshot, 'n1', 'n2').lagBytes).toBeGreaterThan(100_000_000);
  expect(link(snapshot, 'n2', 'n1').state).toBe('replicating');
});

describe('a copy', () => {
  test.each(later)('%s: under way is initializing', (version) => {
    const snapshot = new RecordedCluster(version).show('initial-copy-under-way');
    expect(link(snapshot, 'n1', 'n2').state).toBe('initializing');
    expect(sub(snapshot, 'n2', 'sub_n2n1')?.sync.length).toBeGreaterThan(0);
  });

  test.each(later)('%s: at once after sub_create nothing is down, whatever the nodes say', (version) => {
    const snapshot = new RecordedCluster(version).show('initializing');
    const found = new Set(Object.values(states(snapshot)));
    expect(found).toEqual(new Set(['replicating', 'initializing']));
  });

  test('5.0.11: one that cannot get its slot is initializing for a moment and down after it', () => {
    const cluster = new RecordedCluster('5.0.11');
    expect(link(cluster.show('slots-used-up'), 'n1', 'n3').state).toBe('initializing');
    expect(link(cluster.hold(30), 'n1', 'n3').state).toBe('down');
  });
});

test.each(later)(
  '%s, a role with pg_monitor only: nodes are up, and what stands between them is unknown',
  (version) => {
    const snapshot = new RecordedCluster(version).show('role-pg_monitor-only');
    expect(snapshot.nodes.map(({ state }) => state)).toEqual(['up', 'up', 'up']);
    expect(new Set(Object.values(states(snapshot)))).toEqual(new Set(['unknown']));
    expect(link(snapshot, 'n1', 'n2').reason).toBe('spock.subscription may not be read on n2');
    expect(snapshot.nodes[0]?.unseen).toContain('spock.subscription');
    expect(snapshot.health).toBe('unknown');
  },
);

test.each(later)('%s, a role with USAGE and SELECT sees all links', (version) => {
  const snapshot = new RecordedCluster(version).show('role-watching');
  expect(link(snapshot, 'n1', 'n2').state).toBe('replicating');
  expect(snapshot.nodes[0]?.unseen).toEqual(['pg_replication_origin_status']);
});

test('a role that may not ask for the status knows it from the slots', () => {
  const cluster = new RecordedCluster('6.0.0');
  cluster.change = (node) =>
    node.fast === null
      ? node
      : {
          ...node,
          fast: {
            ...node.fast,
            value: {
              ...node.fast.value,
              subscriptions:
                node.fast.value.subscriptions?.map((one) => ({ ...one, reportedStatus: null })) ?? null,
            },
          },
        };
  expect(new Set(Object.values(states(cluster.show('healthy'))))).toEqual(new Set(['replicating']));
  cluster.show('node-n3-down-with-backlog');
  expect(link(cluster.hold(1), 'n1', 'n3').state).toBe('down');
});

test('replication sets tell their tables and sequences', () => {
  const snapshot = new RecordedCluster('6.0.0').show('rich-catalog-missing-link-forward-all');
  expect(
    snapshot.replicationSets.find(({ node, name }) => node === 'n1' && name === 'default'),
  ).toMatchObject({
    insert: true,
    update: true,
    tables: 2,
    sequences: 1,
  });
});

describe('the registry', () => {
  test('a node that was never polled is unknown, and so is all that touches it', () => {
    const cluster = new RecordedCluster('6.0.0');
    cluster.change = (node) =>
      node.name === 'n3' ? { ...node, fast: null, slow: null, capabilities: null, failure: null } : node;
    const snapshot = cluster.show('healthy');
    expect(snapshot.nodes[2]).toMatchObject({
      state: 'unknown',
      observedAt: null,
      error: null,
      walLsn: null,
    });
    expect(link(snapshot, 'n1', 'n3').state).toBe('unknown');
    expect(link(snapshot, 'n3', 'n1')).toMatchObject({ state: 'unknown', lagSeconds: null });
    expect(snapshot.health).toBe('unknown');
  });

  test('a node that answers and refuses is not down: nothing is known of it', () => {
    const cluster = new RecordedCluster('6.0.0');
    cluster.show('healthy');
    cluster.change = (node) =>
      node.name === 'n3'
        ? {
            ...node,
            failure: {
              code: 'auth',
              message: 'password authentication failed',
              sqlstate: '28P01',
              since: 0,
              tries: 3,
            },
          }
        : node;
    const snapshot = cluster.hold(1);
    expect(snapshot.nodes[2]?.state).toBe('unknown');
    expect(link(snapshot, 'n3', 'n1').state).toBe('unknown');
    expect(link(snapshot, 'n1', 'n3').state).toBe('unknown');
  });

  test('a node goes by its name in the registry, whatever it calls itself', () => {
    const cluster = new RecordedCluster('6.0.0');
    cluster.change = (node) => ({ ...node, name: node.name === 'n2' ? 'zwei' : node.name });
    const snapshot = cluster.show('healthy');
    expect(snapshot.nodes.map(({ name }) => name)).toEqual(['n1', 'n3', 'zwei']);
    expect(link(snapshot, 'zwei', 'n1')).toMatchObject({ state: 'replicating', subscriptions: ['sub_n1n2'] });
    expect(snapshot.subscriptions.find(({ name }) => name === 'sub_n1n2')?.provider).toBe('zwei');
  });
});

test('two subscriptions on one pair: the link has the worse of both', () => {
  const cluster = new RecordedCluster('5.0.11');
  cluster.change = (node) => {
    if (node.name !== 'n2' || !node.fast) return node;
    const subscriptions = node.fast.value.subscriptions ?? [];
    const twin = subscriptions.find(({ name }) => name === 'sub_n2n1');
    if (!twin) return node;
    const second = { ...twin, name: 'sub_second', enabled: false, reportedStatus: 'disabled' };
    return {
      ...node,
      fast: { ...node.fast, value: { ...node.fast.value, subscriptions: [...subscriptions, second] } },
    };
  };
  expect(link(cluster.show('healthy'), 'n1', 'n2')).toMatchObject({
    state: 'disabled',
    subscriptions: ['sub_n2n1', 'sub_second'],
  });
});

test('behind is a replicating link over the threshold, and only that', () => {
  const version: Version = '5.0.11';
  const cluster = new RecordedCluster(version);
  cluster.thresholds = { lagSeconds: 2, walHeldBytes: 1024 ** 3 };
  cluster.show('two-subscriptions-disabled');
  const snapshot = cluster.hold(5);
  expect(link(snapshot, 'n1', 'n3')).toMatchObject({ state: 'replicating', behind: true });
  expect(link(snapshot, 'n1', 'n2')).toMatchObject({ state: 'disabled', behind: false });
});

test('since is when a state began, and stays while it lasts', () => {
  const cluster = new RecordedCluster('6.0.0');
  const first = cluster.show('healthy');
  const held = cluster.hold(60);
  expect(link(held, 'n1', 'n2').since).toBe(link(first, 'n1', 'n2').since);
  expect(held.nodes[0]?.since).toBe(first.nodes[0]?.since);
  const stopped = cluster.show('node-n3-down-with-backlog');
  expect(link(stopped, 'n1', 'n3').since).toBe(stopped.observedAt);
});
