import { describe, expect, test } from 'vitest';
import { RecordedCluster } from '#core/testing/recorded-cluster.ts';
import { changeSlow, seenAfter, titles } from '#core/testing/seen.ts';

describe('wanted topology', () => {
  const asFound = (cluster: RecordedCluster) => {
    cluster.topology = 'as-found';
  };
  test('where the topology as found is wanted, no link is missing', () => {
    expect(titles('missing-link', '6.0.0', ['rich-catalog-missing-link-forward-all'], asFound)).toEqual([]);
  });
});

test('snowflake numbers that are the same on two nodes', () => {
  const same = (cluster: RecordedCluster) => {
    cluster.change = changeSlow((_facts, name) => ({ snowflakeNode: name === 'n3' ? 3 : 1 }));
  };
  expect(titles('sequence-collision', '6.0.0', ['healthy'], same)).toEqual([
    'n1 and n2 have the same snowflake.node',
  ]);
});

test('an exception that was marked as resolved is no finding', () => {
  const resolved = (cluster: RecordedCluster) => {
    cluster.change = changeSlow(({ exceptions }) => ({
      exceptions: exceptions?.map((mark) => ({ ...mark, resolved: true })),
    }));
  };
  expect(titles('discarded-transactions', '6.0.0', ['transaction-discarded'], resolved)).toEqual([]);
});

test('many tables of one kind are one finding', () => {
  const many = (cluster: RecordedCluster) => {
    cluster.change = changeSlow(({ tables }) => ({
      tables: Array.from({ length: 480 }, (_, index) => ({
        ...tables?.[0],
        table: `t${index}`,
        keyColumns: [],
        memberships: [],
      })),
    }));
  };
  expect(titles('no-replica-identity', '6.0.0', ['mesh'], many)).toEqual(['480 tables have no primary key']);
});

test('the stand-in is not told to do what only the real Spock can', () => {
  const standin = (cluster: RecordedCluster) => {
    cluster.change = changeSlow(({ settings }) => ({
      standin: true,
      settings: settings.map((setting) =>
        setting.name === 'shared_preload_libraries' ? { ...setting, value: '' } : setting,
      ),
    }));
  };
  expect(titles('settings', '6.0.0', ['mesh'], standin)).toEqual([]);
  expect(titles('conflicts-unseen', '6.0.0', ['keys-and-drift'], standin)).toEqual([]);
});

test.each([
  ['5.0.11', ['interface-dead', 30]],
  ['6.0.0', ['interface-dead', 30]],
  ['5.0.11', ['provider-moved', 30, 100]],
] as const)('a stale interface is the one finding of its subscription: %s %j', (version, steps) => {
  const codes = seenAfter(version, [...steps])
    .findings.filter(({ subject }) => subject.subscription === 'sub_n2n1')
    .map(({ code }) => code);
  expect(codes).toEqual(['stale-interface']);
});

describe('a finding', () => {
  test('keeps its id and since while it lasts, and begins anew when it comes back', () => {
    const cluster = new RecordedCluster('6.0.0');
    const one = (snapshot: ReturnType<typeof seenAfter>) =>
      snapshot.findings.find(({ code }) => code === 'read-only');
    const first = one(cluster.show('n2-read-only'));
    const held = one(cluster.hold(60));
    expect(held).toMatchObject({ id: first?.id, since: first?.since });
    cluster.show('mesh');
    const again = one(cluster.show('n2-read-only'));
    expect(again?.id).toBe(first?.id);
  });

  test('with an exception or a conflict is as old as the server says it is', () => {
    const finding = seenAfter('6.0.0', ['conflicts-after-reconnect']).findings.find(
      ({ code }) => code === 'rows-diverged',
    );
    expect(finding?.since).toBe('2026-11-21T23:58:39.098Z');
  });

  test('offers plans of the cluster, and no password anywhere', () => {
    const { findings } = seenAfter('5.0.11', ['provider-moved', 30, 100]);
    expect(JSON.stringify(findings)).not.toContain('s3cr3t');
    const [missing] = seenAfter('5.0.11', ['rich-catalog-missing-link-forward-all']).findings.filter(
      ({ code }) => code === 'missing-link',
    );
    expect(missing?.remedy?.plan).toEqual({
      kind: 'subscription-create',
      cluster: 'demo',
      provider: 'n3',
      receiver: 'n1',
    });
  });
});

describe('a difference between nodes', () => {
  /** n2 has a table that n1 has not been read with yet, or not any more. */
  const drift = (cluster: RecordedCluster, readAt: () => Partial<Record<string, number>>) => {
    cluster.change = (node) => {
      if (!node.slow) return node;
      const at = readAt()[node.name];
      const tables = node.slow.value.tables ?? [];
      const [first] = tables;
      const more = first && at !== undefined ? [...tables, { ...first, oid: '1', table: 'mig0' }] : tables;
      const sentAt = at ?? node.slow.sentAt;
      return { ...node, slow: { sentAt, receivedAt: sentAt, value: { ...node.slow.value, tables: more } } };
    };
  };

  test('of two moments is none: a migration is read on n2 before it is on n1', () => {
    const cluster = new RecordedCluster('6.0.0');
    const at: Partial<Record<string, number>> = {};
    drift(cluster, () => at);
    const start = Date.parse(cluster.show('healthy').observedAt);
    const said = () =>
      cluster
        .hold(1)
        .findings.filter(({ code, subject }) => code === 'schema-drift' && subject.table === 'mig0').length;
    at.n2 = start + 1000;
    expect([said(), said()]).toEqual([0, 0]);
    expect([...cluster.memory.doubts.unread.keys()].sort()).toEqual(['n1', 'n2', 'n3']);
    at.n1 = start + 4500;
    at.n3 = start + 4600;
    at.n2 = start + 4700;
    expect([said(), said()]).toEqual([0, 0]);
    expect(cluster.memory.doubts.unread.size).toBe(0);
  });

  test('that stays is told once all were read again, and goes on while a node is away', () => {
    const cluster = new RecordedCluster('6.0.0');
    const at: Partial<Record<string, number>> = {};
    const others: Record<string, number> = {};
    drift(cluster, () => at);
    const { change } = cluster;
    let down = false;
    cluster.change = (node) => {
      const changed = change(node);
      const read = others[node.name];
      const again =
        read === undefined || !changed.slow
          ? changed
          : { ...changed, slow: { ...changed.slow, sentAt: read } };
      return down && node.name === 'n3'
        ? { ...again, failure: { code: 'refused', message: '', sqlstate: null, since: 0, tries: 1 } }
        : again;
    };
    const start = Date.parse(cluster.show('healthy').observedAt);
    const said = () =>
      cluster
        .hold(1)
        .findings.filter(({ code, subject }) => code === 'schema-drift' && subject.table === 'mig0');
    at.n2 = start + 1000;
    expect(said()).toEqual([]);
    at.n2 = start + 4500;
    others.n1 = start + 4500;
    others.n3 = start + 4500;
    const [told] = said();
    expect(told?.title).toBe('mig0 is on n2, not on n1 and n3');
    down = true;
    expect(said()).toMatchObject([{ id: told?.id, since: told?.since }]);
  });
});
