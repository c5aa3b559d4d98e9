import { ChevronsUpDown, Menu as MenuIcon, Search } from 'lucide-react';
import { Link } from 'react-router';
import type { ClusterSummary } from '#core/contract/clusters.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { setZone, useZone } from '#src/lib/clock.ts';
import { paths } from '#src/lib/paths.ts';
import { Icon } from '#src/ui/icon.tsx';
import { Menu } from '#src/ui/menu.tsx';
import { StateIcon } from '#src/ui/state.tsx';
import { engineFacts } from './engine-facts.ts';
import { Freshness } from './freshness.tsx';

interface Props {
  cluster: string | null;
  clusters: ClusterSummary[] | undefined;
  snapshot: Snapshot | undefined;
  onMenu: () => void;
  onPalette: () => void;
}

export function TopBar({ cluster, clusters, snapshot, onMenu, onPalette }: Props) {
  return (
    <header className="bar">
      <button type="button" className="menu" aria-label="Menu" onClick={onMenu}>
        <Icon of={MenuIcon} size={16} />
      </button>
      <ClusterSwitch cluster={cluster} clusters={clusters} />
      {snapshot && <Versions snapshot={snapshot} />}
      <span className="sp" />
      <button
        type="button"
        className="in q1 find"
        onClick={onPalette}
        aria-haspopup="dialog"
        aria-keyshortcuts="Control+K Meta+K"
      >
        <Icon of={Search} />
        <span>Find or run</span>
        <span className="kbd">{isMac ? '⌘K' : 'Ctrl K'}</span>
      </button>
      <ZoneSwitch />
      {snapshot && <Freshness snapshot={snapshot} />}
    </header>
  );
}

const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

function ClusterSwitch({ cluster, clusters }: Pick<Props, 'cluster' | 'clusters'>) {
  if (cluster === null)
    return <span className="switch still">{clusters?.length === 0 ? 'No cluster yet' : ''}</span>;
  return (
    <Menu
      label="Cluster"
      buttonClass="switch"
      button={
        <>
          <span className="vh">Cluster </span>
          <span className="cut" title={cluster}>
            {cluster}
          </span>
          <Icon of={ChevronsUpDown} />
        </>
      }
    >
      {(close) => (
        <>
          {clusters?.map((item) => (
            <Link
              key={item.name}
              role="menuitem"
              to={paths.overview(item.name)}
              aria-current={item.name === cluster || undefined}
              onClick={close}
            >
              <StateIcon of={item.health} />
              {item.name}
              <span className="f menu-end">
                {item.nodesUp} of {item.nodes} up
              </span>
            </Link>
          ))}
          <hr />
          <Link role="menuitem" to={paths.clusters} onClick={close}>
            All clusters
          </Link>
        </>
      )}
    </Menu>
  );
}

function Versions({ snapshot }: { snapshot: Snapshot }) {
  const facts = engineFacts(snapshot.nodes);
  return (
    <span className="facts" title={facts.text}>
      {facts.standin && (
        <span
          className="chip plain"
          title="These nodes run Tricorder's own stand-in for Spock: for trying things out, never for production."
        >
          stand-in
        </span>
      )}
      {facts.text}
    </span>
  );
}

function ZoneSwitch() {
  const zone = useZone();
  const next = zone === 'utc' ? 'local' : 'utc';
  return (
    <button
      type="button"
      className="btn bare wide zone"
      aria-label={zone === 'utc' ? 'Times in UTC' : 'Times in local time'}
      title={`Show times in ${next === 'utc' ? 'UTC' : 'local time'}`}
      onClick={() => setZone(next)}
    >
      {zone === 'utc' ? 'UTC' : 'Local'}
    </button>
  );
}
