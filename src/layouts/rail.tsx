import {
  ArrowRightLeft,
  Boxes,
  ChartLine,
  Gauge,
  GitCompareArrows,
  History,
  type LucideIcon,
  Server,
  ServerCog,
  Settings2,
  Table2,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { Link, NavLink } from 'react-router';
import type { Snapshot } from '#core/model/snapshot.ts';
import { paths } from '#src/lib/paths.ts';
import { count } from '#src/lib/units.ts';
import { Icon } from '#src/ui/icon.tsx';
import { StateIcon } from '#src/ui/state.tsx';
import { useDeployShown } from './deploy-shown.ts';
import { type Mark, railMarks } from './rail-marks.ts';
import { ThemeSwitch } from './theme-switch.tsx';

export function Brand() {
  return (
    <div className="brand">
      <svg viewBox="0 0 18 18" aria-hidden="true">
        <path d="M9 3.5 3.5 14h11z" fill="none" stroke="var(--ink-3)" strokeWidth="1.25" />
        <rect x="6.5" y="1" width="5" height="5" fill="var(--accent)" />
        <rect x="1" y="11.5" width="5" height="5" fill="var(--ink)" />
        <rect x="12" y="11.5" width="5" height="5" fill="var(--ink)" />
      </svg>
      Tricorder
    </div>
  );
}

function RailLink({
  to,
  icon,
  children,
  mark,
  end = false,
  within = false,
}: {
  to: string;
  icon: LucideIcon;
  children: ReactNode;
  mark?: Mark;
  end?: boolean;
  /** The page on the screen belongs to it, though its address does not say so. */
  within?: boolean;
}) {
  const inside = (
    <>
      <Icon of={icon} size={16} />
      {children}
      {mark && (
        <span className={`n ${mark.tone ?? ''}`} title={mark.about}>
          {mark.tone && <StateIcon of={mark.tone === 'crit' ? 'critical' : 'warning'} size={12} />}
          {count(mark.count)}
          <span className="vh"> {mark.about}</span>
        </span>
      )}
    </>
  );
  if (within)
    return (
      <Link to={to} aria-current="true">
        {inside}
      </Link>
    );
  return (
    <NavLink to={to} end={end}>
      {inside}
    </NavLink>
  );
}

interface Props {
  cluster: string | null;
  snapshot: Snapshot | undefined;
  clusters: number | undefined;
  version: string | undefined;
}

/** All pages; the same in the rail and in the menu of a narrow window. */
export function RailLinks({ cluster, snapshot, clusters, version }: Props) {
  const marks = railMarks(snapshot);
  const deploying = useDeployShown();
  return (
    <>
      {cluster !== null && (
        <>
          <h2 title={cluster}>Cluster</h2>
          <RailLink to={paths.overview(cluster)} icon={Gauge} end>
            Overview
          </RailLink>
          <RailLink to={paths.nodes(cluster)} icon={Server} mark={marks.nodes}>
            Nodes
          </RailLink>
          <RailLink to={paths.subscriptions(cluster)} icon={ArrowRightLeft} mark={marks.subscriptions}>
            Subscriptions
          </RailLink>
          <RailLink to={paths.sets(cluster)} icon={Table2} mark={marks.sets}>
            Replication sets
          </RailLink>
          <RailLink to={paths.lag(cluster)} icon={ChartLine} mark={marks.lag}>
            Lag
          </RailLink>
          <RailLink to={paths.conflicts(cluster)} icon={GitCompareArrows} mark={marks.conflicts}>
            Conflicts
          </RailLink>
        </>
      )}
      <h2>Console</h2>
      <RailLink
        to={paths.clusters}
        icon={Boxes}
        mark={clusters === undefined ? undefined : { count: clusters, about: 'watched' }}
        end
      >
        Clusters
      </RailLink>
      <RailLink to={paths.deploy} icon={ServerCog} within={deploying}>
        Deploy
      </RailLink>
      <RailLink to={paths.activity} icon={History}>
        Activity
      </RailLink>
      <RailLink to={paths.settings} icon={Settings2}>
        Settings
      </RailLink>
      <div className="foot">
        <ThemeSwitch />
        <div>Tricorder{version && ` ${version}`}</div>
      </div>
    </>
  );
}
