import { describe, expect, test } from 'vitest';
import { changeFast, changeSlow, seenAfter } from './seen.ts';

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
      /At .*\/s, n3 may stay away about (\d+ [dhms] ?){1,2}more before n1 loses its slot/,
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
    expect(snapshot.findings.find(({ code }) => code === 'slot-bloat')).toMatchObject({
      severity: 'critical',
    });
  });
});
