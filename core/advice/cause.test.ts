/** Remedies go by the cause: nobody is told to bring back what is up, or to drop what is only disabled. */
import { describe, expect, test } from 'vitest';
import type { FindingCode } from '#core/model/finding.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { RecordedCluster } from '#core/testing/recorded-cluster.ts';
import { changeFast, changeSlow, type Step, seenAfter } from '#core/testing/seen.ts';

type Change = (node: NodeInput) => NodeInput;
const all =
  (...changes: Change[]): Change =>
  (node) =>
    changes.reduce((changed, change) => change(changed), node);

/** Any WAL that is held is spoken of. */
function cluster(...changes: Change[]) {
  return (recorded: RecordedCluster) => {
    recorded.thresholds = { lagSeconds: 10, walHeldBytes: 1 };
    recorded.change = all(...changes);
  };
}

const found = (
  code: FindingCode,
  steps: Step[],
  prepare: (recorded: RecordedCluster) => void,
  version = '5.0.11' as const,
) => seenAfter(version, steps, prepare).findings.filter((finding) => finding.code === code);

/** The slot of n2's subscription on n1 is at rest. */
const unread = (more: object = {}) =>
  changeFast('n1', ({ slots }) => ({
    slots: slots.map((slot) =>
      slot.name === 'spk_demo_n1_sub_n2n1' ? { ...slot, active: false, activePid: null, ...more } : slot,
    ),
  }));
const ofN2 = (change: object) =>
  changeFast('n2', ({ subscriptions }) => ({
    subscriptions: subscriptions?.map((sub) => (sub.name === 'sub_n2n1' ? { ...sub, ...change } : sub)),
  }));
const failure =
  (code: 'refused' | 'auth' | 'unavailable', sqlstate: string | null): Change =>
  (node) =>
    node.name === 'n2' ? { ...node, failure: { code, sqlstate, message: 'no', since: 0, tries: 3 } } : node;

describe('WAL that is held for a receiver', () => {
  const bloat = (steps: Step[], ...changes: Change[]) =>
    found('slot-bloat', steps, cluster(...changes)).find(
      ({ subject }) => subject.slot === 'spk_demo_n1_sub_n2n1',
    );

  test.each<[string, Change[], RegExp]>([
    ['that does not answer', [unread(), failure('refused', null)], /^Bring n2 back/],
    [
      'that answers with an error',
      [unread(), failure('unavailable', '53300')],
      /cannot be read.*drop nothing/,
    ],
    [
      'that is disabled',
      [unread(), ofN2({ enabled: false })],
      /n2 is up, and sub_n2n1 is disabled: enable it/,
    ],
    ['that does not read', [unread(), ofN2({ reportedStatus: 'down' })], /n2 is up, and sub_n2n1 is down/],
  ])('%s', (_what, changes, remedy) => {
    const finding = bloat(['healthy', 10], ...changes);
    expect(finding?.remedy?.text).toMatch(remedy);
    // Only of what is away it is said how long it may stay so.
    if (!remedy.source.startsWith('^Bring')) {
      expect(finding?.remedy?.text).not.toContain('Bring n2 back');
      expect(finding?.detail).not.toContain('stay away');
    }
  });

  test('that is disabled comes with the button that helps', () => {
    expect(bloat(['healthy', 10], unread(), ofN2({ enabled: false }))?.remedy?.plan).toEqual({
      kind: 'subscription-enable',
      cluster: 'demo',
      receiver: 'n2',
      subscription: 'sub_n2n1',
    });
  });

  test('whose worker fails again and again points to that, and to no drop', () => {
    const attempts = (recorded: RecordedCluster) => {
      recorded.thresholds = { lagSeconds: 10, walHeldBytes: 1 };
      recorded.change = (node) =>
        all(unread({ decodedBytes: 1000 * recorded.moment }), ofN2({ reportedStatus: 'down' }))(node);
    };
    const findings = seenAfter('5.0.11', ['healthy', 5, 5, 5], attempts).findings;
    const slot = findings.find(({ code, subject }) => code === 'slot-bloat' && subject.receiver === 'n2');
    expect(slot?.remedy?.text).toMatch(/n2 is up, and the worker of sub_n2n1 keeps failing/);
    expect(slot?.remedy?.text).toContain('Drop nothing');
  });

  test('that nobody knows, or that Spock keeps for the group, is not to be dropped', () => {
    const named = (name: string) =>
      changeFast('n1', ({ slots }) => ({ slots: slots.map((slot) => ({ ...slot, name, active: false })) }));
    const textOf = (name: string) =>
      found('slot-bloat', ['healthy', 5], cluster(named(name)))[0]?.remedy?.text;
    expect(textOf('spkgrp_demo_n1')).toMatch(/must not be dropped/);
    expect(textOf('spk_demo_n1_sub_x')).toMatch(
      /a node that the console does not watch, a node that is being added/,
    );
  });
});

