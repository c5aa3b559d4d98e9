/** How old is what you see: one dot while it is fresh, the reason and the age where it is not. */

import { useEffect } from 'react';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { LiveStatus } from '#src/api/live.ts';
import { useLiveStatus } from '#src/api/live-status.ts';
import { useNow, useZone } from '#src/lib/clock.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { clock, secondsSince } from '#src/lib/time.ts';
import { wholeDuration } from '#src/lib/units.ts';
import { tipCut } from '#src/ui/tooltip.ts';

export function Freshness({ snapshot }: { snapshot: Snapshot }) {
  const live = useLiveStatus();
  const now = useNow(500);
  const age = secondsSince(snapshot.observedAt, now);
  const old = live.state === 'lost' || age > Math.max(3 * snapshot.pollSeconds, 3);
  // A whole number of polls: a tenth that runs between two polls says nothing and flickers.
  const said = Math.max(snapshot.pollSeconds, Math.round(age));
  const never = snapshot.nodes.every((node) => node.observedAt === null);
  const silent = snapshot.nodes.filter((node) => node.state === 'down' && node.observedAt !== null);
  return (
    <>
      <span className={`fresh ${old || never ? 'old' : ''}`}>
        <i />
        {never ? 'Not polled yet' : `Polled ${wholeDuration(said)} ago`}
      </span>
      {silent.slice(0, 1).map((node) => (
        <span key={node.name} className="fresh old wide">
          <i />
          <span className="cut-off" {...tipCut(safeName(node.name))}>
            {safeName(node.name)}
          </span>{' '}
          {wholeDuration(secondsSince(node.observedAt ?? snapshot.observedAt, now))}
          {silent.length > 1 && <span className="faint"> and {silent.length - 1} more</span>}
        </span>
      ))}
    </>
  );
}

/** Said across the page while the stream is broken: nothing on it is newer than that moment. */
export function StaleStrip({ snapshot }: { snapshot: Snapshot }) {
  const live = useLiveStatus();
  const zone = useZone();
  if (live.state === 'gone') {
    return (
      <p className="strip" role="alert">
        This cluster is no longer watched here. What you see is what was last known of it.
      </p>
    );
  }
  if (live.state !== 'lost' || live.lostSince === null) return null;
  return <Lost live={live} at={clock(snapshot.observedAt, zone)} />;
}

function Lost({ live, at }: { live: LiveStatus; at: string }) {
  const now = useNow(1000);
  const seconds = live.lostSince === null ? 0 : Math.max(0, (now - live.lostSince) / 1000);
  // A reconnect within two seconds is no news.
  const old = seconds >= 2;
  // Nothing on the page was checked of late: its green goes, and its ink grows faint.
  useEffect(() => {
    const page = document.getElementById('page');
    if (old) page?.setAttribute('data-old', '');
    return () => page?.removeAttribute('data-old');
  }, [old]);
  if (!old) return null;
  return (
    <p className="strip" role="status">
      The console has not answered for {wholeDuration(seconds)}. What you see is of {at}. Trying again.
    </p>
  );
}
