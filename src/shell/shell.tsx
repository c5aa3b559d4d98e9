/** The frame: rail, top bar, the page between. It keeps the one event stream of the tab open. */
import { useQuery } from '@tanstack/react-query';
import { Suspense, useEffect, useState } from 'react';
import { Outlet, useLocation, useNavigation } from 'react-router';
import { useLiveStream } from '#src/api/live-status.ts';
import { clustersQuery, consoleQuery, snapshotQuery } from '#src/api/queries.ts';
import { useSettled } from '#src/lib/use-settled.ts';
import { useSteady } from '#src/lib/use-steady.ts';
import { useCurrentCluster } from '#src/parts/current-cluster.ts';
import { HatchDefs } from '#src/ui/hatch.tsx';
import { lazyPart } from '#src/ui/lazy-part.tsx';
import { Brand } from './brand.tsx';
import { StaleStrip } from './freshness.tsx';
import { RailLinks } from './rail.tsx';
import { railMarks } from './rail-marks.ts';
import { StorageStrip } from './storage-strip.tsx';
import { TopBar } from './top-bar.tsx';

const Drawer = lazyPart(() => import('./drawer.tsx'));
const Overlays = lazyPart(() => import('./overlays.tsx'));
const Palette = lazyPart(() => import('./palette.tsx'));

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
  const [menu, setMenu] = useState(false);
  const settled = useSettled();
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
  useEffect(() => setMenu(false), [location.pathname]);

  const marks = useSteady(railMarks(snapshot));
  const links = <RailLinks cluster={shown} marks={marks} clusters={clusters?.length} version={version} />;
  return (
    <div className="app">
      <a className="skip-link" href="#page">
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
          onMenu={() => setMenu(true)}
          onPalette={() => setPalette(true)}
          onPaletteNear={Palette.load}
        />
        <div className="strips">
          {snapshot && <StaleStrip snapshot={snapshot} />}
          <StorageStrip />
        </div>
        <main id="page" className="page" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      {menu && (
        <Suspense>
          <Drawer onClose={() => setMenu(false)}>{links}</Drawer>
        </Suspense>
      )}
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
      {settled && (
        <Suspense>
          <Overlays />
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
        <header className="top-bar" />
        <main id="page" className="page" />
      </div>
    </div>
  );
}