describe('a subscription that is down', () => {
  const down = (...changes: Change[]) =>
    found(
      'subscription-down',
      ['healthy', 30, 30],
      cluster(ofN2({ reportedStatus: 'down' }), ...changes),
    ).find(({ subject }) => subject.subscription === 'sub_n2n1');

  test('with no slot on its provider can never go on: that is its remedy, not the log', () => {
    const finding = down(
      changeFast('n1', ({ slots }) => ({ slots: slots.filter(({ name }) => !name.endsWith('n2n1')) })),
    );
    expect(finding?.detail).toContain('as after a failover to a standby without it');
    expect(finding?.remedy?.text).toMatch(/drop sub_n2n1 and create it again/);
  });

  test('since Spock does not start on its receiver says which versions', () => {
    const old = changeSlow((_facts, name) =>
      name === 'n2' ? { engineVersion: '5.0', libraryVersion: '5.0.11', updatePath: false } : {},
    );
    const finding = down(unread(), old);
    expect(finding?.detail).toContain('Spock does not start on n2');
    const [skew] = found(
      'version-skew',
      ['healthy', 30, 30],
      cluster(unread(), old, ofN2({ reportedStatus: 'down' })),
    );
    expect(skew).toMatchObject({
      severity: 'critical',
      effect: 'stops-data',
      title: 'n2 runs Spock 5.0.11 with the catalogs of 5.0',
    });
  });

  test.each([
    ['5.0.1', '5.0.11', true],
    ['5.0.10', '5.0.11', true],
    ['6.0.0', '6.0.0-devel', false],
    ['5.0.11', '5.0.11', false],
  ])('catalogs of %s beside a library of %s: %s', (engineVersion, libraryVersion, differ) => {
    const versions = changeSlow(() => ({ engineVersion, libraryVersion, updatePath: true }));
    const titles = found('version-skew', ['healthy'], cluster(versions)).map(({ title }) => title);
    expect(titles.some((title) => title.includes('with the catalogs of'))).toBe(differ);
  });

  test('since its provider lets no plugin decode, or has no walsender left, says so', () => {
    const setting = (name: string, value: string) =>
      changeSlow((_facts, node) =>
        node === 'n1' ? { settings: [{ name, value, unit: null, pendingRestart: false }] } : {},
      );
    expect(down(unread(), setting('output_plugin_libraries', 'pgoutput'))?.remedy?.text).toContain(
      'plugin-not-listed of n1',
    );
    const full = changeSlow(({ used, settings }, node) =>
      node === 'n1'
        ? {
            used: { ...used, senders: 10 },
            settings: [
              ...settings,
              { name: 'max_wal_senders', value: '10', unit: null, pendingRestart: false },
            ],
          }
        : {},
    );
    expect(down(unread(), full)?.remedy?.text).toMatch(/^Raise max_wal_senders on n1/);
  });
});

describe('a provider that is not watched', () => {
  /** n3 is not in the registry; what n1 and n2 say of it stands. */
  const without = (reportedStatus: string) => (recorded: RecordedCluster) => {
    recorded.without = new Set(['n3']);
    recorded.change = (node) =>
      changeFast(node.name, ({ subscriptions }) => ({
        subscriptions: subscriptions?.map((sub) =>
          sub.providerName === 'n3' ? { ...sub, reportedStatus } : sub,
        ),
      }))(node);
  };
  const codes = (reportedStatus: string) => {
    const snapshot = seenAfter('5.0.11', ['healthy', 30, 30], without(reportedStatus));
    return { snapshot, found: snapshot.findings.filter(({ subject }) => subject.provider === 'n3') };
  };

  test('is said, and the cluster is not called well', () => {
    const { snapshot, found: ofN3 } = codes('replicating');
    expect(ofN3.map(({ code, title }) => [code, title])).toEqual([
      ['provider-unwatched', 'n3 is not watched, and n1 and n2 subscribe to it'],
    ]);
    expect(snapshot.health).toBe('warning');
  });

  test('and down, as its receivers say themselves, is critical', () => {
    const { snapshot, found: ofN3 } = codes('down');
    expect(ofN3.map(({ code, subject }) => [code, subject.subscription])).toEqual([
      ['provider-unwatched', undefined],
      ['subscription-down', 'sub_n1n3'],
      ['subscription-down', 'sub_n2n3'],
    ]);
    expect(snapshot.health).toBe('critical');
    expect(snapshot.sentence.map(({ text }) => text).join('')).toContain('sub_n1n3 on n1 is down');
    const [, first] = ofN3;
    expect(first?.remedy?.text).toMatch(/Check whether n3 runs.*only if n3 is gone for good/);
  });
});
