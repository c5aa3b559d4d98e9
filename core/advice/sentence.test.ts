import { describe, expect, test } from 'vitest';
import type { Version } from '#core/testing/recorded.ts';
import type { RecordedCluster } from '#core/testing/recorded-cluster.ts';
import { changeFast, changeSlow, type Step, seenAfter, withoutIdleSet } from '#core/testing/seen.ts';

/** Before any recording was made. */
const LONG_AGO = '2025-01-01T00:00:00.000Z';

/** The recordings have a set that nobody takes; here it is about all else. */
function seen(version: Version, steps: Step[], prepare?: (cluster: RecordedCluster) => void) {
  return seenAfter(version, steps, (cluster) => {
    prepare?.(cluster);
    const { change } = cluster;
    cluster.change = (node) => withoutIdleSet(change(node));
  });
}

function sentence(version: Version, steps: Step[], prepare?: (cluster: RecordedCluster) => void) {
  return seen(version, steps, prepare)
    .sentence.map(({ text }) => text)
    .join('');
}

test.each(['4.0.11', '5.0.11'] as const)('%s: a quiet cluster says so in one line', (version) => {
  expect(sentence(version, ['healthy', 60])).toBe('3 nodes up, 6 of 6 links replicating, none behind.');
});

test('what neither nodes nor links show comes after them, warnings first', () => {
  expect(sentence('6.0.0', ['mesh'])).toBe(
    '3 nodes up. 6 of 6 links replicating, none behind. outbox has no primary key.',
  );
  expect(sentence('5.0.11', ['transaction-discarded'])).toMatch(
    /^3 nodes up\. 6 of 6 links replicating, none behind\. only1 is on n1, .*\. n2 discarded a transaction of n1, and 3 more critical findings\.$/,
  );
});

describe('a node that has stopped', () => {
  const stopped: Step[] = ['healthy', 'node-n3-down-with-backlog', 261];

  test('is said with its time, what it sends as unknown, what is held for it with its sum', () => {
    expect(sentence('5.0.11', stopped)).toMatch(
      /^2 of 3 nodes up; n3 has not answered for 4 m 21 s\. 2 of 6 links replicating\. What n3 sends is unknown; n1 and n2 hold 13\.1 MB of WAL for n3\./,
    );
  });

  test('and for how long there is room, where a limit is set and something is written', () => {
    const limited = (cluster: RecordedCluster) => {
      cluster.change = changeSlow(() => ({
        settings: [{ name: 'max_slot_wal_keep_size', value: '4096', unit: 'MB', pendingRestart: false }],
      }));
    };
    expect(sentence('5.0.11', stopped.slice(0, 2), limited)).toMatch(
      /of WAL for n3, and n[12] has room for (\d+ [dhms] ?){1,2}more before it loses the slot \(max_slot_wal_keep_size\)\./,
    );
  });

  test('until the disk is full, where that comes first, and who said how much it has', () => {
    const entered = (cluster: RecordedCluster) => {
      const limited = changeSlow(() => ({
        settings: [{ name: 'max_slot_wal_keep_size', value: '4096', unit: 'MB', pendingRestart: false }],
      }));
      cluster.change = (node) => ({
        ...limited(node),
        walRoom: { source: 'entered', freeBytes: 1024 ** 3, at: LONG_AGO, heldBytes: 0 },
      });
    };
    expect(sentence('5.0.11', stopped.slice(0, 2), entered)).toMatch(
      /and n[12] has room for (\d+ [dhms] ?){1,2}more before its disk is full \(1 GB free, entered [\d,]+ d \d+ h ago\)\./,
    );
  });

  test('names are subjects, so that a page can link them', () => {
    const { sentence: parts } = seenAfter('5.0.11', stopped);
    const subjects = parts.filter(({ subject }) => subject).map(({ text, subject }) => [text, subject]);
    expect(subjects.slice(0, 4)).toEqual([
      ['n3', { node: 'n3' }],
      ['n3', { node: 'n3' }],
      ['n1', { node: 'n1' }],
      ['n2', { node: 'n2' }],
    ]);
  });
});

describe('links', () => {
  test('few that are not well are named, each a subject', () => {
    const { sentence: parts } = seen('5.0.11', ['two-subscriptions-disabled', 5]);
    expect(parts.map(({ text }) => text).join('')).toBe(
      '3 nodes up. 4 of 6 links replicating. n1 → n2 and n2 → n1 are disabled.',
    );
    expect(parts.find(({ text }) => text === 'n1 → n2')?.subject).toEqual({ provider: 'n1', receiver: 'n2' });
  });

  test('many are counted, the worst named', () => {
    expect(sentence('6.0.0', ['nodes-no-subscriptions'])).toContain('6 links missing: n1 → n2 and others.');
  });

  test('missing ones are not counted where the topology as found is wanted', () => {
    const asFound = (cluster: RecordedCluster) => {
      cluster.topology = 'as-found';
    };
    expect(sentence('6.0.0', ['rich-catalog-missing-link-forward-all'], asFound)).toMatch(
      /^3 nodes up\. 4 of 4 links replicating, none behind\./,
    );
  });

  test('one that is behind is told with what is held for it and how long that may go on', () => {
    const behind = (cluster: RecordedCluster) => {
      cluster.thresholds = { lagSeconds: 2, walHeldBytes: 1024 ** 3 };
      const slow = changeSlow(() => ({
        settings: [{ name: 'max_slot_wal_keep_size', value: '40960', unit: 'MB', pendingRestart: false }],
      }));
      cluster.change = (node) =>
        slow(
          changeFast('n1', ({ slots, walLsn }) => ({
            // The slot of n3 stands where it stood, and n1 writes.
            walLsn: walLsn === null ? null : cluster.moment === 1 ? '1/0' : '2/0',
            slots: slots.map((slot) => ({
              ...slot,
              confirmedFlushLsn: slot.name.endsWith('n3n1') ? '0/A000000' : '2/0',
              restartLsn: slot.name.endsWith('n3n1') ? '0/A000000' : '2/0',
            })),
          }))(node),
        );
    };
    expect(sentence('5.0.11', ['healthy', 15], behind)).toMatch(
      /^3 nodes up\. 6 of 6 links replicating; n1 → n3 is (at least )?15 s behind and holds 7\.8 GB of WAL on n1, which has room for \d m \d+ s more before it loses the slot \(max_slot_wal_keep_size\)\.$/,
    );
  });
});

test('before the first poll nothing is claimed', () => {
  const snapshot = seenAfter('6.0.0', ['healthy'], (cluster) => {
    cluster.change = (node) => ({ ...node, fast: null, slow: null, capabilities: null });
  });
  expect(snapshot.sentence).toEqual([{ text: '3 nodes, not polled yet.' }]);
  expect(snapshot.health).toBe('unknown');
  expect(snapshot.healthSince).toBeNull();
});

test('health is the worst of the findings, and its since stays while it lasts', () => {
  expect(seen('5.0.11', ['healthy', 5]).health).toBe('ok');
  expect(seenAfter('6.0.0', ['mesh']).health).toBe('warning');
  expect(seenAfter('6.0.0', ['healthy', 'node-n3-down-with-backlog']).health).toBe('critical');
});
