import { memo } from 'react';
import { Link, NavLink, type UIMatch, useMatches } from 'react-router';
import { addressOf } from '#src/lib/paths.ts';
import { count } from '#src/lib/units.ts';
import { type Page, type PageId, pageList } from '#src/pages.ts';
import { useDeployShown } from '#src/parts/deploy-shown.ts';
import { ThemeSwitch } from '#src/parts/theme-switch.tsx';
import { Icon } from '#src/ui/icon.tsx';
import { StateIcon } from '#src/ui/state.tsx';
import { tip, tipInside } from '#src/ui/tooltip.ts';
import type { Mark, RailMarks } from './rail-marks.ts';
import { ZoneSwitch } from './zone-switch.tsx';

function RailLink({
  to,
  page: { icon, title },
  mark,
  end = false,
  within = false,
}: {
  to: string;
  page: Page;
  mark?: Mark;
  end?: boolean;
  /** The page on the screen belongs to it, though its address does not say so. */
  within?: boolean;
}) {
  const inside = (
    <>
      <Icon of={icon} size={16} />
      {title}
      {mark && (
        <span className={`count ${mark.tone ?? ''}`} {...tipInside(mark.about)}>
          {mark.tone && <StateIcon of={mark.tone === 'crit' ? 'critical' : 'warning'} size={12} />}
          {count(mark.count)}
          <span className="sr-only"> {mark.about}</span>
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
  /** By page, of the cluster. */
  marks: RailMarks;
  clusters: number | undefined;
  version: string | undefined;
}

const entries = (section: Page['rail']) => pageList.filter(([, page]) => page.rail === section);

/** The entry of the rail to which the page of a match belongs, though its address does not say so. */
const withinOf = ({ handle }: UIMatch): string | undefined => (handle as Page | undefined)?.within;

/** All pages that have a place in it; the same in the rail and in the menu of a narrow window. */
export const RailLinks = memo(function RailLinks({ cluster, marks: own, clusters, version }: Props) {
  const marks: Partial<Record<PageId, Mark>> = {
    ...own,
    ...(clusters !== undefined && { clusters: { count: clusters, about: 'watched' } }),
  };
  const deploying = useDeployShown();
  const open = [...useMatches().map(withinOf), deploying ? 'deploy' : undefined];
  return (
    <>
      {cluster !== null && (
        <>
          <h2 {...tip(cluster)}>Cluster</h2>
          {entries('cluster').map(([id, page]) => (
            <RailLink
              key={id}
              to={addressOf(page.path, { cluster })}
              page={page}
              mark={marks[id]}
              end={id === 'overview'}
              within={open.includes(id)}
            />
          ))}
        </>
      )}
      <h2>Console</h2>
      {entries('console').map(([id, page]) => (
        <RailLink
          key={id}
          to={page.path}
          page={page}
          mark={marks[id]}
          end={id === 'clusters'}
          within={open.includes(id)}
        />
      ))}
      <div className="foot">
        <div className="foot-line">
          <ThemeSwitch />
          <ZoneSwitch className="narrow-only" />
        </div>
        <div>Tricorder{version && ` ${version}`}</div>
      </div>
    </>
  );
});
