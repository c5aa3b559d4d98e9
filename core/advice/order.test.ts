import { expect, test } from 'vitest';
import { FindingCode } from '#core/model/finding.ts';
import { findingOf, iso, START } from '#core/testing/snapshots.ts';
import { compareFindings, effectOf } from './order.ts';

test('every code has its place', () =>
  expect(Object.keys(effectOf).sort()).toEqual([...FindingCode.options].sort()));

test('what stops data now comes first, with its button; then what was lost; then all else, the worst first', () => {
  const plan = { kind: 'subscription-enable', cluster: 'c', receiver: 'n2', subscription: 's' } as const;
  const wanted = [
    findingOf('disabled', { effect: 'stops-data', severity: 'warning', remedy: { text: '', plan } }),
    findingOf('loop', { effect: 'stops-data', severity: 'critical' }),
    findingOf('not taken', { effect: 'stops-data', severity: 'warning' }),
    findingOf('older loss', { effect: 'past-loss', severity: 'critical', since: iso(START - 1000) }),
    findingOf('a loss', { effect: 'past-loss', severity: 'critical' }),
    findingOf('z loss', { effect: 'past-loss', severity: 'critical' }),
    findingOf('no key', { effect: 'hygiene', severity: 'warning', since: iso(START - 9000) }),
    findingOf('hint', {
      effect: 'hygiene',
      severity: 'info',
      since: iso(START - 99_000),
      remedy: { text: '', plan },
    }),
  ];
  const ids = (findings: typeof wanted) => findings.map(({ id }) => id);
  expect(ids([...wanted].reverse().sort(compareFindings))).toEqual(ids(wanted));
});
