/** Find or run: a list that follows what is typed. Arrows choose, Enter goes, Escape leaves. */
import { useQuery } from '@tanstack/react-query';
import { CornerDownLeft, Search } from 'lucide-react';
import {
  Fragment,
  type KeyboardEvent,
  useDeferredValue,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from 'react';
import { useNavigate } from 'react-router';
import type { ClusterSummary } from '#core/contract/clusters.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { api } from '#src/api/client.ts';
import { setZone } from '#src/lib/clock.ts';
import { paths } from '#src/lib/paths.ts';
import { setTheme } from '#src/lib/theme.ts';
import { Icon } from '#src/ui/icon.tsx';
import { ArrowText } from '#src/ui/link-name.tsx';
import { StateIcon } from '#src/ui/state.tsx';
import { clusterItems, consoleItems, type PaletteItem, search } from './palette-items.ts';

export interface PaletteProps {
  cluster: string | null;
  clusters: ClusterSummary[];
  snapshot: Snapshot | undefined;
  onClose: () => void;
}

const ACTIONS: PaletteItem[] = [
  { id: 'run:sandbox', group: 'Actions', text: 'Make a sandbox…', to: paths.clusters },
  { id: 'run:servers', group: 'Actions', text: 'Deploy on servers…', to: paths.newDeploy },
  { id: 'run:connect', group: 'Actions', text: 'Connect a cluster…', to: paths.clusters },
  { id: 'run:light', group: 'Actions', text: 'Use the light theme', run: () => setTheme('light') },
  { id: 'run:dark', group: 'Actions', text: 'Use the dark theme', run: () => setTheme('dark') },
  { id: 'run:system', group: 'Actions', text: "Use the system's theme", run: () => setTheme('system') },
  { id: 'run:utc', group: 'Actions', text: 'Show times in UTC', run: () => setZone('utc') },
  { id: 'run:local', group: 'Actions', text: 'Show times in local time', run: () => setZone('local') },
  {
    id: 'run:copy',
    group: 'Actions',
    text: 'Copy the address of this page',
    run: () => void navigator.clipboard.writeText(location.href),
  },
];

export default function Palette({ cluster, clusters, snapshot, onClose }: PaletteProps) {
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const navigate = useNavigate();
  const tables = useTables(cluster, useDeferredValue(query));

  useEffect(() => {
    if (!dialog.current?.open) dialog.current?.showModal();
  }, []);

  // What the snapshot names changes rarely; its numbers, each second. The list stands still while it is open.
  const [known] = useState(() => [
    ...(cluster === null ? [] : clusterItems(cluster, snapshot)),
    ...consoleItems(clusters, cluster),
    ...ACTIONS,
  ]);
  const found = useMemo(() => search([...known, ...tables], query), [known, tables, query]);
  const at = Math.min(chosen, found.length - 1);

  const go = (item: PaletteItem | undefined) => {
    if (!item) return;
    onClose();
    item.run?.();
    if (item.to !== undefined) navigate(item.to);
  };
  const keys = (event: KeyboardEvent) => {
    const moves: Partial<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: found.length - 1,
    };
    const next = moves[event.key];
    if (event.key === 'Enter') {
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
    <dialog
      ref={dialog}
      className="dlg palette"
      aria-label="Find or run"
      onClose={onClose}
      onKeyDown={keys}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="palette-in">
        <Icon of={Search} />
        <input
          className="bare-in"
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={found.length > 0 ? `${id}-${at}` : undefined}
          aria-label="Find a page, a node, a link, a subscription, a table; or run something"
          placeholder="Node, link, subscription, table, page or action"
          value={query}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setQuery(event.target.value);
            setChosen(0);
          }}
        />
      </div>
      <div ref={list} id={`${id}-list`} role="listbox" aria-label="Found" className="palette-list">
        {found.map((item, index) => (
          <Fragment key={item.id}>
            {item.group !== found[index - 1]?.group && <div className="palette-group">{item.group}</div>}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keys are read at the input, which keeps the focus */}
            <div
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              data-at={index}
              aria-selected={index === at}
              onClick={() => go(item)}
              onPointerMove={() => setChosen(index)}
            >
              {item.state && <StateIcon of={item.state} />}
              <span className={item.group === 'Tables' ? 'm' : undefined}>
                <ArrowText>{item.text}</ArrowText>
              </span>
              {item.note && <span className="f cut">{item.note}</span>}
              {index === at && (
                <span className="f end">
                  <Icon of={CornerDownLeft} size={12} />
                </span>
              )}
            </div>
          </Fragment>
        ))}
        {found.length === 0 && <p className="quiet f">Nothing here is called “{query}”.</p>}
      </div>
    </dialog>
  );
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
