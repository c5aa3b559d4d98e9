/** What happened, as marks on the axis of time: the most serious ones, in few words. */
import type { ActivityItem } from '#core/contract/history.ts';
import type { ChartMark } from '#src/ui/charts/lag-chart.tsx';

const RANK = { critical: 3, warning: 2, info: 1 } as const;

/** More would stand in each other's way. */
const MOST = 8;
const WORDS = 44;

/** Rows that conflicts left are not of the axis of lag; all else may explain a line. */
export function marksOf(items: ActivityItem[], from: number, to: number): ChartMark[] {
  return items
    .filter((item) => item.kind !== 'conflict')
    .map((item) => ({ item, at: Date.parse(item.at), rank: item.severity ? RANK[item.severity] : 0 }))
    .filter(({ at }) => at >= from && at <= to)
    .sort((a, b) => b.rank - a.rank || b.at - a.at)
    .slice(0, MOST)
    .map(({ item, at }) => ({
      at,
      text: item.text.length <= WORDS ? item.text : `${item.text.slice(0, WORDS - 1)}…`,
      tone: item.severity === 'critical' ? 'crit' : item.severity === 'warning' ? 'warn' : 'plain',
    }));
}
