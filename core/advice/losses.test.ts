/** What is lost while everything says `replicating`: on recordings of real clusters, changed where none was brought to it. */
import { describe, expect, test } from 'vitest';
import { copyStateOf } from '#core/engines/spock/meanings.ts';
import type { TableFacts } from '#core/model/facts.ts';
import type { FindingCode } from '#core/model/finding.ts';
import type { RecordedCluster } from '#core/testing/recorded-cluster.ts';
import { changeFast, changeSlow, type Step, seenAfter } from '#core/testing/seen.ts';

const found = (code: FindingCode, steps: Step[], prepare: (cluster: RecordedCluster) => void) =>
  seenAfter('6.0.0', steps, prepare).findings.filter((finding) => finding.code === code);

const table = (name: string, more: Partial<TableFacts> = {}): TableFacts => ({
  oid: name,
  schema: 'public',
  table: name,
  kind: 'r',
  partitionOf: null,
  replicaIdentity: 'd',
  keyColumns: ['id'],
  columns: ['id integer', 'region text'],
  deltaColumns: [],
  sequenceColumns: [],
  snowflakeColumns: [],
  rowsEstimate: null,
  memberships: [],
  ...more,
});

describe('a copy that has failed (status f)', () => {
  const failed =
    (status: string, table: string | null = 'Order Lines') =>
    (cluster: RecordedCluster) => {
      cluster.change = changeFast('n2', ({ subscriptions }) => ({
        subscriptions: subscriptions?.map((sub) =>
          sub.name === 'sub_n2n1'
            ? { ...sub, sync: [{ schema: 'sales', table, state: copyStateOf(status), status, lsn: '0/1' }] }
            : sub,
        ),
      }));
    };
  test('is critical at once: every change of the table is thrown away, and the plan copies it again', () => {
    expect(found('sync-failed', ['healthy'], failed('f'))).toMatchObject([
      {
        severity: 'critical',
        effect: 'stops-data',
        title: 'n2 discards every change to sales.Order Lines that comes from n1',
        subject: { receiver: 'n2', subscription: 'sub_n2n1', schema: 'sales', table: 'Order Lines' },
        remedy: { plan: { kind: 'table-resync', table: 'Order Lines' } },
      },
    ]);
  });
  test('keeps its time, and is not said to stand still besides', () => {
    const first = found('sync-failed', ['healthy'], failed('f'))[0]?.since;
    expect(found('sync-failed', ['healthy', 3600], failed('f'))[0]?.since).toBe(first);
    expect(found('sync-stuck', ['healthy', 7200], failed('f'))).toEqual([]);
  });
  test.each(['i', 'p', 'd', 's', 'u', 'w'])('%s has not failed', (status) =>
    expect(found('sync-failed', ['healthy'], failed(status))).toEqual([]),
  );
});

describe('a discarded transaction whose origin has left', () => {
  const leaves = (cluster: RecordedCluster) => {
    cluster.change = (node) => {
      if (cluster.moment === 1) return node;
      return changeFast(node.name, ({ peers, subscriptions, localNode }) => ({
        peers: peers.filter(({ name }) => name === localNode || name !== 'n1'),
        subscriptions: subscriptions?.filter(({ providerName }) => providerName !== 'n1'),
      }))(node);
    };
    cluster.without = new Set();
  };
  test('goes on being told, by the name that the catalogs had for it', () => {
    const cluster = (recorded: RecordedCluster) => {
      leaves(recorded);
      const { change } = recorded;
      recorded.change = (node) => {
        if (recorded.moment === 1) recorded.without = new Set(['n1']);
        return change(node);
      };
    };
    const before = found('discarded-transactions', ['transaction-discarded'], () => undefined);
    const after = found('discarded-transactions', ['transaction-discarded', 1, 1], cluster);
    const ofN3 = after.find(({ title }) => title.startsWith('n3') && title.includes('n1'));
    expect(ofN3).toMatchObject({
      severity: 'critical',
      title: 'n3 discarded a transaction of n1, which has left',
      subject: { provider: 'n1', receiver: 'n3' },
    });
    // It is the same finding as before, not one that has ended and one that began.
    expect(before.map(({ id }) => id)).toContain(ofN3?.id);
  });
  test('is of “a node that has left” where nobody remembers its name', () => {
    const cluster = (recorded: RecordedCluster) => {
      recorded.without = new Set(['n1']);
      recorded.change = (node) =>
        changeFast(node.name, ({ peers, subscriptions }) => ({
          peers: peers.filter(({ name }) => name !== 'n1'),
          subscriptions: subscriptions?.filter(({ providerName }) => providerName !== 'n1'),
        }))(node);
    };
    const finding = found('discarded-transactions', ['transaction-discarded'], cluster).find(
      ({ subject }) => subject.receiver === 'n3' && subject.provider === undefined,
    );
    expect(finding?.title).toBe('n3 discarded a transaction of a node that has left');
    expect(finding?.subject.provider).toBeUndefined();
    expect(finding?.evidence.find(({ name }) => name === 'remote_origin')?.value).toMatch(
      /^\d+, no row of spock\.node/,
    );
  });
});

