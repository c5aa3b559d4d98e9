import { useNow, useZone } from '#src/lib/clock.ts';
import { exactTime, secondsSince, shortTime } from '#src/lib/time.ts';
import { wholeDuration } from '#src/lib/units.ts';
import { tip } from './tooltip.ts';

/** An instant: the clock today, the day else; the whole of it on hover. */
export function Time({ at }: { at: string }) {
  const zone = useZone();
  const now = useNow(60_000);
  return (
    <time dateTime={at} {...tip(exactTime(at, zone))}>
      {shortTime(at, zone, now)}
    </time>
  );
}

/** An instant in full. */
export function ExactTime({ at }: { at: string }) {
  const zone = useZone();
  return <time dateTime={at}>{exactTime(at, zone)}</time>;
}

/** How long ago, ticking: `4 m 21 s`. The word around it (for, since, ago) is the caller's. */
export function Age({ since }: { since: string }) {
  const zone = useZone();
  const now = useNow(1000);
  return (
    <time dateTime={since} {...tip(exactTime(since, zone))}>
      {wholeDuration(secondsSince(since, now))}
    </time>
  );
}
