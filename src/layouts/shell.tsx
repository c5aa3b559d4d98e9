/** The frame: rail, top bar, the page between. It keeps the one event stream of the tab open. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { Outlet, useLocation, useNavigation } from 'react-router';
import { useLiveStream } from '#src/api/live-status.ts';
import { clustersQuery, consoleQuery, snapshotQuery } from '#src/api/queries.ts';
import { HatchDefs } from '#src/ui/hatch.tsx';
import { useCurrentCluster } from './current-cluster.ts';
import { StaleStrip } from './freshness.tsx';
import { Brand, RailLinks } from './rail.tsx';
import { TopBar } from './top-bar.tsx';

const Palette = lazy(() => import('./palette.tsx'));

export function Shell() {
  const cluster = useCurrentCluster();
  useLiveStream(cluster);
  const clusters = useQuery({ ...clustersQuery(), refetchInterval: 10_000 }).data?.items;
  const version = useQuery(consoleQuery()).data?.version;
  const { data: snapshot, isError } = useQuery({
    ...snapshotQuery(cluster ?? ''),
    enabled: cluster !== null,
  });
  // An address that names no cluster has no pages to lead to; the page itself says what is wrong.
  const shown = isError && snapshot === undefined ? null : cluster;
  const [palette, setPalette] = useState(false);
  const menu = useRef<HTMLDialogElement>(null);
  const location = useLocation();
  const navigation = useNavigation();

  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (
        event.key.toLowerCase() !== 'k' ||
        !(event.metaKey || event.ctrlKey) ||
        event.shiftKey ||
        event.altKey
      )
        return;
      event.preventDefault();
      setPalette((open) => !open);
    };
    addEventListener('keydown', keys);
    return () => removeEventListener('keydown', keys);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when the page has changed
  useEffect(() => menu.current?.close(), [location.pathname]);

  const links = (
    <RailLinks cluster={shown} snapshot={snapshot} clusters={clusters?.length} version={version} />
  );
  return (
    <div className="app">
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <HatchDefs />
      <nav className="rail" aria-label="Main">
        <Brand />
        {links}
      </nav>
      <div className="main" aria-busy={navigation.state !== 'idle' || undefined}>
        <TopBar
          cluster={shown}
          clusters={clusters}
          snapshot={snapshot}
          onMenu={() => menu.current?.showModal()}
          onPalette={() => setPalette(true)}
        />
        {snapshot && <StaleStrip snapshot={snapshot} />}
        <main id="page" className="page" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <dialog
        ref={menu}
        className="drawer"
        aria-label="Menu"
        onClick={(event) => event.target === menu.current && menu.current?.close()}
        onKeyDown={(event) => event.key === 'Escape' && menu.current?.close()}
      >
        <nav className="rail" aria-label="Main">
          <Brand />
          {links}
        </nav>
      </dialog>
      {palette && (
        <Suspense>
          <Palette
            cluster={cluster}
            clusters={clusters ?? []}
            snapshot={snapshot}
            onClose={() => setPalette(false)}
          />
        </Suspense>
      )}
    </div>
  );
}

/** What stands there before the first answer: the frame, still. */
export function ShellSkeleton() {
  return (
    <div className="app">
      <nav className="rail" aria-label="Main">
        <Brand />
      </nav>
      <div className="main" aria-busy="true">
        <header className="bar" />
        <main id="page" className="page" />
      </div>
    </div>
  );
}
