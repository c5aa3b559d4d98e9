/** The inbox: groups by table and kind, each open to its events. */

import { ChevronDown, ChevronRight, Sigma } from 'lucide-react';
import { moveRow } from '#src/lib/list-keys.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { count } from '#src/lib/units.ts';
import { Icon } from '#src/ui/icon.tsx';
import { State } from '#src/ui/state.tsx';
import { Time } from '#src/ui/time.tsx';
import { tipCut } from '#src/ui/tooltip.ts';
import { KeyText, keyWords } from './event-detail.tsx';
import type { ConflictEvent, ConflictGroup } from './events.ts';
import { groupLine } from './verdict.ts';

export interface TableFacts {
  keyColumns: string[];
  deltaColumns: string[];
}

interface Props {
  groups: ConflictGroup[];
  /** Facts of a table, by `schema.table`. */
  factsOf: (schema: string | null, table: string) => TableFacts;
  open: ReadonlySet<string>;
  onToggle: (key: string) => void;
  chosen: ConflictEvent | null;
  onChoose: (event: ConflictEvent) => void;
}

/** A group with more events than these shows the newest; the others are behind one more click. */
const SHOWN = 100;

export function EventList({ groups, factsOf, open, onToggle, chosen, onChoose }: Props) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the buttons inside
    <div onKeyDown={moveRow}>
      {groups.map((group) => {
        const facts = factsOf(group.schema, group.table);
        const isOpen = open.has(group.key);
        return (
          <section key={group.key} aria-label={`${safeName(group.table)} ${group.type}`}>
            <button
              type="button"
              className="group-row"
              data-row
              aria-expanded={isOpen}
              onClick={() => onToggle(group.key)}
            >
              <Icon of={isOpen ? ChevronDown : ChevronRight} size={12} />
              <span className="truncate" {...tipCut(`${safeName(group.table)} ${group.type}`)}>
                <b>
                  <code>{safeName(group.table)}</code>
                </b>{' '}
                <span className="muted">{group.type}</span>
              </span>
              <span className="count">{count(group.events.length)}</span>
              <small className="where">
                <Line group={group} facts={facts} />
              </small>
              <small>{group.events[0] && <Time at={group.events[0].at} />}</small>
            </button>
            {isOpen &&
              group.events.slice(0, SHOWN).map((event) => (
                <button
                  key={event.id}
                  type="button"
                  data-row
                  className={`event-row ${event === chosen ? 'selected' : ''}`}
                  aria-current={event === chosen || undefined}
                  onClick={() => onChoose(event)}
                >
                  <span className="muted truncate" {...tipCut(keyWords(event, facts.keyColumns))}>
                    <KeyText event={event} keyColumns={facts.keyColumns} />
                  </span>
                  <span className="faint">{event.views.map((view) => safeName(view.node)).join(', ')}</span>
                  <Time at={event.at} />
                </button>
              ))}
            {isOpen && group.events.length > SHOWN && (
              <p className="faint more-events">
                {group.events.length - SHOWN} older ones are not shown; choose a shorter time.
              </p>
            )}
          </section>
        );
      })}
    </div>
  );
}

function Line({ group, facts }: { group: ConflictGroup; facts: TableFacts }) {
  const line = groupLine(group, facts.deltaColumns);
  if (line.tone === 'warn') {
    return (
      <State of="warning" size={12}>
        {line.words}
      </State>
    );
  }
  if (line.tone === 'sum') {
    return (
      <span className="inline-flex items-center gap-1">
        <Icon of={Sigma} size={12} className="m-0" /> {line.words}
      </span>
    );
  }
  return line.words;
}
