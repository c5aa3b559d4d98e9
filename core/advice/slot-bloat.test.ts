import { describe, expect, test } from 'vitest';
import type { WalRoom } from '#core/model/wal-room.ts';
import { changeFast, changeSlow, type Step, seenAfter } from '#core/testing/seen.ts';

describe('slot-bloat', () => {
  test('says how long the receiver may stay away, from the rate and the limit', () => {
    const snapshot = seenAfter('5.0.11', ['healthy', 'node-n3-down-with-backlog'], (cluster) => {
      cluster.thresholds = { lagSeconds: 10, walHeldBytes: 1024 ** 2 };
      cluster.change = changeSlow(() => ({
        settings: [{ name: 'max_slot_wal_keep_size', value: '1024', unit: 'MB', pendingRestart: false }],
      }));
    });
    const finding = snapshot.findings.find(
      ({ code, subject }) => code === 'slot-bloat' && subject.receiver === 'n3' && subject.node === 'n1',
    );
    expect(finding?.detail).toMatch(
      /At .*\/s, n3 can stay away for about (\d+ [dhms] ?){1,2}more before n1 loses its slot/,
    );
  });

  test('says that nothing limits it where nothing does', () => {
    const snapshot = seenAfter(
      '5.0.11',
      ['rich-catalog-missing-link-forward-all', 'slot-lost'],
      (cluster) => {
        cluster.thresholds = { lagSeconds: 10, walHeldBytes: 1024 };
      },
    );
    const finding = snapshot.findings.find(
      ({ code, subject }) => code === 'slot-bloat' && subject.node === 'n2' && subject.receiver === 'n3',
    );
    expect(finding?.detail).toContain('no limit is set (max_slot_wal_keep_size)');
    expect(finding?.detail).toContain(
      'How long that takes is unknown, since no SQL function reports free disk space.',
    );
  });

  test('is urgent when PostgreSQL says that the slot is in danger', () => {
    const snapshot = seenAfter('6.0.0', ['healthy'], (cluster) => {
      cluster.change = changeFast('n1', ({ slots }) => ({
        slots: slots.map((slot) => ({
          ...slot,
          walStatus: 'unreserved',
          safeWalSizeBytes: -100,
          active: false,
        })),
      }));
    });
    // When it is lost, nothing goes on: it stands with what stops data, not with what can wait.
    expect(snapshot.findings.find(({ code }) => code === 'slot-bloat')).toMatchObject({
      severity: 'critical',
      effect: 'stops-data',
    });
  });

  describe('and the disk of its provider', () => {
    const away: Step[] = ['healthy', 'node-n3-down-with-backlog'];
    const ofN1 = (walRoom: WalRoom | null, keep: string | null = null) => {
      const snapshot = seenAfter('5.0.11', away, (cluster) => {
        cluster.thresholds = { lagSeconds: 10, walHeldBytes: 1024 ** 3 };
        const limited = changeSlow(() => ({
          settings: [
            { name: 'max_slot_wal_keep_size', value: keep ?? '-1', unit: 'MB', pendingRestart: false },
          ],
        }));
        cluster.change = (node) => ({ ...limited(node), walRoom: node.name === 'n1' ? walRoom : null });
      });
      return snapshot.findings.find(
        ({ code, subject }) => code === 'slot-bloat' && subject.node === 'n1' && subject.receiver === 'n3',
      );
    };
    const entered = (freeBytes: number, heldBytes: number | null): WalRoom => ({
      source: 'entered',
      freeBytes,
      at: '2025-01-01T00:00:00.000Z',
      heldBytes,
    });

    test('is told from what was entered, less what is held since, with its age', () => {
      const finding = ofN1(entered(8 * 1024 ** 2, 1024 ** 2));
      expect(finding).toMatchObject({ severity: 'critical', effect: 'stops-data' });
      expect(finding?.detail).toMatch(
        /n3 can stay away for about (\d+ [ms] ?){1,2}more before the disk of n1 is full, which stops n1: 2\.\d MB is left of the 8 MB of free space entered for n1 \d+ d \d+ h ago\.$/,
      );
      expect(finding?.evidence).toContainEqual({
        name: 'free on the disk of n1',
        value: expect.stringMatching(/^2\.\d MB of 8 MB, entered .* ago$/),
      });
    });

    test('says so where what was written since cannot be counted', () => {
      expect(ofN1(entered(8 * 1024 ** 2, null))?.detail).toMatch(
        /8 MB is left of the 8 MB of free space entered for n1 .* ago, not counting what was written since\.$/,
      );
    });

    test('says that an entered size is used up', () => {
      expect(ofN1(entered(1024 ** 2, 0))?.detail).toMatch(
        /The 1 MB of free space entered for n1 is used up: check the disk of n1 now\./,
      );
    });

    test('is not told where the slot is lost first', () => {
      expect(ofN1(entered(8 * 1024 ** 2, 1024 ** 2), '7')?.detail).toMatch(
        /more before n1 loses its slot and n3 must be copied again\.$/,
      );
    });

    test("is told from this machine's file system, of which nothing is subtracted", () => {
      expect(ofN1({ ...entered(5 * 1024 ** 2, null), source: 'machine' })?.detail).toMatch(
        /before the disk of n1 is full, which stops n1: 5 MB is free on this machine's disk, where all its servers write\.$/,
      );
    });

    test('raises nothing while there is room for long, nor where nobody said it', () => {
      expect(ofN1(entered(1024 ** 4, 0))).toBeUndefined();
      expect(ofN1(null)).toBeUndefined();
    });
  });
});
