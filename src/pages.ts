/**
 * Every page of the console, once: its address, what it is called, its icon, its place in the rail, the words by which the palette
 * finds it, and its file. Routes, rail, palette, the title of the browser's tab and the list of pages that is tested are made from it.
 * A page exports `Component` and, where it has something to fetch, `loader`.
 */
import {
  ArrowRightLeft,
  Boxes,
  ChartLine,
  ClipboardList,
  Eye,
  Gauge,
  GitCompareArrows,
  History,
  Inbox,
  LogIn,
  type LucideIcon,
  Play,
  Server,
  ServerCog,
  Settings2,
  Table2,
} from 'lucide-react';
import type { RouteObject } from 'react-router';
import type { Plan, Run } from '#core/model/plan.ts';
import { shownText } from '#core/model/shown-text.ts';
import { planQuery, runQuery } from './api/queries.ts';
import type { PageParams } from './lib/paths.ts';
import { safeName } from './lib/safe-name.ts';

export type PageModule = Pick<RouteObject, 'Component' | 'loader'>;

export interface Page {
  /** The whole pattern of its address. Those under `/clusters/:cluster` get the cluster's snapshot fetched before. */
  path: string;
  /** What it is called, wherever it is named. */
  title: string;
  icon: LucideIcon;
  /** Under which head of the rail it stands; without one it is reached from other pages only. Their order is that of this table. */
  rail?: 'cluster' | 'console';
  /** The page whose entry of the rail is marked as the one that is open. */
  within?: string;
  /** What else people call it: the palette finds it by these words too. */
  words: string;
  /** The title of the browser's tab, of a page about one thing; else it is `title`. The cluster's name is put after it. */
  tab?: (params: PageParams, known: unknown) => string;
  /** What `tab` gets as `known` as soon as the page has fetched it. */
  tabQuery?: (params: PageParams) => { queryKey: readonly unknown[] };
  load: () => Promise<PageModule>;
}

const name = (value: string | undefined): string => safeName(value ?? '');

