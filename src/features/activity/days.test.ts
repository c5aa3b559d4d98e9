import { expect, it } from 'vitest';
import type { ActivityItem } from '#core/contract/history.ts';
import { daysOf, dayText } from './days.ts';

const item = (at: string, text: string, more: Partial<ActivityItem> = {}): ActivityItem => ({
  id: at,
  at,
  cluster: 'orders',
  kind: 'node',
  severity: null,
  text,
  subject: null,
  run: null,
  finding: null,
  ...more,
});

it('groups by day and says once what was said again and again', () => {
  const days = daysOf(
    [
      item('2025-11-20T14:00:03Z', 'n3: connection timed out'),
      item('2025-11-20T14:00:02Z', 'n3: connection timed out'),
      item('2025-11-20T14:00:01Z', 'n3 stopped answering'),
      item('2025-11-20T00:00:00Z', 'n3: connection timed out'),
      item('2025-11-19T23:59:59Z', 'n3: connection timed out'),
      item('2025-11-19T23:59:58Z', 'n3: connection timed out', { cluster: 'other' }),
    ],
    'utc',
  );
  expect(days.map((day) => [day.key, day.entries.map((entry) => entry.times)])).toEqual([
    ['2025-11-20', [2, 1, 1]],
    ['2025-11-19', [1, 1]],
  ]);
  expect(days[0]?.entries[0]?.firstAt).toBe('2025-11-20T14:00:02Z');
});

it('names the days as people do', () => {
  const now = Date.parse('2025-11-20T10:00:00Z');
  expect(
    ['2025-11-20', '2025-11-19', '2025-11-02', '2024-12-31'].map((key) => dayText(key, 'utc', now)),
  ).toEqual(['Today', 'Yesterday', '2 Nov', '31 Dec 2024']);
});
