import { describe, expect, test } from 'vitest';
import type { ObservedServer, ServerFacts } from '#core/model/observed-server.ts';
import {
  alike,
  BARE,
  check,
  codes,
  facts,
  observed,
  plannedFor,
  READY,
  request,
  server,
  setting,
} from '#core/testing/servers.ts';
import { planDeployServers } from './deploy-servers.ts';

/** n1 and n3 as they are, n2 with what is told of it. */
const withN2 = (change: Partial<ServerFacts>): ObservedServer[] => [
  server('n1'),
  server('n2', change),
  server('n3'),
];

test('three servers in order: nothing stops, and what is to do has its step', () => {
  const planned = plannedFor(alike({}));
  expect(planned.problems).toEqual([]);
  const ids = new Set(planned.steps.map(({ id }) => id));
  for (const { result, step } of planned.checks) {
    expect(result).not.toBe('stop');
    if (step !== null) expect(ids).toContain(step);
  }
});

describe('one server', () => {
  test.each<[name: string, ok: string, Partial<ServerFacts>]>([
    ['Reached', 'n2.example:5432', {}],
    ['PostgreSQL', '15.18', {}],
    ['Spock', '5.0.11', { extension: { available: '5.0.11', installed: '5.0.11', standin: false } }],
    ['wal_level', 'logical', {}],
    ['shared_preload_libraries', 'has spock', {}],
    [
      'output_plugin_libraries',
      'has spock_output',
      { settings: { ...READY, output_plugin_libraries: setting('pgoutput, spock_output') } },
    ],
    ['Role', 'admin, superuser', {}],
    ['Free slots', '16 slots, 16 senders, 14 workers', {}],
    ['Leftovers', 'none', {}],
    ['Leftovers', 'node n2, of an earlier attempt', { nodeName: 'n2' }],
    ['Open transactions', 'none that are long', {}],
    ['Open transactions', 'none that are long', { oldestWriteSeconds: 60 }],
    ['Clock', '+0 s ± 1 ms', {}],
    ['Encoding', 'UTF8, C.UTF-8', {}],
    ['Encoding', 'UTF8, de_DE.UTF-8; n1 sorts differently', { collation: 'de_DE.UTF-8' }],
    ['Structure', 'no tables chosen', {}],
    ['Rows', 'none', {}],
  ])('%s is ok: %s', (name, value, change) => {
    expect(check(plannedFor(withN2(change)), 'n2', name)).toMatchObject({ result: 'ok', value, step: null });
  });

  test.each<[name: string, value: string, step: string, Partial<ServerFacts>]>([
    ['Spock', '5.0.11, not yet in shop', 'extension:n2', {}],
    ['wal_level', 'replica', 'settings:n2', { settings: BARE }],
    ['track_commit_timestamp', 'off', 'settings:n2', { settings: BARE }],
    ['shared_preload_libraries', 'lacks spock', 'settings:n2', { settings: BARE }],
    [
      'max_replication_slots',
      '4',
      'settings:n2',
      { settings: { ...READY, max_replication_slots: setting('4') } },
    ],
    [
      'output_plugin_libraries',
      'lacks spock_output',
      'settings:n2',
      { settings: { ...READY, output_plugin_libraries: setting('') } },
    ],
    [
      'wal_level',
      'replica, a new value takes effect after a restart',
      'settings:n2',
      { settings: { ...READY, wal_level: setting('replica', { pendingRestart: true }) } },
    ],
    [
      'Reaches its peers',
      'not tried: it requires a superuser',
      'links',
      { reach: { n1: { state: 'untried', reason: 'it requires a superuser' } } },
    ],
  ])('%s is to do: %s, in %s', (name, value, step, change) => {
    expect(check(plannedFor(withN2(change)), 'n2', name)).toMatchObject({ result: 'todo', value, step });
  });

  test.each<[code: string, check: string, Partial<ServerFacts>]>([
    ['pooled', 'Direct connection', { pooled: true }],
    ['too-old', 'PostgreSQL', { serverVersion: '14.9', serverVersionNum: 140009 }],
    ['version-skew', 'Spock', { extension: { available: '5.0.11', installed: '5.0.9', standin: false } }],
    ['no-spock', 'Spock', { extension: { available: null, installed: null, standin: false } }],
    ['no-superuser', 'Role', { superuser: false }],
    ['capacity', 'Free slots', { used: { slots: 14, senders: 0, workers: 1 } }],
    ['capacity', 'Free slots', { used: { slots: 0, senders: 14, workers: 1 } }],
    ['capacity', 'Free slots', { used: { slots: 0, senders: 0, workers: 13 } }],
    ['other-node', 'Leftovers', { nodeName: 'old' }],
    [
      'other-cluster',
      'Leftovers',
      { nodeName: 'n2', subscriptions: [{ name: 's', provider: 'n9', enabled: true }] },
    ],
    [
      'other-cluster',
      'Leftovers',
      { nodeName: 'n2', subscriptions: [{ name: 's', provider: null, enabled: true }] },
    ],
    [
      'disabled',
      'Leftovers',
      { nodeName: 'n2', subscriptions: [{ name: 's', provider: 'n1', enabled: false }] },
    ],
    ['leftover-slot', 'Leftovers', { slots: [{ name: 'spk_a', plugin: 'spock_output', active: false }] }],
    ['prepared-transactions', 'Open transactions', { preparedTransactions: 1 }],
    ['open-transaction', 'Open transactions', { oldestWriteSeconds: 61 }],
    ['same-server', 'Server', { identity: 'identity of n1' }],
    ['clock-skew', 'Clock', { clockOffsetSeconds: 3 }],
    ['clock-skew', 'Clock', { clockOffsetSeconds: -3 }],
    ['encoding', 'Encoding', { encoding: 'LATIN1' }],
  ])('%s stops', (code, name, change) => {
    const planned = plannedFor(withN2(change));
    expect(codes(planned)).toEqual([code]);
    expect(planned.problems[0]).toMatchObject({ node: 'n2', message: expect.stringContaining('n2') });
    expect(planned.problems[0]?.remedy).not.toBe('');
    expect(check(planned, 'n2', name)?.result).toBe('stop');
  });

  test('slots of others, and those in use, are no leftovers', () => {
    const slots = [
      { name: 'spk_a', plugin: 'spock_output', active: true },
      { name: 'debezium', plugin: 'pgoutput', active: false },
    ];
    expect(codes(plannedFor(withN2({ slots })))).toEqual([]);
  });

  test('what an earlier try holds is not missing', () => {
    const subscriptions = ['n1', 'n3'].map((provider) => ({
      name: `sub_n2${provider}`,
      provider,
      enabled: true,
    }));
    const used = { slots: 14, senders: 14, workers: 13 };
    expect(codes(plannedFor(withN2({ nodeName: 'n2', subscriptions, used })))).toEqual([]);
  });

  test('room that the plan makes counts as there', () => {
    const settings = { ...READY, max_replication_slots: setting('2') };
    expect(check(plannedFor(withN2({ settings })), 'n2', 'Free slots')).toMatchObject({
      result: 'ok',
      value: '10 slots, 16 senders, 14 workers',
    });
  });

  test('a clock is forgiven what the measuring may have been off, and one that was not measured', () => {
    expect(codes(plannedFor(withN2({ clockOffsetSeconds: 3, clockErrorSeconds: 2 })))).toEqual([]);
    expect(codes(plannedFor(withN2({ clockOffsetSeconds: null })))).toEqual([]);
  });

  test('names in remedies cannot break out of their statement', () => {
    const planned = plannedFor(withN2({ nodeName: "o'brien\\" }));
    expect(planned.problems[0]?.remedy).toContain("spock.node_drop(E'o''brien\\\\')");
  });
});

