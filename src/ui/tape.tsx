/** The poll tape: the last 60 polls, a tick each; its height is the round trip on a log scale; hatched where none came back. */
import { memo } from 'react';
import { shownText } from '#core/model/shown-text.ts';

export interface Poll {
  at: string;
  roundTripMs: number | null;
}

const TICKS = 60;
const HEIGHT = 16;
const STEP = 2;

/** Log scale from 0.1 ms (2 px) to 300 ms and more (16 px). */
export function tickHeight(ms: number): number {
  const share = Math.log10(Math.max(ms, 0.1) / 0.1) / Math.log10(3000);
  return Math.round(2 + Math.min(1, share) * (HEIGHT - 2));
}

/** A tick is slow when it took three times the median of the tape, and at least 5 ms more. */
export function isSlow(ms: number, median: number): boolean {
  return ms > median * 3 && ms > median + 5;
}

function medianOf(polls: Poll[]): number {
  const known = polls
    .flatMap((poll) => (poll.roundTripMs === null ? [] : [poll.roundTripMs]))
    .sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? 0;
}

export const Tape = memo(function Tape({ polls, label }: { polls: Poll[]; label: string }) {
  const last = polls.slice(-TICKS);
  const median = medianOf(last);
  const offset = TICKS - last.length;
  const missed = last.filter((poll) => poll.roundTripMs === null).length;
  return (
    <svg
      className="tape"
      width={TICKS * STEP}
      height={HEIGHT}
      role="img"
      aria-label={`${shownText(label)}: ${last.length - missed} of ${last.length} polls answered`}
    >
      {gaps(last).map(([from, to]) => (
        <rect
          key={`gap${from}`}
          className="no-answer"
          x={(offset + from) * STEP}
          y={0}
          width={(to - from) * STEP}
          height={HEIGHT}
        />
      ))}
      {last.map((poll, at) => {
        if (poll.roundTripMs === null) return null;
        const height = tickHeight(poll.roundTripMs);
        return (
          <rect
            key={poll.at}
            className={isSlow(poll.roundTripMs, median) ? 'slow' : undefined}
            x={(offset + at) * STEP}
            y={HEIGHT - height}
            width={1}
            height={height}
          />
        );
      })}
    </svg>
  );
});

/** Runs of polls without an answer, as [from, to). */
function gaps(polls: Poll[]): [number, number][] {
  const found: [number, number][] = [];
  polls.forEach((poll, at) => {
    if (poll.roundTripMs !== null) return;
    const open = found.at(-1);
    if (open && open[1] === at) open[1] = at + 1;
    else found.push([at, at + 1]);
  });
  return found;
}
