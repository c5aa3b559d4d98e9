import { describe, expect, test } from 'vitest';
import type { RecordedCluster } from '#core/testing/recorded-cluster.ts';
import { changeFast, titles } from '#core/testing/seen.ts';

describe('clock-skew', () => {
  const apart = (seconds: number) => (cluster: RecordedCluster) => {
    cluster.change = changeFast('n2', ({ clock }) => ({ clock: (clock ?? 0) + seconds * 1000 }));
  };

  test('a clock an hour off is said, with the direction and of the right node', () => {
    expect(titles('clock-skew', '6.0.0', ['mesh'], apart(3600))).toEqual([
      expect.stringMatching(/^The clock of n2 is 1 h ahead of that of n[13]$/),
    ]);
    expect(titles('clock-skew', '6.0.0', ['mesh'], apart(-5))).toEqual([
      expect.stringMatching(/^The clock of n2 is 5(\.0)? s behind that of n[13]$/),
    ]);
  });

  test.each([['5.0.11'], ['6.0.0']] as const)('not on %s as recorded, nor within a second', (version) => {
    expect(titles('clock-skew', version, ['mesh', 60])).toEqual([]);
    expect(titles('clock-skew', version, ['mesh'], apart(0.9))).toEqual([]);
  });

  test('not where the round trip leaves it open', () => {
    const slow = (cluster: RecordedCluster) => {
      cluster.change = (node) => {
        const changed = changeFast('n2', ({ clock }) => ({ clock: (clock ?? 0) + 3000 }))(node);
        return changed.fast && node.name === 'n2'
          ? {
              ...changed,
              fast: {
                ...changed.fast,
                sentAt: changed.fast.sentAt - 3000,
                receivedAt: changed.fast.receivedAt + 3000,
              },
            }
          : changed;
      };
    };
    expect(titles('clock-skew', '6.0.0', ['mesh'], slow)).toEqual([]);
  });
});
