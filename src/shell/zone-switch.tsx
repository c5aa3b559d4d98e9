import { memo } from 'react';
import { setZone, useZone } from '#src/lib/clock.ts';
import { zoneName, zoneOffset } from '#src/lib/time.ts';
import { tipInside } from '#src/ui/tooltip.ts';

/** Which zone times are written in, and the button that changes it: in the bar, and in the menu of a narrow window. */
export const ZoneSwitch = memo(function ZoneSwitch({ className = '' }: { className?: string }) {
  const zone = useZone();
  const local = zoneOffset(new Date());
  const named = zoneName();
  return (
    <button
      type="button"
      className={`button bare zone ${className}`}
      {...tipInside(
        zone === 'utc'
          ? `Times are in UTC. Show them in your own zone: ${named}, ${local}`
          : `Times are in your own zone, ${named}. Show them in UTC`,
      )}
      onClick={() => setZone(zone === 'utc' ? 'local' : 'utc')}
    >
      <span className="sr-only">Times in </span>
      {zone === 'utc' ? 'UTC' : local}
    </button>
  );
});
