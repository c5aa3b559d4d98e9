import { describe, expect, it } from 'vitest';
import { findingOf } from '#core/testing/snapshots.ts';
import { aLink, aNode, aSnapshot } from '#core/testing/two-nodes.ts';
import { railMarks } from './rail-marks.ts';

const links = (...changes: object[]) => changes.map((change, at) => aLink('n1', `n${at + 2}`, change));
const subscriptions = (change: Parameters<typeof aSnapshot>[0]) => railMarks(aSnapshot(change)).subscriptions;

describe('the mark at the subscriptions', () => {
  it('is grey only while every link is well', () => {
    expect(subscriptions({})).toMatchObject({ count: 0, about: 'subscriptions' });
    expect(
      subscriptions({ links: links({ state: 'down', failing: true }, { state: 'down' }, {}) }),
    ).toMatchObject({
      count: 2,
      tone: 'crit',
    });
    expect(subscriptions({ links: links({ state: 'disabled' }, {}) })).toMatchObject({
      count: 1,
      tone: 'warn',
    });
  });
  it('counts a missing link where it is wanted, and not where nobody asks for it', () => {
    const missing = links({ state: 'missing' });
    expect(subscriptions({ links: missing })?.tone).toBeUndefined();
    const findings = [findingOf('m', { code: 'missing-link' })];
    expect(subscriptions({ links: missing, findings })).toMatchObject({ count: 1, tone: 'crit' });
  });
  it('counts a subscription that is down and of no link, since its provider is not watched', () => {
    const findings = [
      findingOf('d', {
        code: 'subscription-down',
        severity: 'critical',
        subject: { provider: 'n9', receiver: 'n1', subscription: 'sub_n1n9' },
      }),
    ];
    expect(subscriptions({ findings })).toMatchObject({ count: 1, tone: 'crit' });
  });
});

describe('the mark at the nodes', () => {
  const nodes = (...changes: Parameters<typeof aNode>[1][]) =>
    railMarks(aSnapshot({ nodes: changes.map((change, at) => aNode(`n${at}`, change)) })).nodes;
  const error = {
    code: 'unavailable',
    message: '',
    sqlstate: '53300',
    since: '2026-01-01T00:00:00Z',
    tries: 1,
  } as const;
  it('tells those that are down, and those that answer and cannot be read', () => {
    expect(nodes({}, {})).toEqual({ count: 2, about: 'nodes' });
    expect(nodes({}, { state: 'unknown', error })).toMatchObject({ count: 1, tone: 'warn' });
    expect(nodes({}, { standby: true })).toMatchObject({ count: 1, tone: 'warn' });
    expect(nodes({ state: 'down' }, { standby: true })).toMatchObject({ count: 1, tone: 'crit' });
    // Not polled yet is no fault.
    expect(nodes({ state: 'unknown', observedAt: null })?.tone).toBeUndefined();
  });
});
