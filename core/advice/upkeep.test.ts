/** What may stop a server whatever it replicates, and settings and slots that are needed later: on made-up facts. */
import { describe, expect, test } from 'vitest';
import type { SlowFacts } from '#core/model/facts.ts';
import type { FindingCode } from '#core/model/finding.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import { changeFast, changeSlow, seenAfter } from '#core/testing/seen.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const ago = (seconds: number) => NOW - seconds * 1000;

/** Findings of a code, where n1 said this in the slow poll. */
const found = (code: FindingCode, facts: Partial<SlowFacts>) =>
  seenAfter('6.0.0', ['healthy'], (cluster) => {
    cluster.change = changeSlow((_facts, name) => (name === 'n1' ? { serverClock: NOW, ...facts } : {}));
  }).findings.filter((finding) => finding.code === code);

describe('wraparound', () => {
  const ages = (xid: number | null, multixact: number | null = 0) =>
    found('wraparound', { ages: { database: 'shop', xid, multixact } }).map(({ severity, title }) => [
      severity,
      title,
    ]);
  test('is said from a thousand million on, and is critical before PostgreSQL itself warns', () => {
    expect(ages(999_999_999)).toEqual([]);
    expect(ages(1_100_000_000)).toEqual([['warning', 'n1 has used 51 % of its transaction numbers']]);
    expect(ages(1_900_000_000)).toEqual([['critical', 'n1 has used 88 % of its transaction numbers']]);
    expect(ages(100, 1_100_000_000)).toEqual([['warning', 'n1 has used 51 % of its multixact numbers']]);
  });
  test('not where it is not known', () => expect(ages(null, null)).toEqual([]));
});

describe('prepared transactions', () => {
  const prepared = (...seconds: number[]) =>
    found('xmin-held', {
      prepared: seconds.map((since) => ({
        gid: `xa-${since}`,
        preparedAt: ago(since),
        owner: 'app',
        database: 'shop',
        xidAge: 12,
      })),
    });
  test('that were just prepared are none of ours', () => expect(prepared(1, 59)).toEqual([]));
  test('that stay are said, and warned of when nobody seems to end them', () => {
    expect(prepared(90)).toMatchObject([
      { severity: 'info', title: 'A prepared transaction on n1 has been open for 1 m 30 s' },
    ]);
    expect(prepared(7200, 900, 5)).toMatchObject([
      {
        severity: 'warning',
        title: '2 prepared transactions on n1 are open, the oldest for 2 h',
        remedy: { sql: ["ROLLBACK PREPARED 'xa-7200'"] },
      },
    ]);
  });
});

describe('a worker that waits for a lock', () => {
  const blocked = (seconds: number | null) =>
    found('apply-blocked', {
      blocked: [
        {
          subscription: 'sub_n1n2',
          worker: 99,
          seconds,
          blocker: {
            pid: 4711,
            startedAt: '1764331234.5',
            who: 'app, payroll, 10.0.0.7',
            state: 'idle in transaction',
            query: 'LOCK TABLE t',
            openSeconds: 300,
          },
        },
      ],
    });
  test('for a moment is none of ours, nor one of which it is not known', () => {
    expect(blocked(9)).toEqual([]);
    expect(blocked(null)).toEqual([]);
  });
  test('names who holds it, and offers to end that session', () => {
    expect(blocked(20)).toMatchObject([
      {
        severity: 'warning',
        effect: 'stops-data',
        title: 'sub_n1n2 on n1 has waited for a lock for 20 s',
        remedy: {
          plan: { kind: 'session-cancel', node: 'n1', pid: 4711, startedAt: '1764331234.5' },
        },
      },
    ]);
    expect(blocked(900)).toMatchObject([{ severity: 'critical' }]);
  });
});

describe('an archiver', () => {
  const archiver = (facts: Partial<NonNullable<SlowFacts['archiver']>>) =>
    found('archiver-failing', {
      archiver: {
        mode: 'on',
        archivedAt: ago(600),
        archivedWal: '000000010000000000000007',
        failedAt: ago(20),
        failedWal: '000000010000000000000008',
        failedCount: 30,
        countedSince: ago(9000),
        ...facts,
      },
    }).map(({ title, detail }) => `${title}. ${detail}`);
  test('that fails and archives nothing is said', () =>
    expect(archiver({})).toEqual([
      expect.stringMatching(/^n1 cannot archive its WAL\. Nothing has been archived for 10 m/),
    ]));
  test('that never archived anything, too', () => expect(archiver({ archivedAt: null })).toHaveLength(1));
  test.each([
    ['has archived since', { archivedAt: ago(10) }],
    ['failed once just now', { archivedAt: ago(30) }],
    ['never failed', { failedAt: null }],
    ['is off', { mode: 'off' }],
  ])('that %s is well', (_what, facts) => expect(archiver(facts)).toEqual([]));
});