describe('replication sets', () => {
  const withTables =
    (...tables: TableFacts[]) =>
    (cluster: RecordedCluster) => {
      cluster.change = changeSlow(() => ({ tables, tablesComplete: true }));
    };
  const member = (set: string, rowFilter: string | null = null) => ({ set, rowFilter, columns: null });

  test('one that no subscription takes is said, with its tables', () => {
    const idle = table('ord', { memberships: [member('orders_set')] });
    expect(found('set-not-taken', ['healthy'], withTables(idle))).toMatchObject([
      {
        severity: 'warning',
        subject: { set: 'orders_set' },
        title: 'ord is in set orders_set of n1, n2 and n3, which no subscription uses',
        remedy: {
          sql: ["SELECT spock.sub_add_repset('sub_n1n2', 'orders_set')"],
          // All that read from a node that has the set, by one plan.
          plan: {
            kind: 'subscription-sets',
            receiver: 'n1',
            subscription: 'sub_n1n2',
            subscriptions: { length: 5 },
            add: ['orders_set'],
            remove: [],
          },
        },
      },
    ]);
  });
  test('not where the table is in a set that is taken as well', () => {
    const both = table('ord', { memberships: [member('orders_set'), member('default')] });
    expect(found('set-not-taken', ['healthy'], withTables(both))).toEqual([]);
  });
  test('not where somebody may take it whom the console does not know', () => {
    const idle = withTables(table('ord', { memberships: [member('orders_set')] }));
    const unwatched = (cluster: RecordedCluster) => {
      idle(cluster);
      cluster.without = new Set(['n3']);
    };
    expect(found('set-not-taken', ['healthy', 60], unwatched)).toEqual([]);
    const unseen = (cluster: RecordedCluster) => {
      idle(cluster);
      const { change } = cluster;
      cluster.change = (node) => changeFast('n3', () => ({ subscriptions: null }))(change(node));
    };
    expect(found('set-not-taken', ['healthy', 60], unseen)).toEqual([]);
  });

  test('that send other kinds of changes on some nodes', () => {
    const without =
      (...flags: ('update' | 'delete')[]) =>
      (cluster: RecordedCluster) => {
        cluster.change = changeSlow(({ sets }, node) => ({
          sets:
            sets?.map((set) =>
              node === 'n1' && set.name === 'default'
                ? { ...set, ...Object.fromEntries(flags.map((flag) => [flag, false])) }
                : set,
            ) ?? null,
        }));
      };
    expect(found('set-differs', ['healthy'], without('delete'))).toMatchObject([
      {
        severity: 'warning',
        subject: { set: 'default' },
        title: 'Set default sends DELETE on n2 and n3 but not on n1',
        remedy: {
          sql: ["SELECT spock.repset_alter('default', replicate_delete := true)"],
          plan: { kind: 'set-alter', nodes: ['n1'], set: 'default', delete: true },
        },
      },
    ]);
    expect(found('set-differs', ['healthy'], without('update', 'delete'))).toMatchObject([
      { title: 'Set default sends different kinds of changes on some nodes' },
    ]);
    expect(found('set-differs', ['healthy'], () => undefined)).toEqual([]);
  });

  describe('a row filter', () => {
    const filtered = (filter: string, more: Partial<TableFacts> = {}, set = 'default') =>
      found(
        'filter-unsafe',
        ['healthy'],
        withTables(table('rf', { memberships: [member(set, filter)], ...more })),
      ).map(({ title }) => title);
    const said = ['The row filter of rf uses region, outside its key'];
    test('on a column outside of the key is said', () =>
      expect(filtered("(region = 'eu'::text)")).toEqual(said));
    test('on the key is well', () => expect(filtered('(id > 10)')).toEqual([]));
    test('is well where the column is part of the key', () =>
      expect(filtered("(region = 'eu'::text)", { keyColumns: ['region', 'id'] })).toEqual([]));
    test('is well where the whole old row is sent', () =>
      expect(filtered("(region = 'eu'::text)", { replicaIdentity: 'f' })).toEqual([]));
    test('is well in a set that only sends INSERT', () =>
      expect(filtered("(region = 'eu'::text)", {}, 'default_insert_only')).toEqual([]));
    test('is not judged where the columns are not known', () =>
      expect(filtered("(region = 'eu'::text)", { columns: null })).toEqual([]));
  });
});

