/** What conflicts and exceptions share: two tabs, the choice of node and of time, and nodes that could not be asked. */
import { Link } from 'react-router';
import type { Snapshot } from '#core/model/snapshot.ts';
import { useSnapshot } from '#src/api/hooks.ts';
import { paths } from '#src/lib/paths.ts';
import { safeName } from '#src/lib/safe-name.ts';
import type { SetSearch } from '#src/parts/search-state.ts';
import { Button } from '#src/ui/button.tsx';
import { Notice } from '#src/ui/notice.tsx';
import { TrimForm } from './trim-form.tsx';

export const SINCE = [
  { value: '1h', label: '1 h', seconds: 3600 },
  { value: '24h', label: '24 h', seconds: 86_400 },
  { value: '7d', label: '7 d', seconds: 7 * 86_400 },
  { value: 'all', label: 'all time', seconds: null },
] as const;
export type Since = (typeof SINCE)[number];

export const sinceOf = (search: URLSearchParams): Since =>
  SINCE.find((one) => one.value === search.get('since')) ?? SINCE[1];

/** The beginning of the stretch, to the minute: a query that asks from another second each time is never cached. */
export function sinceInstant(since: Since, now: number): string | undefined {
  if (since.seconds === null) return undefined;
  return new Date(Math.floor(now / 60_000) * 60_000 - since.seconds * 1000).toISOString();
}

const nodeNames = (snapshot: Snapshot): string[] => snapshot.nodes.map((node) => node.name);

export function InboxTools({
  cluster,
  page,
  search,
  onSet,
}: {
  cluster: string;
  page: 'conflicts' | 'exceptions';
  search: URLSearchParams;
  onSet: SetSearch;
}) {
  const nodes = useSnapshot(nodeNames);
  const tabs = [
    { page: 'conflicts', label: 'Conflicts', to: paths.conflicts(cluster) },
    { page: 'exceptions', label: 'Exceptions', to: paths.exceptions(cluster) },
  ];
  const trims = search.get('do') === 'trim';
  return (
    <>
      <div className="tools p-3 px-4">
        <nav className="segmented" aria-label="Inbox">
          {tabs.map((tab) => (
            <Link key={tab.page} to={tab.to} aria-current={tab.page === page ? 'page' : undefined}>
              {tab.label}
            </Link>
          ))}
        </nav>
        <label className="pick">
          <span className="sr-only">Node</span>
          <select
            value={search.get('node') ?? ''}
            onChange={(event) => onSet({ node: event.target.value || null })}
          >
            <option value="">Any node</option>
            {nodes.map((node) => (
              <option key={node} value={node}>
                {safeName(node)}
              </option>
            ))}
          </select>
        </label>
        <label className="pick">
          <span className="sr-only">Since</span>
          <select
            value={sinceOf(search).value}
            onChange={(event) => onSet({ since: event.target.value === '24h' ? null : event.target.value })}
          >
            {SINCE.map((one) => (
              <option key={one.value} value={one.value}>
                {one.label}
              </option>
            ))}
          </select>
        </label>
        <Button
          size="sm"
          look="bare"
          aria-expanded={trims}
          onClick={() => onSet({ do: trims ? null : 'trim' })}
        >
          Remove old records…
        </Button>
      </div>
      {trims && <TrimForm records={page} node={search.get('node')} onClose={() => onSet({ do: null })} />}
    </>
  );
}

/** Their rows are not in the list, so it must not look complete. */
export function Missing({ nodes }: { nodes: { node: string; reason: string }[] }) {
  return nodes.map(({ node, reason }) => (
    <Notice key={node} state="unknown" title={`What ${safeName(node)} recorded is not here`}>
      {reason}
    </Notice>
  ));
}