describe('output_plugin_libraries', () => {
  const listed = (value: string | null, serverVersion: string) =>
    found('plugin-not-listed', {
      serverVersion,
      settings:
        value === null ? [] : [{ name: 'output_plugin_libraries', value, unit: null, pendingRestart: false }],
    })
      .filter(({ subject }) => subject.node === 'n1' || value === null)
      .map(({ severity, title }) => [severity, title]);

  test.each(['pgoutput', '', 'pgoutput, spock_output_x'])('%j lacks it', (value) =>
    expect(listed(value, '15.19')).toEqual([
      ['critical', 'n1 does not let Spock decode: output_plugin_libraries lacks spock_output'],
    ]),
  );
  test.each(['pgoutput, spock_output', '"spock_output"', '*'])('%j has it', (value) =>
    expect(listed(value, '15.19')).toEqual([]),
  );
  test.each(['15.18', '16.14', '17.10', '18.4'])('before %s is upgraded it is said once', (version) => {
    const said = seenAfter('6.0.0', ['healthy'], (cluster) => {
      cluster.change = changeSlow(() => ({ serverVersion: version }));
    }).findings.filter(({ code }) => code === 'plugin-not-listed');
    expect(said).toMatchObject([{ severity: 'info', effect: 'hygiene' }]);
  });
  test.each(['15.19', '16.15', '17.11', '18.6', '19.0'])('%s is beyond it', (version) => {
    const said = seenAfter('6.0.0', ['healthy'], (cluster) => {
      cluster.change = changeSlow(() => ({ serverVersion: version }));
    }).findings.filter(({ code }) => code === 'plugin-not-listed');
    expect(said).toEqual([]);
  });
  test('the stand-in decodes with a plugin of PostgreSQL’s own', () =>
    expect(
      found('plugin-not-listed', { standin: true, serverVersion: '18.4' }).filter(
        ({ subject }) => subject.node === 'n1',
      ),
    ).toEqual([]));
});

describe('slots that a standby needs', () => {
  const said = (
    version: number,
    slotsAre: (index: number) => boolean,
    standby: boolean,
    settings: SlowFacts['settings'] = [],
  ) =>
    seenAfter('6.0.0', ['healthy'], (cluster) => {
      cluster.change = (node) => {
        const changed = changeFast('n1', ({ slots, walsenders }) => ({
          slots: slots.map((slot, index) => ({ ...slot, failover: slotsAre(index) })),
          walsenders: standby
            ? [
                ...walsenders,
                {
                  pid: 99_999,
                  applicationName: 'replica1',
                  clientAddress: '10.0.0.9',
                  state: 'streaming',
                  sentLsn: null,
                  replayLagSeconds: null,
                  waitEvent: null,
                },
              ]
            : walsenders,
        }))(changeSlow(() => ({ settings }))(node));
        return changed.capabilities
          ? { ...changed, capabilities: { ...changed.capabilities, serverVersionNum: version } }
          : changed;
      };
    })
      .findings.filter(({ code, subject }) => code === 'failover-slots' && subject.node === 'n1')
      .map(({ title }) => title);

  test('some are marked and others are not: said, whether a standby is connected or not', () =>
    expect(said(170_005, (index) => index === 0, false)).toEqual([
      '1 slot of n1 is not marked for failover',
    ]));
  test('none is marked and a standby is there: said', () =>
    expect(said(170_005, () => false, true)).toEqual(['2 slots of n1 are not marked for failover']));
  test('none is marked, and nobody needs it', () => expect(said(170_005, () => false, false)).toEqual([]));
  test('all are marked', () => expect(said(170_005, () => true, true)).toEqual([]));
  test('PostgreSQL 16 has no such mark', () => expect(said(160_010, () => false, true)).toEqual([]));
  test('Spock 5 copies them itself unless it is told not to', () => {
    const native = (value: string) => [
      { name: 'spock.use_native_failover_slots', value, unit: null, pendingRestart: false },
    ];
    expect(said(170_005, () => false, true, native('off'))).toEqual([]);
    expect(said(170_005, () => false, true, native('on'))).toHaveLength(1);
  });
});

