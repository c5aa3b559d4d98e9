import { expect, test } from 'vitest';
import type { ObservedException, ObservedFacts } from '#core/model/observed.ts';
import { codes, facts, known, mesh, shown } from '#core/testing/nodes.ts';
import { planChange } from './planners.ts';

const request = {
  kind: 'subscription-skip',
  cluster: 'shop',
  receiver: 'n2',
  subscription: 'sub_n2n1',
  lsn: '0/19D13C8',
} as const;
const exception: ObservedException = {
  lsn: '0/19D13C8',
  message: 'disabling subscription sub_n2n1 due to exception(s) - skip_lsn = 0/19D13C8',
  commitAt: '2026-11-28 08:00:00+00',
  rows: [
    { operation: 'INSERT', schema: 'public', table: 't', count: 3 },
    { operation: 'UPDATE', schema: null, table: null, count: 1 },
  ],
};
const nodes = (change: Partial<ObservedFacts> = {}, enabled = false) =>
  mesh({
    n1: { slots: facts('n1').slots.map((slot) => ({ ...slot, active: false })) },
    n2: {
      exception,
      subscriptions: facts('n2').subscriptions.map((each) => ({ ...each, enabled })),
      ...change,
    },
  });

test('exactly what was recorded is skipped, and what is lost is listed', () => {
  const planned = planChange(request, nodes());
  expect(codes(planned)).toEqual([]);
  const [skip, enable, wait] = shown(request, planned).steps;
  expect(skip?.sql).toEqual(["SELECT spock.sub_alter_skiplsn('sub_n2n1', '0/19D13C8');"]);
  expect(skip?.undoSql).toEqual(["SELECT spock.sub_alter_skiplsn('sub_n2n1', '0/0');"]);
  expect(skip).toMatchObject({ risk: 'data', riskText: '4 changes of n1 never reach n2.' });
  expect(enable?.after).toEqual(['skip']);
  expect(wait?.after).toEqual(['enable']);
  expect(known(planned)[0]).toContain('missing on n2 for good, of a transaction of n1, committed 2026');
  expect(known(planned)[0]).toContain('of a table that was not found');
});

test.each<[string, string[], Partial<ObservedFacts>, boolean?]>([
  ['no transaction has disabled it', ['no-transaction'], { exception: null }],
  ['the position is not recorded', ['no-transaction'], { exception: { ...exception, lsn: null } }],
  ['a copy has failed', ['no-transaction'], { exception: { ...exception, lsn: '0/0' } }],
  ['another transaction disabled it', ['other-transaction'], { exception: { ...exception, lsn: '0/1' } }],
  ['the exceptions could not be read', ['unread'], { unread: { exceptions: 'permission denied' } }],
  ['it is enabled', ['enabled'], {}, true],
])('not where %s', (_what, expected, change, enabled) => {
  const found = codes(planChange(request, nodes(change, enabled)));
  expect(found).toEqual(expected);
  expect(planChange(request, nodes(change, enabled)).steps).toEqual([]);
});

test('0/0 is never skipped, even where it is asked for', () => {
  const planned = planChange({ ...request, lsn: '0/0' }, nodes({ exception: { ...exception, lsn: '0/0' } }));
  expect(codes(planned)).toEqual(['no-transaction']);
  expect(planned.problems[0]?.remedy).toContain('create it again');
});
