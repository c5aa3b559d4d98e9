/** The routes, made from the table of pages. */
import { isCancelledError } from '@tanstack/react-query';
import { createBrowserRouter, type LoaderFunctionArgs, type RouteObject, redirect } from 'react-router';
import { isUnauthorized } from './api/errors.ts';
import { clusterQuery, clustersQuery, pollsQuery, snapshotQuery } from './api/queries.ts';
import { queryClient } from './api/query-client.ts';
import { part } from './lib/part.ts';
import { paths } from './lib/paths.ts';
import { isOfCluster, type Page, pageList, pages } from './pages.ts';
import { rememberedCluster } from './parts/current-cluster.ts';
import { NotFound, PageError, PageFault } from './shell/page-error.tsx';
import { PageTitle } from './shell/page-title.tsx';
import { Shell, ShellSkeleton } from './shell/shell.tsx';

/** A page as a route: lazy, its loader guarded, with an error boundary of its own and the title of the tab. */
function routeOf(page: Page): RouteObject {
  const loaded = part(page.load, wantedHref);
  return {
    path: page.path,
    handle: page,
    lazy: async () => {
      try {
        const { Component, loader } = await loaded();
        const titled = Component
          ? () => (
              <>
                <PageTitle page={page} />
                <Component />
              </>
            )
          : undefined;
        return loader ? { Component: titled, loader: guarded(loader) } : { Component: titled };
      } catch (error) {
        // A route whose `lazy` throws is drawn as one that is still on its way, error boundary or not.
        return { Component: () => <PageFault error={error} /> };
      }
    },
    ErrorBoundary: PageError,
  };
}

/** Where a navigation leads that is under way; else where the page is. */
function wantedHref(): string {
  const to = router?.state.navigation.location;
  return to === undefined ? location.href : `${to.pathname}${to.search}${to.hash}`;
}

/** A loader whose 401 leads to sign-in. */
function guarded(loader: NonNullable<RouteObject['loader']>): NonNullable<RouteObject['loader']> {
  if (typeof loader !== 'function') return loader;
  return async (args: LoaderFunctionArgs, context?: unknown) => {
    try {
      return await loader(args, context);
    } catch (error) {
      // Its query was cancelled because the last page that read it went away: nothing has failed.
      if (isCancelledError(error)) return await loader(args, context);
      throw isUnauthorized(error) ? redirect(paths.signIn) : error;
    }
  };
}

/** Fetches what every page of a cluster reads. The polls are only begun: no page waits for them. */
async function loadCluster({ params }: LoaderFunctionArgs) {
  const cluster = params.cluster ?? '';
  void queryClient.prefetchQuery(pollsQuery(cluster));
  await Promise.all([
    queryClient.ensureQueryData(snapshotQuery(cluster)),
    queryClient.ensureQueryData(clusterQuery(cluster)),
  ]);
  return null;
}

/** `/` leads to the cluster that was looked at last, to the only one, or to the list. */
async function loadHome() {
  const { items } = await queryClient.fetchQuery(clustersQuery());
  const last = rememberedCluster();
  const cluster = items.find((item) => item.name === last) ?? (items.length === 1 ? items[0] : undefined);
  throw redirect(cluster ? paths.overview(cluster.name) : paths.clusters);
}

const ofCluster = pageList.filter(([, page]) => isOfCluster(page)).map(([, page]) => routeOf(page));
const others = pageList
  .filter(([id, page]) => id !== 'signIn' && !isOfCluster(page))
  .map(([, page]) => routeOf(page));

export const routes: RouteObject[] = [
  { ...routeOf(pages.signIn), HydrateFallback: () => null },
  {
    path: '/',
    Component: Shell,
    HydrateFallback: ShellSkeleton,
    ErrorBoundary: PageError,
    children: [
      {
        index: true,
        loader: guarded(loadHome),
        Component: () => null,
        HydrateFallback: () => null,
        ErrorBoundary: PageError,
      },
      {
        path: 'clusters/:cluster',
        loader: guarded(loadCluster),
        shouldRevalidate: ({ currentParams, nextParams }) => currentParams.cluster !== nextParams.cluster,
        ErrorBoundary: PageError,
        children: ofCluster,
      },
      ...others,
      { path: '*', Component: NotFound },
    ],
  },
];

let router: ReturnType<typeof createBrowserRouter> | undefined;

export function createRouter() {
  router = createBrowserRouter(routes);
  return router;
}
