import { ChevronsUpDown, Menu as MenuIcon, Search } from 'lucide-react';
import { memo } from 'react';
import { Link } from 'react-router';
import type { ClusterSummary } from '#core/contract/clusters.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { paths } from '#src/lib/paths.ts';
import { engineFacts } from '#src/parts/engine-facts.ts';
import { Icon } from '#src/ui/icon.tsx';
import { Menu } from '#src/ui/menu.tsx';
import { StateIcon } from '#src/ui/state.tsx';
import { tip, tipInside } from '#src/ui/tooltip.ts';
import { Freshness } from './freshness.tsx';
import { ZoneSwitch } from './zone-switch.tsx';

interface Props {
  cluster: string | null;
  clusters: ClusterSummary[] | undefined;
  snapshot: Snapshot | undefined;
  onMenu: () => void;
  onPalette: () => void;
  /** The button of the palette is pointed at. */
  onPaletteNear: () => void;
}

export function TopBar({ cluster, clusters, snapshot, onMenu, onPalette, onPaletteNear }: Props) {
  return (
    <header className="top-bar">
      <button type="button" className="menu" aria-label="Menu" onClick={onMenu}>
        <Icon of={MenuIcon} size={16} />
      </button>
      <ClusterSwitch cluster={cluster} clusters={clusters} />
      {snapshot && <Versions snapshot={snapshot} />}
      <span className="push-right" />
      <button
        type="button"
        className="input subtle find"
        onClick={onPalette}
        onPointerEnter={onPaletteNear}
        onFocus={onPaletteNear}
        aria-haspopup="dialog"
        aria-keyshortcuts="Control+K Meta+K"
      >
        <Icon of={Search} />
        <span>Find or run</span> <span className="keyboard-key">{PALETTE_KEYS}</span>
      </button>
      <ZoneSwitch className="wide" />
      {snapshot && <Freshness snapshot={snapshot} />}
    </header>
  );
}

const PALETTE_KEYS = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K';

const ClusterSwitch = memo(function ClusterSwitch({
  cluster,
  clusters,
}: Pick<Props, 'cluster' | 'clusters'>) {
  if (cluster === null)
    return <span className="switch still">{clusters?.length === 0 ? 'No cluster yet' : ''}</span>;
  return (
    <Menu
      label="Cluster"
      buttonClass="switch"
      button={
        <>
          <span className="sr-only">Cluster </span>
          <span className="cut-off" {...tipInside(cluster)}>
            {cluster}
          </span>
          <Icon of={ChevronsUpDown} />
        </>
      }
      items={[
        ...(clusters ?? []).map((item) => ({
          key: item.name,
          current: item.name === cluster,
          link: <Link to={paths.overview(item.name)} />,
          label: (
            <>
              <StateIcon of={item.health} />
              {item.name}
              <span className="faint menu-end">
                {item.nodesUp} of {item.nodes} up
              </span>
            </>
          ),
        })),
        { key: '', ruled: true, link: <Link to={paths.clusters} />, label: 'All clusters' },
      ]}
    />
  );
});

function Versions({ snapshot }: { snapshot: Snapshot }) {
  const facts = engineFacts(snapshot.engine, snapshot.nodes);
  return (
    <span className="facts" {...tip(facts.text)}>
      {facts.standin && (
        <span
          className="chip plain"
          {...tipInside(
            "These nodes run Tricorder's own stand-in for Spock: for trying things out, never for production.",
          )}
        >
          stand-in
        </span>
      )}
      {facts.text}
    </span>
  );
}
