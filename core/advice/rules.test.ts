/**
 * Every code: on recorded states that raise it, and on recorded states that must not. Hand-made facts serve only for
 * what no server could be brought to (clocks), and for what must not raise a finding.
 */
import { describe, expect, test } from 'vitest';
import { FindingCode } from '#core/model/finding.ts';
import type { Version } from '#core/testing/recorded.ts';
import type { RecordedCluster } from '#core/testing/recorded-cluster.ts';
import { changeFast, type Step, seenGone, titles } from '#core/testing/seen.ts';
import { rules } from './rules.ts';

test('every code has a rule', () =>
  expect(Object.keys(rules).sort()).toEqual([...FindingCode.options].sort()));

interface Case {
  code: FindingCode;
  raised: [Version, Step[], string][];
  silent: [Version, Step[]][];
  prepare?: (cluster: RecordedCluster) => void;
}

const cases: Case[] = [
  {
    code: 'slot-lost',
    raised: [
      ['5.0.11', ['rich-catalog-missing-link-forward-all', 'slot-lost'], 'n1 has lost the slot of n3'],
      ['5.0.11', ['slot-lost-receiver-back'], 'n1 has lost the slot of n2'],
      ['6.0.0', ['slot-lost-receiver-back'], 'n1 has lost the slot of n2'],
    ],
    silent: [
      ['6.0.0', ['node-n3-down-with-backlog', 60]],
      ['5.0.11', ['healthy', 60]],
    ],
  },
  {
    code: 'apply-loop',
    // Spock 4: the walsenders for n2 and n3 come and go, while one transaction fails again and again.
    raised: [
      [
        '4.0.11',
        [
          'healthy',
          'transaction-discarded',
          'node-n3-recovered',
          'subscription-disabled-by-exception',
          'node-n3-recovered',
          'transaction-discarded',
        ],
        'sub_n2n1 on n2 keeps failing and restarting',
      ],
    ],
    silent: [
      [
        '5.0.11',
        [
          'healthy',
          'conflicts-after-reconnect',
          'transaction-discarded',
          'subscription-disabled-by-exception',
          'node-n3-recovered',
        ],
      ],
      ['6.0.0', ['healthy', 'transaction-discarded', 'node-n3-down-with-backlog', 'node-n3-recovered', 60]],
    ],
  },
  {
    code: 'disabled-by-exception',
    raised: [
      ['5.0.11', ['subscription-disabled-by-exception', 5], 'sub_n2n1 on n2 was disabled by an exception'],
      ['6.0.0', ['subscription-disabled-by-exception', 5], 'sub_n2n1 on n2 was disabled by an exception'],
    ],
    silent: [
      ['6.0.0', ['two-subscriptions-disabled', 5]],
      ['6.0.0', ['node-n3-down-with-backlog', 5]],
      ['5.0.11', ['transaction-discarded', 5]],
    ],
  },
  {
    code: 'discarded-transactions',
    raised: [
      ['5.0.11', ['transaction-discarded'], 'n2 discarded a transaction of n1'],
      ['6.0.0', ['transaction-discarded'], 'n3 discarded a transaction of n1'],
      ['6.0.0', ['conflicts-after-reconnect'], 'n1 discarded a transaction of n2'],
      ['4.0.11', ['transaction-discarded'], 'n2 could not apply a transaction of n1'],
    ],
    silent: [
      ['5.0.11', ['healthy', 60]],
      ['6.0.0', ['mesh', 60]],
      ['6.0.0', ['two-subscriptions-disabled', 60]],
    ],
  },
  {
    code: 'rows-diverged',
    raised: [
      ['6.0.0', ['conflicts-after-reconnect'], 'acct has a row on n2 that n1 deleted'],
      ['4.0.11', ['conflicts-after-reconnect'], 'acct has different rows for the same key on n1 and n2'],
    ],
    // 5.0.11 ended with the same rows on all nodes, though there were conflicts: conflicts-final-rows.json.
    silent: [
      ['5.0.11', ['conflicts-after-reconnect', 60]],
      ['6.0.0', ['healthy', 60]],
    ],
  },
  {
    code: 'no-replica-identity',
    raised: [
      ['5.0.11', ['mesh'], 'outbox has no primary key'],
      ['6.0.0', ['mesh'], 'outbox has no primary key'],
    ],
    // nokey is in default_insert_only, which needs none.
    silent: [
      ['5.0.11', ['rich-catalog-missing-link-forward-all']],
      ['6.0.0', ['rich-catalog-missing-link-forward-all']],
    ],
  },
  {
    code: 'unreplicated-table',
    raised: [
      ['6.0.0', ['mesh'], 'Ünï "code" \\ x is in no set'],
      ['5.0.11', ['rich-catalog-missing-link-forward-all'], 'part_us is in no set'],
    ],
    silent: [['6.0.0', ['nodes-no-subscriptions']]],
  },
  {
    code: 'membership-differs',
    raised: [
      ['5.0.11', ['membership-and-schema-differ'], 'acct is in set default on n1 and n3, not on n2'],
      ['6.0.0', ['membership-and-schema-differ'], 'acct is in set default on n1 and n3, not on n2'],
    ],
    silent: [
      ['6.0.0', ['mesh']],
      ['5.0.11', ['rich-catalog-missing-link-forward-all']],
    ],
  },
  {
    code: 'schema-drift',
    raised: [
      ['5.0.11', ['keys-and-drift'], 'The columns of stock differ between the nodes'],
      ['6.0.0', ['keys-and-drift'], 'The delta-apply columns of stock differ between the nodes'],
      ['6.0.0', ['membership-and-schema-differ'], 'only_n1 is on n1, not on n2 and n3'],
    ],
    silent: [
      ['5.0.11', ['mesh']],
      ['6.0.0', ['mesh']],
    ],
  },
  {
    code: 'sequence-collision',
    raised: [
      ['5.0.11', ['keys-and-drift'], 'Two nodes inserted rows into orders with the same id'],
      ['6.0.0', ['keys-and-drift'], 'Two nodes inserted rows into orders with the same id'],
      ['6.0.0', ['mesh'], '1 replicated table takes its key from plain sequences'],
    ],
    silent: [['6.0.0', ['conflicts-after-reconnect']]],
  },
  {
    code: 'forwarding-loop',
    raised: [
      ['5.0.11', ['rich-catalog-missing-link-forward-all'], 'n3 receives from n2 what n1 and n3 wrote'],
      ['6.0.0', ['rich-catalog-missing-link-forward-all'], 'n3 receives from n2 what n3 wrote'],
    ],
    silent: [
      ['6.0.0', ['mesh']],
      ['5.0.11', ['healthy']],
    ],
  },
  {
    code: 'version-skew',
    raised: [
      ['6.0.0', ['keys-and-drift'], 'n2 runs Spock 6.0.0 with the catalogs of 5.0.11'],
      ['5.0.11', ['keys-and-drift'], 'n2 runs Spock 5.0.11 with the catalogs of 5.0.10'],
    ],
    silent: [
      ['6.0.0', ['mesh']],
      ['5.0.11', ['mesh']],
    ],
  },
  {
    code: 'capacity',
    raised: [
      ['5.0.11', ['slots-used-up', 30], 'n1 uses all of its 5 replication slots'],
      ['6.0.0', ['slots-used-up', 30], 'n1 uses all of its 5 replication slots'],
    ],
    silent: [
      ['6.0.0', ['mesh']],
      ['5.0.11', ['rich-catalog-missing-link-forward-all']],
    ],
  },
  {
    code: 'subscription-down',
    raised: [
      ['5.0.11', ['slots-used-up', 30, 5], 'sub_n3n1 on n3 is down'],
      ['4.0.11', ['transaction-discarded', 5], 'sub_n2n1 on n2 is down'],
      ['6.0.0', ['two-subscriptions-disabled'], 'sub_n2n1 on n2 is disabled'],
      // It is not long enough that nobody came to the slot.
      ['5.0.11', ['interface-dead', 10], 'sub_n2n1 on n2 is down'],
    ],
    silent: [
      ['6.0.0', ['healthy', 60]],
      // The node that has stopped is the finding.
      ['6.0.0', ['healthy', 'node-n3-down-with-backlog', 60]],
      // A worker that has just gone may come back.
      ['4.0.11', ['transaction-discarded']],
      ['6.0.0', ['initializing', 1]],
      // The interface is the finding.
      ['5.0.11', ['interface-dead', 30]],
      ['6.0.0', ['interface-dead', 30]],
    ],
  },
  {
    code: 'sync-stuck',
    raised: [['5.0.11', ['slots-used-up', 400], 'The copy of sub_n3n1 to n3 makes no progress']],
    silent: [
      ['5.0.11', ['slots-used-up', 60]],
      ['6.0.0', ['initial-copy-under-way', 60]],
      ['6.0.0', ['healthy', 400]],
    ],
  },
  {
    code: 'orphan-slot',
    prepare: (cluster) => seenGone(cluster, 'spk_demo_n1_sub_gone'),
    raised: [
      ['5.0.11', ['orphan-slot', 120], 'n1 keeps a slot that no subscription reads'],
      ['6.0.0', ['orphan-slot', 120], 'n1 keeps a slot that no subscription reads'],
    ],
    silent: [
      ['6.0.0', ['healthy', 120]],
      // Slots of a node that has stopped.
      ['6.0.0', ['healthy', 'node-n3-down-with-backlog', 3600]],
      ['5.0.11', ['node-n3-down-with-backlog', 3600]],
      ['5.0.11', ['slot-lost', 3600]],
      // A subscription that is being made has its slot before its row is to be seen.
      ['6.0.0', ['orphan-slot', 10]],
      // It does not see the subscriptions.
      ['6.0.0', ['role-pg_monitor-only', 120]],
    ],
  },
  {
    code: 'conflicts-unseen',
    raised: [['6.0.0', ['keys-and-drift'], 'n3 keeps no record of conflicts']],
    silent: [
      ['6.0.0', ['mesh']],
      ['5.0.11', ['rich-catalog-missing-link-forward-all']],
    ],
  },
  {
    code: 'missing-link',
    raised: [
      ['5.0.11', ['rich-catalog-missing-link-forward-all'], 'n1 does not subscribe to n3'],
      ['6.0.0', ['nodes-no-subscriptions'], 'n1 does not subscribe to n2'],
    ],
    silent: [
      ['6.0.0', ['mesh']],
      ['6.0.0', ['node-n3-down-with-backlog', 60]],
      ['6.0.0', ['role-pg_monitor-only']],
    ],
  },
  {
    code: 'stale-interface',
    raised: [
      ['5.0.11', ['provider-moved', 30, 100], 'n2 reads from another server instead of n1'],
      ['6.0.0', ['provider-moved', 30, 100], 'n2 reads from another server instead of n1'],
      ['5.0.11', ['interface-dead', 30], 'n2 cannot connect to n1, or reaches another server'],
      ['6.0.0', ['interface-dead', 30], 'n2 cannot connect to n1, or reaches another server'],
    ],
    silent: [
      ['5.0.11', ['interface-dead', 10]],
      // n1 has no slot to give.
      ['5.0.11', ['slots-used-up', 30, 100]],
      ['6.0.0', ['provider-moved', 30, 10]],
      ['4.0.11', ['transaction-discarded', 30, 100]],
      ['6.0.0', ['mesh', 30, 100]],
      ['6.0.0', ['slot-lost-receiver-back', 30, 100]],
    ],
  },
  {
    code: 'read-only',
    raised: [
      ['5.0.11', ['n2-read-only'], 'n2 refuses writes'],
      ['6.0.0', ['n2-read-only'], 'n2 refuses writes'],
    ],
    silent: [
      ['6.0.0', ['mesh']],
      ['5.0.11', ['healthy']],
    ],
  },
  {
    code: 'node-unreachable',
    raised: [['6.0.0', ['healthy', 'node-n3-down-with-backlog'], 'n3 does not answer']],
    silent: [
      ['6.0.0', ['healthy', 60]],
      ['6.0.0', ['node-n3-recovered']],
    ],
  },
  {
    code: 'settings',
    raised: [['6.0.0', ['rich-catalog-missing-link-forward-all'], 'max_replication_slots is 5 on n1']],
    silent: [
      ['6.0.0', ['mesh']],
      ['5.0.11', ['mesh']],
    ],
  },
  {
    code: 'slot-bloat',
    raised: [
      ['5.0.11', ['healthy', 'node-n3-down-with-backlog', 60], 'n1 holds 6.5 MB of WAL for n3'],
      ['6.0.0', ['healthy', 'node-n3-down-with-backlog', 60], 'n1 holds 6.5 MB of WAL for n3'],
    ],
    silent: [
      ['6.0.0', ['healthy', 60]],
      ['6.0.0', ['slot-lost-receiver-back', 60]],
    ],
    prepare: (cluster) => {
      cluster.thresholds = { lagSeconds: 10, walHeldBytes: 4 * 1024 ** 2 };
      // Recorded right after the checkpoint that should have let n2's slot go.
      cluster.change = changeFast('n1', ({ slots }) => ({ slots: slots.filter(({ active }) => !active) }));
    },
  },
];

describe.each(cases)('$code', ({ code, raised, silent, prepare }) => {
  test.each(raised)('%s %j: %s', (version, steps, title) => {
    expect(titles(code, version, steps, prepare)).toContain(title);
  });
  test.each(silent)('not on %s %j', (version, steps) => {
    expect(titles(code, version, steps, prepare)).toEqual([]);
  });
});
