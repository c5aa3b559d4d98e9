/** The one route table, lazy by page. A page exports `Component` and, where it has something to fetch, `loader`. */
import { isCancelledError } from '@tanstack/react-query';
import { createBrowserRouter, type LoaderFunctionArgs, type RouteObject, redirect } from 'react-router';
import { isUnauthorized } from './api/errors.ts';
import { clusterQuery, clustersQuery, pollsQuery, snapshotQuery } from './api/queries.ts';
import { queryClient } from './api/query-client.ts';
import { rememberedCluster } from './layouts/current-cluster.ts';
import { NotFound, PageError } from './layouts/page-error.tsx';
import { Shell, ShellSkeleton } from './layouts/shell.tsx';
import { paths } from './lib/paths.ts';

type PageModule = Pick<RouteObject, 'Component' | 'loader'>;

function page(path: string, load: () => Promise<PageModule>): RouteObject {
  return {
    path,
    lazy: async () => {
      const { Component, loader } = await load();
      return loader ? { Component, loader: guarded(loader) } : { Component };
    },
    ErrorBoundary: PageError,
  };
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

const clusterPages: RouteObject[] = [
  {
    ...page('', () => import('./features/overview/overview-page.tsx')),
    path: undefined,
    index: true,
  } as RouteObject,
  page('nodes', () => import('./features/nodes/nodes-page.tsx')),
  page('nodes/:node', () => import('./features/nodes/node-page.tsx')),
  page('subscriptions', () => import('./features/subscriptions/subscriptions-page.tsx')),
  page('subscriptions/:receiver/:name', () => import('./features/subscriptions/subscription-page.tsx')),
  page('sets', () => import('./features/sets/sets-page.tsx')),
  page('lag', () => import('./features/lag/lag-page.tsx')),
  page('conflicts', () => import('./features/conflicts/conflicts-page.tsx')),
  page('exceptions', () => import('./features/conflicts/exceptions-page.tsx')),
];

const routes: RouteObject[] = [
  {
    ...page(paths.signIn, async () => ({ Component: (await import('./layouts/sign-in.tsx')).SignIn })),
    HydrateFallback: () => null,
  },
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
      page('clusters', () => import('./features/clusters/clusters-page.tsx')),
      {
        path: 'clusters/:cluster',
        loader: guarded(loadCluster),
        shouldRevalidate: ({ currentParams, nextParams }) => currentParams.cluster !== nextParams.cluster,
        ErrorBoundary: PageError,
        children: clusterPages,
      },
      page('deploy', () => import('./features/plans/deploy-page.tsx')),
      page('deploy/servers/new', () => import('./features/deploy/new-page.tsx')),
      page('deploy/servers/:id', () => import('./features/deploy/wizard-page.tsx')),
      page('plans/:id', () => import('./features/plans/plan-page.tsx')),
      page('runs/:id', () => import('./features/plans/run-page.tsx')),
      page('activity', () => import('./features/activity/activity-page.tsx')),
      page('settings', () => import('./features/settings/settings-page.tsx')),
      page('watching-role', () => import('./features/watching/watching-page.tsx')),
      { path: '*', Component: NotFound },
    ],
  },
];

export const createRouter = () => createBrowserRouter(routes);
