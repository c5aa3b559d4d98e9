/** What the heads of a chart's marks say in full, under the pointer or the keyboard's focus. */
import { useState } from 'react';
import { clock, type Zone } from '#src/lib/time.ts';
import type { MarkGroup } from './mark-groups.ts';

/** More lines than these would hide the chart. */
const LINES = 8;

export function MarkHeads({ groups, width, zone }: { groups: MarkGroup[]; width: number; zone: Zone }) {
  const [shown, setShown] = useState<number | null>(null);
  const group = groups.find(({ marks }) => marks[0].at === shown);
  return (
    <ul className="mark-heads" aria-label="What happened">
      {groups.map(({ x, marks }) => {
        const { at } = marks[0];
        return (
          <li key={`${at} ${marks[0].text}`} style={{ left: x }}>
            <button
              type="button"
              aria-label={marks.map((mark) => `${clock(mark.at, zone)} ${mark.text}`).join('; ')}
              onMouseEnter={() => setShown(at)}
              onMouseLeave={() => setShown(null)}
              onFocus={() => setShown(at)}
              onBlur={() => setShown(null)}
              onClick={() => setShown(at)}
              onKeyDown={(event) => event.key === 'Escape' && setShown(null)}
            />
          </li>
        );
      })}
      {group && (
        <li
          className="readout said"
          aria-hidden
          style={group.x < width / 2 ? { left: group.x - 8 } : { right: width - group.x - 8 }}
        >
          {group.marks.slice(0, LINES).map((mark) => (
            <div key={`${mark.at} ${mark.text}`} className={mark.tone}>
              <span className="faint">{clock(mark.at, zone)}</span> {mark.text}
            </div>
          ))}
          {group.marks.length > LINES && <div className="faint">{group.marks.length - LINES} more</div>}
        </li>
      )}
    </ul>
  );
}
