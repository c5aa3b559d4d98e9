import { describe, expect, test } from 'vitest';
import type { RecordedCluster } from '#core/engines/spock/recorded-cluster.ts';
import { changeFast, type Step, seenAfter, titles } from './seen.ts';

describe('orphan-slot, which must never be wrong', () => {
  const steps: Step[] = ['orphan-slot', 120];
  const found = (prepare: (cluster: RecordedCluster) => void) =>
    titles('orphan-slot', '6.0.0', steps, prepare);

  test('the only slot that is named is the one that is an orphan', () => {
    const [finding] = seenAfter('5.0.11', ['slots-used-up', 120]).findings.filter(
      ({ code }) => code === 'orphan-slot',
    );
    expect(finding?.subject.slot).toBe('spk_demo_n1_sub_gone');
    const slots = seenAfter('5.0.11', ['slots-used-up', 120])
      .findings.filter(({ code }) => code === 'orphan-slot')
      .map(({ subject }) => subject.slot);
    expect(slots.every((slot) => slot?.startsWith('spk_demo_n1_sub_gone'))).toBe(true);
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
      { plugin: 'pgoutput' },
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