export const pages = {
  overview: {
    path: '/clusters/:cluster',
    title: 'Overview',
    icon: Gauge,
    rail: 'cluster',
    words: 'home health dashboard topology matrix findings events',
    load: () => import('./features/overview/overview-page.tsx'),
  },
  nodes: {
    path: '/clusters/:cluster/nodes',
    title: 'Nodes',
    icon: Server,
    rail: 'cluster',
    words: 'servers hosts machines',
    load: () => import('./features/nodes/nodes-page.tsx'),
  },
  node: {
    path: '/clusters/:cluster/nodes/:node',
    title: 'Node',
    icon: Server,
    words: 'server host machine',
    tab: ({ node }) => name(node),
    load: () => import('./features/nodes/node-page.tsx'),
  },
  subscriptions: {
    path: '/clusters/:cluster/subscriptions',
    title: 'Subscriptions',
    icon: ArrowRightLeft,
    rail: 'cluster',
    words: 'links replication apply workers slots',
    load: () => import('./features/subscriptions/subscriptions-page.tsx'),
  },
  subscription: {
    path: '/clusters/:cluster/subscriptions/:receiver/:name',
    title: 'Subscription',
    icon: ArrowRightLeft,
    words: 'link apply worker slot',
    tab: (params) => `${name(params.name)} on ${name(params.receiver)}`,
    load: () => import('./features/subscriptions/subscription-page.tsx'),
  },
  sets: {
    path: '/clusters/:cluster/sets',
    title: 'Replication sets',
    icon: Table2,
    rail: 'cluster',
    words: 'tables schema repset columns filters sequences',
    load: () => import('./features/sets/sets-page.tsx'),
  },
  lag: {
    path: '/clusters/:cluster/lag',
    title: 'Lag',
    icon: ChartLine,
    rail: 'cluster',
    words: 'delay behind history chart WAL held',
    load: () => import('./features/lag/lag-page.tsx'),
  },
  conflicts: {
    path: '/clusters/:cluster/conflicts',
    title: 'Conflicts',
    icon: GitCompareArrows,
    rail: 'cluster',
    words: 'resolutions last update wins inbox clocks',
    load: () => import('./features/conflicts/conflicts-page.tsx'),
  },
  exceptions: {
    path: '/clusters/:cluster/exceptions',
    title: 'Exceptions',
    icon: Inbox,
    within: 'conflicts',
    words: 'discarded transactions failed apply errors inbox',
    load: () => import('./features/conflicts/exceptions-page.tsx'),
  },
  schema: {
    path: '/clusters/:cluster/schema',
    title: 'Schema',
    icon: ClipboardList,
    rail: 'cluster',
    words: 'DDL tables columns alter',
    load: () => import('./features/schema/schema-page.tsx'),
  },
  clusters: {
    path: '/clusters',
    title: 'Clusters',
    icon: Boxes,
    rail: 'console',
    words: 'list connect add sandbox',
    load: () => import('./features/clusters/clusters-page.tsx'),
  },
  deploy: {
    path: '/deploy',
    title: 'Deploy',
    icon: ServerCog,
    rail: 'console',
    words: 'runs new cluster sandbox create',
    load: () => import('./features/deploy/deploy-page.tsx'),
  },
  newDeploy: {
    path: '/deploy/servers/new',
    title: 'Deploy on servers',
    icon: ServerCog,
    words: 'new cluster wizard',
    load: () => import('./features/deploy/new-page.tsx'),
  },
  deployServers: {
    path: '/deploy/servers/:id',
    title: 'Deploy on servers',
    icon: ServerCog,
    words: 'wizard nodes tables',
    load: () => import('./features/deploy/wizard-page.tsx'),
  },
  plan: {
    path: '/plans/:id',
    title: 'Plan',
    icon: ClipboardList,
    words: 'steps preflight statements',
    tab: (_, plan) => shownText((plan as Plan | undefined)?.title ?? 'Plan'),
    tabQuery: ({ id }) => planQuery(id ?? ''),
    load: () => import('./features/plans/plan-page.tsx'),
  },
  run: {
    path: '/runs/:id',
    title: 'Run',
    icon: Play,
    words: 'steps progress rollback',
    tab: (_, known) => {
      const run = known as Run | undefined;
      return run === undefined ? 'Run' : `${shownText(run.title)}: ${run.state}`;
    },
    tabQuery: ({ id }) => runQuery(id ?? ''),
    load: () => import('./features/plans/run-page.tsx'),
  },
  activity: {
    path: '/activity',
    title: 'Activity',
    icon: History,
    rail: 'console',
    words: 'events log what happened history audit',
    load: () => import('./features/activity/activity-page.tsx'),
  },
  settings: {
    path: '/settings',
    title: 'Settings',
    icon: Settings2,
    rail: 'console',
    words: 'thresholds addresses passwords browsers sign out theme time zone',
    load: () => import('./features/settings/settings-page.tsx'),
  },
  watchingRole: {
    path: '/watching-role',
    title: 'A role that can only watch',
    icon: Eye,
    words: 'watching role grants privileges monitoring user',
    load: () => import('./features/watching/watching-page.tsx'),
  },
  signIn: {
    path: '/sign-in',
    title: 'Sign in',
    icon: LogIn,
    words: 'token link login',
    load: async () => ({ Component: (await import('./shell/sign-in.tsx')).SignIn }),
  },
} satisfies Record<string, Page>;

export type PageId = keyof typeof pages;

/** Every page with its name, in the order of the table. */
export const pageList: [PageId, Page][] = Object.entries(pages) as [PageId, Page][];

const IN_CLUSTER = '/clusters/:cluster';
export const isOfCluster = ({ path }: Pick<Page, 'path'>): boolean =>
  path === IN_CLUSTER || path.startsWith(`${IN_CLUSTER}/`);

/** Whether an address says nothing but the cluster: such a page can be led to from anywhere. */
export const isAlone = ({ path }: Pick<Page, 'path'>): boolean => !path.replace(IN_CLUSTER, '').includes(':');

/** `Nodes · orders · Tricorder`; `known` as `tabQuery` fetched it. */
export function tabTitle(page: Page, params: PageParams, known: unknown): string {
  const title = page.tab?.(params, known) ?? page.title;
  return [title, ...(params.cluster === undefined ? [] : [name(params.cluster)]), 'Tricorder'].join(' · ');
}
