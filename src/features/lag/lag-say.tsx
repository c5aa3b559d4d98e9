/** What is so about lag, now and in the range. */
import type { LinkSnapshot } from '#core/model/snapshot.ts';
import { isDown, shownState } from '#src/lib/link-state.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { plural } from '#src/lib/units.ts';
import type { LagMetric } from '#src/ui/charts/lag-shape.ts';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { Time } from '#src/ui/time.tsx';
import type { Range } from './lag-range.ts';
import { type LinkStats, worstFirst } from './link-stats.ts';
import { measured } from './links-table.tsx';

interface Props {
  links: LinkSnapshot[];
  stats: LinkStats[];
  range: Range;
  metric: LagMetric;
}

const STATE_WORDS = { critical: 'Critical', warning: 'Behind', unknown: 'Not all known', ok: 'Keeping up' };

export function LagSay({ links, stats, range, metric }: Props) {
  const behind = links.filter((link) => shownState(link) === 'behind');
  const down = links.filter((link) => isDown(shownState(link))).length;
  const unread = links.filter((link) => link.state === 'unknown' && link.lagSeconds === null).length;
  const [worst] = worstFirst(stats);
  const state = down > 0 ? 'critical' : behind.length > 0 ? 'warning' : unread > 0 ? 'unknown' : 'ok';
  return (
    <Say
      top={
        <>
          <State of={state}>{STATE_WORDS[state]}</State>
          {worst?.maxAt && (
            <span className="faint">
              {range.kind === 'custom' ? 'in the range chosen' : 'in this range'} the worst was at{' '}
              <Time at={worst.maxAt} />
            </span>
          )}
        </>
      }
    >
      <ArrowText>{nowText(links, behind, down, unread)}</ArrowText>
      {worst?.max != null && worst.max > 0 && (
        <span className="muted">
          {' '}
          <ArrowText>{`${safeName(worst.provider)} → ${safeName(worst.receiver)} ${worstText(worst.max, metric)}.`}</ArrowText>
        </span>
      )}
    </Say>
  );
}

function worstText(max: number, metric: LagMetric): string {
  return metric === 'held'
    ? `held most WAL, ${measured(max, metric)}`
    : `was furthest behind, by ${measured(max, metric)}`;
}

function nowText(links: LinkSnapshot[], behind: LinkSnapshot[], down: number, unread: number): string {
  const there = links.filter((link) => link.state !== 'missing');
  if (there.length === 0) return 'There is no link between these nodes, so there is no lag to measure.';
  const read = there.filter((link) => link.lagSeconds !== null);
  const most = [...read].sort((a, b) => (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0))[0];
  const said: string[] = [];
  if (behind.length === 0 && down === 0 && most?.lagSeconds != null) {
    const quiet = measured(most.lagSeconds, 'seconds');
    said.push(
      read.length === there.length
        ? `All ${plural(there.length, 'link')} are ${quiet} or less behind.`
        : `${read.length} of ${plural(there.length, 'link')} are ${quiet} or less behind.`,
    );
  }
  if (behind.length > 0) {
    const worst = [...behind].sort((a, b) => (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0))[0];
    const more =
      behind.length > 1
        ? `; ${behind.length - 1} more ${behind.length === 2 ? 'is' : 'are'} over the threshold`
        : '';
    if (worst?.lagSeconds != null) {
      said.push(
        `${safeName(worst.provider)} → ${safeName(worst.receiver)} is ${measured(worst.lagSeconds, 'seconds')} behind${more}.`,
      );
    }
  }
  const of = said.length === 0 ? ` of ${plural(there.length, 'link')}` : '';
  if (unread > 0)
    said.push(
      `${unread}${of} cannot be read${down > 0 ? `; ${down} ${down === 1 ? 'is' : 'are'} down.` : '.'}`,
    );
  else if (down > 0) said.push(`${down}${of} ${down === 1 ? 'is' : 'are'} down.`);
  return said.join(' ');
}
