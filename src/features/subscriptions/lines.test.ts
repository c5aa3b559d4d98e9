import { describe, expect, it } from 'vitest';
import type { LinkSnapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { linesOf as groupedLines } from '#src/ui/table/lines.ts';
import { allLines, doubtOf, isWell, keyOf, type Line, receiverOf, type Show, shownLines } from './lines.ts';

const sub = (receiver: string, provider: string | null, more: Partial<SubscriptionSnapshot> = {}) =>
  ({
    name: `sub_${receiver}${provider}`,
    receiver,
    provider,
    status: 'replicating',
    reportedStatus: 'replicating',
    slot: `spk_${provider}_${receiver}`,
    replicationSets: ['default'],
    ...more,
  }) as SubscriptionSnapshot;

const link = (provider: string, receiver: string, more: Partial<LinkSnapshot> = {}) =>
  ({ provider, receiver, state: 'replicating', behind: false, subscriptions: [], ...more }) as LinkSnapshot;

const snapshot = {
  subscriptions: [sub('n10', 'n1'), sub('n2', 'n1', { status: 'down' }), sub('n2', 'n10'), sub('n1', null)],
  links: [
    link('n1', 'n10', { behind: true }),
    link('n1', 'n2'),
    link('n10', 'n2'),
    link('n2', 'n1', { state: 'missing' }),
  ],
};
const all = { missing: true, filter: '', show: 'all' as const };

const linesOf = (
  of: typeof snapshot,
  { missing, filter, show }: { missing: boolean; filter: string; show: Show },
) => groupedLines<Line>(shownLines(allLines(of, missing), filter, show), keyOf, { of: receiverOf });

const short = (lines: ReturnType<typeof linesOf>) =>
  lines.map((line) =>
    line.kind === 'group'
      ? `[${line.key} ${line.rows.length}]`
      : line.row.kind === 'missing'
        ? `missing ${line.row.link.provider}`
        : line.row.subscription.name,
  );

describe('linesOf', () => {
  it('groups by receiver, by name, with the links that are missing in their place', () => {
    expect(short(linesOf(snapshot, all))).toEqual([
      '[n1 2]',
      'sub_n1null',
      'missing n2',
      '[n2 2]',
      'sub_n2n1',
      'sub_n2n10',
      '[n10 1]',
      'sub_n10n1',
    ]);
  });

  it('leaves missing links out where the topology is as found', () => {
    expect(short(linesOf(snapshot, { ...all, missing: false }))).not.toContain('missing n2');
  });

  it('shows only what is not well, with a behind link and a missing one', () => {
    expect(short(linesOf(snapshot, { ...all, show: 'not-well' }))).toEqual([
      '[n1 1]',
      'missing n2',
      '[n2 1]',
      'sub_n2n1',
      '[n10 1]',
      'sub_n10n1',
    ]);
    expect(isWell({ kind: 'missing', link: link('a', 'b') })).toBe(false);
  });

  it('wants every word of the filter, in any place', () => {
    expect(short(linesOf(snapshot, { ...all, filter: 'n2 DOWN' }))).toEqual(['[n2 1]', 'sub_n2n1']);
  });
});

it('quotes the receiver only where it is wrong', () => {
  expect(doubtOf(sub('n2', 'n1', { status: 'down' }))).toBe('n2 reports “replicating”');
  expect(doubtOf(sub('n2', 'n1', { status: 'unknown' }), true)).toBe('n2 last reported “replicating”');
  expect(doubtOf(sub('n2', 'n1'))).toBeNull();
  expect(doubtOf(sub('n2', 'n1', { status: 'unknown', reportedStatus: null }))).toBeNull();
});
