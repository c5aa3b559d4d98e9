/** Every page of the console in the state in which it says most; screenshots and the check for clipped text go through them. */
export interface PageState {
  /** Also the name of its screenshot. */
  name: string;
  path: string;
  scenario: string;
}

const cluster = '/clusters/orders';

export const PAGES: PageState[] = [
  { name: 'first-run', path: '/clusters', scenario: 'empty' },
  { name: 'clusters', path: '/clusters', scenario: 'behind' },
  { name: 'overview', path: cluster, scenario: 'behind' },
  { name: 'overview-healthy', path: cluster, scenario: 'healthy' },
  { name: 'overview-node-down', path: cluster, scenario: 'node-down' },
  { name: 'overview-64-nodes', path: cluster, scenario: '64-nodes' },
  { name: 'nodes', path: `${cluster}/nodes`, scenario: 'node-down' },
  { name: 'node', path: `${cluster}/nodes/n1`, scenario: 'behind' },
  { name: 'subscriptions', path: `${cluster}/subscriptions`, scenario: 'disabled' },
  { name: 'subscription', path: `${cluster}/subscriptions/n3/sub_n3n1`, scenario: 'behind' },
  { name: 'replication-sets', path: `${cluster}/sets?table=public.shipments`, scenario: 'sets-differ' },
  { name: 'replication-sets-hostile', path: `${cluster}/sets`, scenario: 'hostile-names' },
  { name: 'lag', path: `${cluster}/lag`, scenario: 'behind' },
  { name: 'conflicts', path: `${cluster}/conflicts`, scenario: 'conflicts' },
  { name: 'exceptions', path: `${cluster}/exceptions`, scenario: 'exceptions' },
  { name: 'plan', path: '/plans/plan-1', scenario: 'deploy-failed' },
  { name: 'run-failed', path: '/runs/run-1', scenario: 'deploy-failed' },
  { name: 'deploy-nodes', path: '/deploy/servers/draft-1', scenario: 'deploy-prepared' },
  { name: 'deploy-tables', path: '/deploy/servers/draft-1?step=tables', scenario: 'deploy-differs' },
  {
    name: 'deploy-table',
    path: '/deploy/servers/draft-1?step=tables&table=public.accounts',
    scenario: 'deploy-prepared',
  },
  { name: 'deploy-review', path: '/plans/plan-1', scenario: 'deploy-planned' },
  { name: 'deploy-waiting', path: '/runs/run-1', scenario: 'deploy-waiting' },
  { name: 'deploy-copying', path: '/runs/run-1', scenario: 'deploy-copying' },
  { name: 'deploy-stopped', path: '/runs/run-1', scenario: 'deploy-stopped' },
  { name: 'rollback-refused', path: '/runs/run-1', scenario: 'rollback-refused' },
  { name: 'deploy-receipt', path: '/runs/run-1', scenario: 'deployed-servers' },
  { name: 'watching-role', path: '/watching-role', scenario: 'behind' },
  { name: 'activity', path: '/activity', scenario: 'behind' },
  { name: 'deploy', path: '/deploy', scenario: 'behind' },
  { name: 'settings', path: '/settings', scenario: 'behind' },
];

export const WIDTHS = [1440, 1024, 390] as const;
export const THEMES = ['light', 'dark'] as const;
