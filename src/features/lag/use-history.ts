import { useQuery } from '@tanstack/react-query';
import type { LagHistory } from '#core/contract/history.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { useClusterName, useRecentLag, useSnapshot } from '#src/api/hooks.ts';
import { lagQuery } from '#src/api/queries.ts';
import { stepKey } from '#src/api/recent.ts';
import { useNow } from '#src/lib/clock.ts';
import { useHeld } from '#src/lib/use-held.ts';
import { type Range, refreshFor, stepFor } from './lag-range.ts';

/** With more links than these only the worst are fetched and drawn. */
const ALL_LINKS = 30;
const WORST = 20;

const linkCount = (snapshot: Snapshot): number => snapshot.links.length;

/**
 * The history of a range. 15 minutes are carried on by the event stream; longer ranges are read again as often as they get
 * a new point. While another range is on its way the one before stays on the screen.
 */
export function useHistory(range: Range) {
  const cluster = useClusterName();
  const many = useSnapshot(linkCount) > ALL_LINKS;
  const carried = useRecentLag();
  // A point a step: the chart and the numbers of the range are made anew with it, what is so now comes from the links.
  const recent = useHeld(stepKey(carried), carried);
  const seconds = range.kind === 'custom' ? (range.to - range.from) / 1000 : range.seconds;
  const step = stepFor(seconds);
  const now = useNow(refreshFor(seconds));
  const live = range.kind === 'live' && range.name === '15m';
  const from = range.kind === 'custom' ? range.from : now - range.seconds * 1000;
  const query = useQuery({
    ...lagQuery(cluster, {
      from: new Date(from).toISOString(),
      ...(range.kind === 'custom' ? { to: new Date(range.to).toISOString() } : {}),
      step,
      ...(many ? { worst: WORST } : {}),
    }),
    enabled: !live,
    gcTime: 60_000,
  });
  const history: LagHistory | undefined = live ? recent : query.data;
  const to = range.kind === 'custom' ? range.to : history ? Date.parse(history.to) : now;
  return {
    history,
    error: live ? null : query.error,
    refetch: query.refetch,
    /** What is drawn, in ms; it follows the history, so that lines end at the right edge. */
    from: range.kind === 'custom' ? range.from : to - range.seconds * 1000,
    to,
    many,
    /** Another range was asked for, and the one before still shows. */
    waiting: !live && query.isPlaceholderData,
  };
}
