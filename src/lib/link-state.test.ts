import { describe, expect, it } from 'vitest';
import { linkBadness, shownState, shownSubscription } from './link-state.ts';

const link = (state: 'replicating' | 'down' | 'unknown' | 'disabled', more = {}) => ({
  state,
  behind: false,
  failing: false,
  subscriptions: ['s'],
  ...more,
});

describe('a link', () => {
  it('is failing, and nothing else, while its worker keeps exiting', () => {
    expect(shownState(link('down', { failing: true }))).toBe('failing');
    expect(shownState(link('down'))).toBe('down');
    expect(shownState(link('replicating', { behind: true }))).toBe('behind');
  });
  it('that fails stands first, one that is well last', () => {
    const order = [
      link('down', { failing: true }),
      link('down'),
      link('replicating', { behind: true }),
      link('disabled'),
      link('unknown'),
      link('replicating'),
    ];
    const ranks = order.map(linkBadness);
    expect([...ranks].sort((a, b) => b - a)).toEqual(ranks);
  });
});

describe('a subscription', () => {
  const sub = (status: 'replicating' | 'down' | 'unknown' | 'disabled', failing = false) => ({
    status,
    failing,
  });
  it('is shown as its link is', () => {
    // The receiver says down, its provider cannot be read: what arrives is unknown, on every page.
    expect(shownSubscription(sub('down'), link('unknown'))).toBe('unknown');
    expect(shownSubscription(sub('unknown'), link('down'))).toBe('down');
    expect(shownSubscription(sub('down', true), link('down', { failing: true }))).toBe('failing');
  });
  it('that is disabled is disabled, whether its provider can be read or not', () =>
    expect(shownSubscription(sub('disabled'), link('unknown'))).toBe('disabled'));
  it('beside another on the same link, and without a link, is as it is itself', () => {
    const two = link('down', { subscriptions: ['a', 'b'] });
    expect(shownSubscription(sub('replicating'), two)).toBe('replicating');
    expect(shownSubscription(sub('down', true), null)).toBe('failing');
  });
});