describe('what is read every 15 s and cannot be', () => {
  // The recording has sets and tables that differ.
  const withoutTables = changeSlow(() => ({ tables: [] }));
  const slowWith = (slow: NodeInput['slow'], change: Partial<SlowFacts>): NodeInput['slow'] =>
    slow && { ...slow, value: { ...slow.value, ...change } };
  const unread = (
    failure: Partial<NonNullable<NodeInput['slowFailure']>>,
    slow: Partial<SlowFacts> | null = {},
  ) =>
    seenAfter('6.0.0', ['healthy'], (cluster) => {
      cluster.change = (node) =>
        node.name !== 'n1'
          ? withoutTables(node)
          : {
              ...withoutTables(node),
              slow: slow && slowWith(withoutTables(node).slow, slow),
              slowFailure: {
                code: 'query',
                message: 'canceling statement due to lock timeout',
                sqlstate: '55P03',
                since: NOW,
                tries: 2,
                what: 'all',
                ...failure,
              },
            };
    });
  const titles = (...given: Parameters<typeof unread>) =>
    unread(...given).findings.flatMap(({ code, title }) => (code === 'facts-unread' ? [title] : []));

  test('is said from the second time on, with what is not known for it', () => {
    expect(titles({ tries: 1 })).toEqual([]);
    const [finding] = unread({}).findings.filter(({ code }) => code === 'facts-unread');
    expect(finding).toMatchObject({
      severity: 'warning',
      title: 'The exceptions, conflicts, settings and tables of n1 cannot be read',
      remedy: { sql: [expect.stringContaining('pg_blocking_pids')] },
    });
    expect(finding?.detail).toContain('cannot tell whether transactions were discarded');
  });
  test('of the tables alone is said at once where they never were, else from the second time on', () => {
    const late = { what: 'tables', code: 'timeout', sqlstate: null } as const;
    const said = ['The tables of n1 cannot be read'];
    expect(titles({ ...late, tries: 1 })).toEqual(said);
    expect(titles({ ...late, tries: 1 }, { tablesReadAt: NOW - 60_000 })).toEqual([]);
    expect(titles({ ...late, tries: 2 }, { tablesReadAt: NOW - 60_000 })).toEqual(said);
  });
  test('is no all-clear before it was read once', () => {
    expect(unread({ tries: 1 }).health).toBe('ok');
    expect(unread({ tries: 1 }, null).health).toBe('unknown');
    expect(unread({ tries: 2 }, null).health).toBe('warning');
  });
});

describe('conflicts of which no record is kept', () => {
  const unseen = (conflicts: number | null) =>
    seenAfter('6.0.0', ['healthy'], (cluster) => {
      cluster.change = changeSlow(({ settings }, name) => ({
        settings: [
          ...settings.filter((one) => one.name !== 'spock.save_resolutions'),
          {
            name: 'spock.save_resolutions',
            value: name === 'n1' ? 'off' : 'on',
            unit: null,
            pendingRestart: false,
          },
        ],
        counters:
          conflicts === null
            ? null
            : [
                {
                  subscription: 'sub_n1n2',
                  inserted: 0,
                  updated: 0,
                  deleted: 0,
                  conflicts,
                  deltaApplied: 0,
                },
              ],
      }));
    }).findings.filter(({ code }) => code === 'conflicts-unseen');

  test('are counted, where Spock counts them', () => {
    expect(unseen(14)).toMatchObject([
      {
        severity: 'info',
        title: 'n1 keeps no record of conflicts',
        detail: expect.stringMatching(/^14 conflicts were resolved there since its counters started/),
        evidence: [{ name: 'n1', value: 'spock.save_resolutions = off, 14 conflicts counted' }],
      },
    ]);
    expect(unseen(0)[0]?.detail).toMatch(
      /^Conflicts that are resolved there are written to the server log only/,
    );
    expect(unseen(null)[0]?.evidence).toEqual([{ name: 'n1', value: 'spock.save_resolutions = off' }]);
  });
});
