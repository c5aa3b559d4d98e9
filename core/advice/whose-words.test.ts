/** What a server says that is not the node: a standby, another server at its address, an error. None of it is said of the node. */
import { describe, expect, test } from 'vitest';
import type { PollFailure } from '#core/model/facts.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { RecordedCluster } from '#core/testing/recorded-cluster.ts';
import { changeFast, seenAfter } from '#core/testing/seen.ts';

const seen = (prepare: (cluster: RecordedCluster) => void) =>
  seenAfter('5.0.11', ['healthy', 5, 60], prepare);
const states = (snapshot: Snapshot) =>
  Object.fromEntries(
    snapshot.links.map(({ provider, receiver, state }) => [`${provider}>${receiver}`, state]),
  );
const textOf = (snapshot: Snapshot) => snapshot.sentence.map(({ text }) => text).join('');
const only = ['n2>n3', 'n3>n2'];

describe('a standby', () => {
  // It has the catalogs of its primary, no slot of theirs, and no worker.
  const snapshot = seen((cluster) => {
    cluster.change = changeFast('n1', ({ subscriptions }) => ({
      standby: true,
      walLsn: null,
      slots: [],
      walsenders: [],
      subscriptions: subscriptions?.map((sub) => ({ ...sub, reportedStatus: 'down', workerPid: null })),
    }));
  });
  test('is said to be one, with what to do, and nothing is said to be down', () => {
    expect(snapshot.findings.map(({ code }) => code)).not.toContain('subscription-down');
    expect(snapshot.findings.filter(({ code }) => code === 'standby')).toMatchObject([
      {
        severity: 'critical',
        subject: { node: 'n1' },
        title: expect.stringMatching(/^n1 at .* is a standby \(in recovery\)$/),
        remedy: { text: expect.stringContaining('target_session_attrs=read-write') },
      },
    ]);
  });
  test('its links are unknown, the others are as they are', () => {
    for (const [link, state] of Object.entries(states(snapshot)))
      expect(state, link).toBe(only.includes(link) ? 'replicating' : 'unknown');
    expect(snapshot.links.find(({ provider }) => provider === 'n1')).toMatchObject({
      reason: 'a standby answers as n1',
      lagSeconds: null,
    });
    expect(textOf(snapshot)).toMatch(/^2 of 3 nodes up; n1 is a standby, not the primary\./);
  });
  test('nothing is said of its slots, tables or settings', () => {
    const of = snapshot.findings.filter(({ subject }) => subject.node === 'n1').map(({ code }) => code);
    expect(of).toEqual(['standby']);
  });
});

const failing =
  (failure: Pick<PollFailure, 'code' | 'message' | 'sqlstate'>) =>
  (cluster: RecordedCluster): void => {
    cluster.change = (node) =>
      node.name === 'n3' && cluster.moment > 1
        ? { ...node, failure: { ...failure, since: node.fast?.receivedAt ?? 0, tries: 4 } }
        : node;
  };

describe('another server', () => {
  const message =
    'The server at 127.0.0.1:5432/n3 has the system identifier 2, that of n3 had 1; it holds a node n3.';
  const snapshot = seen(failing({ code: 'replaced', message, sqlstate: null }));
  test('is the one finding of its node, and its links are unknown', () => {
    const of = snapshot.findings.filter(({ subject }) => subject.node === 'n3');
    expect(of).toMatchObject([
      {
        code: 'node-replaced',
        severity: 'critical',
        title: 'Another server answers at the address of n3',
        detail: expect.stringContaining(message),
      },
    ]);
    expect(snapshot.nodes[2]).toMatchObject({ state: 'unknown', error: { code: 'replaced' } });
    expect(states(snapshot)).toMatchObject({ 'n3>n1': 'unknown', 'n1>n2': 'replicating' });
    expect(textOf(snapshot)).toMatch(
      /^2 of 3 nodes up; n3 is not there: another server answers at its address\./,
    );
  });
});

describe('an error', () => {
  test.each([
    ['unavailable', 'sorry, too many clients already', '53300'],
    ['timeout', 'canceling statement due to lock timeout', '55P03'],
    ['auth', 'password authentication failed', '28P01'],
    ['network', 'connection failure', '08006'],
  ] as const)('%s: the node answers but cannot be read', (code, message, sqlstate) => {
    const snapshot = seen(failing({ code, message, sqlstate }));
    expect(snapshot.nodes[2]?.state).toBe('unknown');
    const of = snapshot.findings.filter(({ subject }) => subject.node === 'n3');
    expect(of).toMatchObject([{ code: 'node-unreachable', title: 'n3 answers but cannot be read' }]);
    expect(textOf(snapshot)).toMatch(/n3 has been unreadable for/);
    expect(JSON.stringify(of)).not.toContain('does not answer');
  });
  test.each(['timeout', 'refused', 'network'] as const)(
    '%s without a word of the server: it does not answer',
    (code) => {
      const snapshot = seen(failing({ code, message: 'no', sqlstate: null }));
      expect(snapshot.nodes[2]?.state).toBe('down');
      expect(textOf(snapshot)).toMatch(/n3 has not answered for/);
    },
  );
});
