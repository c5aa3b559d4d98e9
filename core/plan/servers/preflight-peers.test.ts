import { describe, expect, test } from 'vitest';
import type { ObservedServer, Reach, ServerFacts } from '#core/model/observed-server.ts';
import { check, codes, plannedFor, server } from '#core/testing/servers.ts';

/** n1 and n3 as they are, n2 with what is told of it. */
const withN2 = (change: Partial<ServerFacts>): ObservedServer[] => [
  server('n1'),
  server('n2', change),
  server('n3'),
];

describe('servers with each other', () => {
  const version = (available: string, standin = false) => ({
    extension: { available, installed: null, standin },
  });

  test.each<[string, string, string[]]>([
    ['5.0.9', '5.0.11', []],
    ['4.0.11', '4.0.2', []],
    // Each direction is a link: one that cannot start is enough.
    ['5.0.11', '6.0.0', ['version-skew']],
    ['6.0.0', '5.0.11', ['version-skew']],
    ['4.0.11', '5.0.11', ['version-skew']],
    ['6.0.0', '4.0.11', ['version-skew']],
    // What was not tried is not refused, and not promised.
    ['6.0.0', '7.0.0', []],
  ])('Spock %s with %s', (one, other, expected) => {
    const planned = plannedFor([server('n1', version(one)), server('n2', version(other))]);
    expect(codes(planned)).toEqual(expected);
  });

  test('why a version cannot receive from another is said, and what was not tried', () => {
    const mixed = plannedFor([server('n1', version('5.0.11')), server('n2', version('6.0.0'))]);
    expect(mixed.problems[0]?.message).toContain(
      'n2 with Spock 6.0.0 cannot subscribe to n1 with 5.0.11: a receiver with 6.0 asks its provider for spock.read_peer_progress',
    );
    const alike = plannedFor([server('n1', version('5.0.11')), server('n2', version('5.0.9'))]);
    expect(check(alike, null, 'Versions')).toMatchObject({ result: 'ok', value: 'Spock 5.0.11, 5.0.9' });
    const untried = plannedFor([server('n1', version('6.0.0')), server('n2', version('7.0.0'))]);
    expect(check(untried, null, 'Versions')).toMatchObject({ result: 'know' });
  });

  test('the stand-in talks to itself only', () => {
    const standin = version('1.0-standin', true);
    expect(codes(plannedFor([server('n1', standin), server('n2', version('5.0.11'))]))).toEqual([
      'version-skew',
    ]);
    expect(codes(plannedFor([server('n1', standin), server('n2', standin)]))).toEqual([]);
  });

  const reach = (state: Reach) => plannedFor(withN2({ reach: { n1: { state: 'ok' }, n3: state } }));
  const failed = (error: string, replication = false): Reach => ({ state: 'failed', error, replication });

  test('each way is told by its two ends', () => {
    expect(check(reach({ state: 'ok' }), 'n2', 'Reaches its peers')).toMatchObject({
      result: 'ok',
      value: 'n1, n3',
    });
    const other = reach({ state: 'other-server' });
    expect(codes(other)).toEqual(['other-server']);
    expect(other.problems[0]?.message).toContain('With the DSN of n3, n2 reaches a different server');
  });

  test.each([
    [
      'peer-unreached',
      failed('connection to server at "10.0.0.3", port 5432 failed: Connection refused'),
      'Check address, port and firewall',
    ],
    ['peer-unreached', failed('FATAL:  no pg_hba.conf entry for host "10.0.0.2"'), 'pg_hba.conf on n3'],
    [
      'peer-unreached',
      failed('FATAL:  password authentication failed for user "admin"'),
      'Correct the password in the DSN of n3',
    ],
    ['peer-unreached', failed('FATAL:  database "nix" does not exist'), 'Correct the DSN of n3'],
    [
      'no-replication',
      failed('FATAL:  must be superuser or replication role to start walsender', true),
      'the attribute REPLICATION',
    ],
    [
      'no-replication',
      failed('FATAL:  permission denied to start WAL sender', true),
      'the attribute REPLICATION',
    ],
    [
      'no-replication',
      failed('FATAL:  number of requested standby connections exceeds max_wal_senders (currently 0)', true),
      'Raise max_wal_senders on n3',
    ],
  ])('%s, with the remedy for its reason', (code, state, remedy) => {
    const planned = reach(state);
    expect(codes(planned)).toEqual([code]);
    expect(planned.problems[0]?.remedy).toContain(remedy);
    expect(check(planned, 'n2', 'Reaches its peers')?.result).toBe('stop');
  });
});