describe('a server that cannot be read', () => {
  const servers: ObservedServer[] = [
    server('n1', { settings: BARE }),
    { name: 'n2', read: { ok: false, error: 'refused the connection', remedy: null } },
    server('n3', { superuser: false }),
  ];

  test('is said with all that is wrong with the others, and no step is planned', () => {
    const planned = plannedFor(servers);
    expect(codes(planned)).toEqual(['unreachable', 'no-superuser']);
    expect(planned.steps).toEqual([]);
  });

  test('no check names a step that is not planned', () => {
    const planned = plannedFor(servers);
    expect(check(planned, 'n1', 'wal_level')).toMatchObject({ result: 'todo', step: null });
    expect(planned.checks.every(({ step }) => step === null)).toBe(true);
  });
});

describe('names', () => {
  const named = (names: string[], clusters: string[] = []) =>
    planDeployServers(
      request({}, names),
      observed(
        names.map((name, index) => ({ name, read: { ok: true, facts: facts(`${name}${index}`) } })),
        { clusters },
      ),
    );

  test('two nodes of one name, a cluster that is there, more than 63 bytes', () => {
    expect(codes(named(['n1', 'n1']))).toEqual(['same-name']);
    expect(codes(named(['n1', 'n2'], ['orders']))).toEqual(['name-taken']);
    expect(codes(named(['n1', 'ü'.repeat(32)]))).toEqual(['long-name']);
    expect(codes(named(['n1', `${'ü'.repeat(31)}n`, 'n'.repeat(63)]))).toEqual([]);
  });
});
