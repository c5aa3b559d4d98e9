/**
 * Every page of the console in the state in which it says most; screenshots and the check for clipped text go through them. The pages
 * are those of the page's own table, so that a new one is looked at too; what is told here is in which states.
 */
import { addressOf } from '#src/lib/paths.ts';
import { type Page, type PageId, pageList } from '#src/pages.ts';

export interface PageState {
  /** Also the name of its screenshot. */
  name: string;
  path: string;
  scenario: string;
}

/** What stands in the places of an address. */
const NAMES = { cluster: 'orders', node: 'n1', receiver: 'n3', name: 'sub_n3n1' };
const IDS: Partial<Record<PageId, string>> = { plan: 'plan-1', run: 'run-1', deployServers: 'draft-1' };

/** One state of a page: which scenario, and what of its address differs. A page that is not here is looked at once, behind. */
interface Look {
  name: string;
  scenario: string;
  params?: Record<string, string>;
  search?: string;
}

const LOOKS: Partial<Record<PageId, Look[]>> = {
  clusters: [
    { name: 'first-run', scenario: 'empty' },
    { name: 'clusters', scenario: 'behind' },
  ],
  overview: [
    { name: 'overview', scenario: 'behind' },
    { name: 'overview-healthy', scenario: 'healthy' },
    { name: 'overview-node-down', scenario: 'node-down' },
    { name: 'overview-64-nodes', scenario: '64-nodes' },
    { name: 'disk-full', scenario: 'disk-full' },
  ],
  nodes: [{ name: 'nodes', scenario: 'node-down' }],
  node: [
    { name: 'node', scenario: 'behind' },
    { name: 'node-down', scenario: 'node-down', params: { node: 'n3' } },
  ],
  subscriptions: [{ name: 'subscriptions', scenario: 'disabled' }],
  sets: [
    { name: 'replication-sets', scenario: 'sets-differ', search: '?table=public.shipments' },
    { name: 'replication-sets-hostile', scenario: 'hostile-names' },
  ],
  conflicts: [{ name: 'conflicts', scenario: 'conflicts' }],
  exceptions: [{ name: 'exceptions', scenario: 'exceptions' }],
  deployServers: [
    { name: 'deploy-nodes', scenario: 'deploy-prepared' },
    { name: 'deploy-tables', scenario: 'deploy-differs', search: '?step=tables' },
    { name: 'deploy-table', scenario: 'deploy-prepared', search: '?step=tables&table=public.accounts' },
  ],
  // It leads on to the deploy that it has begun.
  newDeploy: [],
  plan: [
    { name: 'plan', scenario: 'deploy-failed' },
    { name: 'deploy-review', scenario: 'deploy-planned' },
    { name: 'plan-know', scenario: 'plan-know' },
    { name: 'plan-give-up', scenario: 'plan-give-up' },
    { name: 'plan-rights', scenario: 'plan-rights' },
    { name: 'plan-used', scenario: 'deployed-servers' },
  ],
  run: [
    { name: 'run-failed', scenario: 'deploy-failed' },
    { name: 'deploy-waiting', scenario: 'deploy-waiting' },
    { name: 'deploy-copying', scenario: 'deploy-copying' },
    { name: 'deploy-stopped', scenario: 'deploy-stopped' },
    { name: 'rollback-refused', scenario: 'rollback-refused' },
    { name: 'rollback-left', scenario: 'rollback-left' },
    { name: 'copy-incomplete', scenario: 'copy-incomplete' },
    { name: 'deploy-proving', scenario: 'deploy-proving' },
    { name: 'proof-ended', scenario: 'proof-ended' },
    { name: 'given-up', scenario: 'given-up' },
    { name: 'deploy-receipt', scenario: 'deployed-servers' },
  ],
  signIn: [{ name: 'sign-in', scenario: 'unauthorised' }],
};

/** `watchingRole` as a screenshot is named: `watching-role`. */
const dashed = (id: string): string => id.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

function statesOf([id, page]: [PageId, Page]): PageState[] {
  const looks = LOOKS[id] ?? [{ name: dashed(id), scenario: 'behind' }];
  return looks.map(({ name, scenario, params, search = '' }) => ({
    name,
    scenario,
    path: addressOf(page.path, { ...NAMES, id: IDS[id] ?? '', ...params }) + search,
  }));
}

export const PAGES: PageState[] = pageList.flatMap(statesOf);

export const WIDTHS = [1440, 1024, 390] as const;
export const THEMES = ['light', 'dark'] as const;