describe('a table', () => {
  const having =
    (...tables: TableFacts[]) =>
    (cluster: RecordedCluster) => {
      cluster.change = changeSlow(() => ({ tables, tablesComplete: true }));
    };
  const inSets = (...sets: string[]) => sets.map((set) => ({ set, rowFilter: null, columns: null }));

  test('that is in no set beside its partitioned table is a loss, not a choice', () => {
    const parent = table('ev', { kind: 'p', memberships: inSets('events') });
    const old = table('ev_2025', { partitionOf: 'public.ev', memberships: inSets('events') });
    const made = table('ev_2026', { partitionOf: 'public.ev' });
    expect(found('unreplicated-table', ['healthy'], having(parent, old, made))).toMatchObject([
      {
        severity: 'warning',
        effect: 'stops-data',
        title: 'ev_2026 is in no set, though it is a partition of ev, which is in events',
        remedy: { plan: { kind: 'set-add-table', table: 'ev_2026', set: 'events' } },
      },
    ]);
  });
  test('below a partition that is itself left out is one as well, and of many it is said at once', () => {
    const parent = table('ev', { kind: 'p', memberships: inSets('a', 'b') });
    const middle = table('ev_2026', { kind: 'p', partitionOf: 'public.ev' });
    const leaves = (count: number) =>
      Array.from({ length: count }, (_, i) => table(`ev_2026_${i}`, { partitionOf: 'public.ev_2026' }));
    const one = found('unreplicated-table', ['healthy'], having(parent, middle, ...leaves(1)));
    expect(one).toMatchObject([{ severity: 'warning', subject: { table: 'ev_2026_0' } }]);
    expect(one[0]?.remedy?.plan).toBeUndefined();
    expect(found('unreplicated-table', ['healthy'], having(parent, middle, ...leaves(6)))).toMatchObject([
      {
        severity: 'warning',
        effect: 'stops-data',
        title: '6 partitions are in no set, though their tables are in one',
      },
    ]);
  });
  test('whose partitioned table is in no set is perhaps meant to stay', () => {
    const parent = table('ev', { kind: 'p' });
    const leaf = table('ev_2026', { partitionOf: 'public.ev' });
    expect(found('unreplicated-table', ['healthy'], having(parent, leaf))).toMatchObject([
      { severity: 'info', title: 'ev_2026 is in no set' },
    ]);
  });

  test.each([
    ['a deferrable primary key', { keyDeferrable: true }, 'd has a deferrable primary key', 'USING INDEX'],
    ['REPLICA IDENTITY FULL', { replicaIdentity: 'f' }, 'd has REPLICA IDENTITY FULL', 'DEFAULT'],
    ['REPLICA IDENTITY NOTHING', { replicaIdentity: 'n' }, 'd has no replica identity', 'DEFAULT'],
    ['no key', { keyColumns: [] }, 'd has no primary key', 'ADD PRIMARY KEY'],
  ])(
    'with %s can be in no set with UPDATE, and is offered no plan that cannot work',
    (_, more, title, sql) => {
      const findings = found('no-replica-identity', ['healthy'], having(table('d', more)));
      expect(findings).toMatchObject([
        { severity: 'warning', title, remedy: { plan: { set: 'default_insert_only' } } },
      ]);
      expect(findings[0]?.remedy?.sql?.join(';')).toContain(sql);
      expect(found('unreplicated-table', ['healthy'], having(table('d', more)))).toEqual([]);
    },
  );
  test('with a deferrable key in a set that sends INSERT only is well', () => {
    const log = table('log', { keyDeferrable: true, memberships: inSets('default_insert_only') });
    expect(found('no-replica-identity', ['healthy'], having(log))).toEqual([]);
  });
});

test('a table with a name that must be quoted is named as the catalog has it, whole and unquoted', () => {
  const quoted = (cluster: RecordedCluster) => {
    cluster.change = changeSlow(({ conflicts }, name) => ({
      conflicts:
        name === 'n2'
          ? (conflicts?.map((one) => ({ ...one, schema: 'a.b', table: 'Order "Lines"' })) ?? null)
          : conflicts,
    }));
  };
  const [finding] = found('rows-diverged', ['conflicts-after-reconnect'], quoted);
  expect(finding).toMatchObject({
    title: 'a.b.Order "Lines" has a row on n2 that n1 deleted',
    subject: { node: 'n2', schema: 'a.b', table: 'Order "Lines"' },
  });
});
