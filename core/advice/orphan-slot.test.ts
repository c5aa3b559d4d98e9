import { describe, expect, test } from 'vitest';
import type { Version } from '#core/testing/recorded.ts';
import type { RecordedCluster } from '#core/testing/recorded-cluster.ts';
import { changeFast, type Step, seenAfter, seenGone, titles } from '#core/testing/seen.ts';

describe('orphan-slot, which must never be wrong', () => {
  const steps: Step[] = ['orphan-slot', 120];
  const gone = 'spk_demo_n1_sub_gone';
  const found = (prepare: (cluster: RecordedCluster) => void) =>
    titles('orphan-slot', '6.0.0', steps, (cluster) => {
      seenGone(cluster, gone);
      prepare(cluster);
    });
  const verdicts = (version: Version, moments: Step[], prepare?: (cluster: RecordedCluster) => void) =>
    seenAfter(version, moments, prepare)
      .findings.filter(({ code }) => code === 'orphan-slot' || code === 'unknown-reader')
      .map(({ code, subject }) => [code, subject.slot]);

  test('the only slots that are named are those whose subscription was seen to go', () => {
    const moments: Step[] = ['slots-used-up', 120];
    expect(verdicts('5.0.11', moments, (cluster) => seenGone(cluster, gone))).toEqual([
      ['orphan-slot', gone],
      ['unknown-reader', `${gone}2`],
      ['unknown-reader', `${gone}3`],
    ]);
  });

  test('one that was never owned waits for its reader, as that of a node which is joining does, for hours', () => {
    expect(verdicts('6.0.0', steps)).toEqual([['unknown-reader', gone]]);
    expect(verdicts('6.0.0', ['orphan-slot', 120, 5 * 3600])).toEqual([['unknown-reader', gone]]);
    expect(verdicts('6.0.0', ['orphan-slot', 120, 6 * 3600])).toEqual([['orphan-slot', gone]]);
  });

  test('the subscription is seen to go while the console watches', () => {
    const has = (cluster: RecordedCluster) => {
      cluster.change = (node) =>
        cluster.moment > 1
          ? node
          : changeFast('n3', ({ subscriptions }) => ({
              subscriptions: subscriptions?.map((sub) => ({ ...sub, slot: gone })),
            }))(node);
    };
    expect(verdicts('6.0.0', ['orphan-slot', 1, 120], has)).toEqual([['orphan-slot', gone]]);
  });

  test('not that of a node which was taken out of the registry, unless the catalogs have forgotten it too', () => {
    const of = (named: boolean) => (cluster: RecordedCluster) =>
      cluster.memory.slots.restore([
        [gone, { receiver: 'n4', catalogName: 'n4', subscription: 'sub_n4n1', named }],
      ]);
    expect(verdicts('6.0.0', steps, of(false))).toEqual([['unknown-reader', gone]]);
    expect(verdicts('6.0.0', steps, of(true))).toEqual([['orphan-slot', gone]]);
  });

  test('none anywhere while a reader that nobody knows is at a slot', () => {
    const reader = (cluster: RecordedCluster) => {
      seenGone(cluster, gone);
      cluster.change = changeFast('n2', ({ slots }) => ({
        slots: slots.flatMap((slot) => [slot, { ...slot, name: 'spk_demo_n2_sub_n2_n4' }]).slice(0, 3),
      }));
    };
    expect(verdicts('6.0.0', steps, reader)).toEqual([
      ['unknown-reader', gone],
      ['unknown-reader', 'spk_demo_n2_sub_n2_n4'],
    ]);
  });

  test('none while a copy goes to a node that is not watched: that it is being added is said, and where it copies from', () => {
    const copying = (cluster: RecordedCluster) => {
      seenGone(cluster, gone);
      cluster.change = changeFast('n2', ({ walsenders }) => ({
        walsenders: [
          ...walsenders,
          {
            pid: 4711,
            applicationName: 'sub_n4n2_snap',
            clientAddress: '10.4.0.4',
            state: 'startup',
            sentLsn: null,
            replayLagSeconds: null,
            waitEvent: null,
          },
        ],
      }));
    };
    for (const seconds of [120, 30 * 86_400]) {
      const { findings } = seenAfter('6.0.0', ['orphan-slot', seconds], copying);
      const found = findings.filter(({ code }) => code === 'orphan-slot' || code === 'unknown-reader');
      expect(found.map(({ code, title }) => `${code}: ${title}`)).toEqual([
        'unknown-reader: A node that the console does not watch is being added: it copies from n2',
      ]);
      expect(found[0]?.detail).toContain('sub_n4n2');
    }
  });

  test('never a slot of the group of nodes, which is at rest by design', () => {
    const group = (cluster: RecordedCluster) => {
      seenGone(cluster, 'spkgrp_demo_n1');
      cluster.change = changeFast('n1', ({ slots }) => ({
        slots: slots.map((slot) => (slot.name === gone ? { ...slot, name: 'spkgrp_demo_n1' } : slot)),
      }));
    };
    expect(verdicts('6.0.0', ['orphan-slot', 120, 30 * 86_400], group)).toEqual([]);
  });

  test('on PostgreSQL 17 the server itself knows for how long it has been at rest', () => {
    const old = (cluster: RecordedCluster) => {
      cluster.change = changeFast('n1', ({ slots, clock }) => ({
        slots: slots.map((slot) =>
          slot.name === gone ? { ...slot, inactiveSince: (clock ?? 0) - 7 * 3_600_000 } : slot,
        ),
      }));
    };
    expect(verdicts('6.0.0', ['orphan-slot'], old)).toEqual([['orphan-slot', gone]]);
  });

  test('not while a run is under way', () => {
    expect(
      found((cluster) => {
        cluster.runUnderWay = true;
      }),
    ).toEqual([]);
  });

  test('not while one node cannot be read', () => {
    const failure = { code: 'timeout', message: 'no answer', sqlstate: null, since: 0, tries: 1 } as const;
    expect(
      found((cluster) => {
        cluster.change = (node) => (node.name === 'n2' ? { ...node, failure } : node);
      }),
    ).toEqual([]);
  });

  test('not when a node was read too long ago', () => {
    expect(
      found((cluster) => {
        cluster.change = (node) =>
          node.name === 'n2' && node.fast
            ? {
                ...node,
                fast: {
                  ...node.fast,
                  sentAt: node.fast.sentAt - 60_000,
                  receivedAt: node.fast.receivedAt - 60_000,
                },
              }
            : node;
      }),
    ).toEqual([]);
  });

  test('not while the catalogs name a node that the console does not watch', () => {
    expect(
      found((cluster) => {
        cluster.change = changeFast('n2', ({ peers }) => ({
          peers: [...peers, { id: '4711', name: 'n4', location: null, country: null }],
        }));
      }),
    ).toEqual([]);
  });

  test('not a slot of another database, another plugin, a physical one, or one brought over for a failover', () => {
    for (const other of [
      { database: 'other' },
      { plugin: 'wal2json' },
      { type: 'physical' },
      { synced: true },
      { temporary: true },
    ]) {
      expect(
        found((cluster) => {
          cluster.change = changeFast('n1', ({ slots }) => ({
            slots: slots.map((slot) => ({ ...slot, ...other })),
          }));
        }),
        JSON.stringify(other),
      ).toEqual([]);
    }
  });
});
