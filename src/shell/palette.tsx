/** Find or run: a list that follows what is typed. Arrows choose, Enter opens or plans, Escape leaves. The focus stays in the input. */
import { useQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { type KeyboardEvent, useDeferredValue, useId, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import type { ClusterSummary } from '#core/contract/clusters.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { api } from '#src/api/client.ts';
import { paths } from '#src/lib/paths.ts';
import { plural } from '#src/lib/units.ts';
import { usePlan } from '#src/parts/use-plan.ts';
import { DialogFrame } from '#src/ui/dialog-box.tsx';
import { Icon } from '#src/ui/icon.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { Refusal } from '#src/ui/refusal.tsx';
import { StateIcon } from '#src/ui/state.tsx';
import { ACTIONS } from './palette-actions.ts';
import { clusterItems, otherClusterItems, type PaletteItem, pageItems, search } from './palette-items.ts';

export interface PaletteProps {
  cluster: string | null;
  clusters: ClusterSummary[];
  snapshot: Snapshot | undefined;
  onClose: () => void;
}

export default function Palette({ cluster, clusters, snapshot, onClose }: PaletteProps) {
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const navigate = useNavigate();
  const planning = usePlan();
  const tables = useTables(cluster, useDeferredValue(query));

  // What the snapshot names changes rarely; its numbers, each second. The list stands still while it is open.
  const [known] = useState(() => [
    ...pageItems(cluster),
    ...(cluster === null ? [] : clusterItems(cluster, snapshot)),
    ...otherClusterItems(clusters, cluster),
    ...ACTIONS,
  ]);
  const found = useMemo(() => search([...known, ...tables], query), [known, tables, query]);
  const at = Math.min(chosen, found.length - 1);

  const go = (item: PaletteItem | undefined) => {
    if (!item || planning.pending) return;
    // It stays open until the plan is there, and says where there is none.
    if (item.plan) return planning.run(item.plan, onClose);
    onClose();
    item.run?.();
    if (item.to !== undefined) void navigate(item.to);
  };
  const keys = (event: KeyboardEvent) => {
    const moves: Partial<Record<string, number>> = { ArrowDown: at + 1, ArrowUp: at - 1 };
    // In a text Home and End are the text's.
    if (query === '') Object.assign(moves, { Home: 0, End: found.length - 1 });
    const next = moves[event.key];
    if (event.key === 'Enter' && !event.nativeEvent.isComposing) {
      event.preventDefault();
      go(found[at]);
    } else if (next !== undefined && found.length > 0) {
      event.preventDefault();
      const to = (next + found.length) % found.length;
      setChosen(to);
      list.current?.querySelector(`[data-at="${to}"]`)?.scrollIntoView({ block: 'nearest' });
    }
  };

  return (
    <DialogFrame className="palette" label="Find or run" light onClose={onClose}>
      <div className="palette-input">
        <Icon of={Search} />
        <input
          className="bare-input"
          role="combobox"
          aria-expanded={found.length > 0}
          aria-autocomplete="list"
          aria-controls={`${id}-list`}
          aria-activedescendant={found.length > 0 ? `${id}-${at}` : undefined}
          aria-label="Find a page, a node, a link, a subscription, a table; or run something"
          placeholder="Node, link, subscription, table or page; or what to do: disable sub_n1n2"
          value={query}
          spellCheck={false}
          autoComplete="off"
          onKeyDown={keys}
          onChange={(event) => {
            setQuery(event.target.value);
            setChosen(0);
            planning.reset();
          }}
        />
      </div>
      {planning.fault && (
        <div className="palette-said">
          <Refusal of={planning.fault} />
        </div>
      )}
      <div
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label="Found"
        aria-busy={planning.pending}
        className="palette-list"
      >
        {groupsOf(found).map(({ group, items }) => (
          // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot stand in a listbox
          <div key={group} role="group" aria-labelledby={`${id}-${group}`}>
            <div id={`${id}-${group}`} className="palette-group">
              {group}
            </div>
            {items.map(({ item, index }) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are read at the input, which keeps the focus
              <div
                key={item.id}
                id={`${id}-${index}`}
                role="option"
                tabIndex={-1}
                data-at={index}
                aria-selected={index === at}
                className="palette-item"
                // The focus stays where one types.
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => go(item)}
                onPointerMove={() => index !== at && setChosen(index)}
              >
                {item.icon && <Icon of={item.icon} />}
                {item.state && <StateIcon of={item.state} />}
                <span className={`palette-text ${item.group === 'Tables' ? 'code' : ''}`}>
                  <ArrowText>{item.text}</ArrowText>
                </span>
                {item.note && (
                  <span className="palette-note">
                    <ArrowText>{item.note}</ArrowText>
                  </span>
                )}
                {index === at && <span className="palette-act">{actWord(item, planning.pending)}</span>}
              </div>
            ))}
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="palette-said">Nothing here matches “{query}”.</p>}
      <p className="sr-only" role="status">
        {query !== '' && `${plural(found.length, 'entry', 'entries')} found`}
      </p>
    </DialogFrame>
  );
}

/** What Enter does to it. */
function actWord(item: PaletteItem, planning: boolean): string {
  if (item.plan) return planning ? 'planning' : 'opens its plan';
  return item.to === undefined ? 'does it' : 'opens it';
}

interface Group {
  group: PaletteItem['group'];
  items: { item: PaletteItem; index: number }[];
}

/** The list as it is drawn: neighbours of one group under its head. */
function groupsOf(found: PaletteItem[]): Group[] {
  const groups: Group[] = [];
  for (const [index, item] of found.entries()) {
    const last = groups.at(-1);
    if (last?.group === item.group) last.items.push({ item, index });
    else groups.push({ group: item.group, items: [{ item, index }] });
  }
  return groups;
}

/** Tables are too many to hold: they are asked for by what was typed, from two letters on. */
function useTables(cluster: string | null, query: string): PaletteItem[] {
  const filter = query.trim();
  const { data } = useQuery({
    queryKey: ['palette-tables', cluster, filter],
    queryFn: ({ signal }) => api.tables.list({ cluster: cluster ?? '', filter, limit: 8 }, { signal }),
    enabled: cluster !== null && filter.length >= 2,
  });
  return useMemo(
    () =>
      (data?.items ?? []).map(({ schema, table }) => ({
        id: `table:${schema}.${table}`,
        group: 'Tables' as const,
        text: `${schema}.${table}`,
        to: paths.table(cluster ?? '', schema, table),
      })),
    [data, cluster],
  );
}
