/** Where each page stands. Nothing else in the page writes an address, so that a name with a slash or a space stays right. */
import type { Subject } from '#core/model/sentence.ts';

const e = encodeURIComponent;

/** What stands in an address in the places of a pattern, by name. */
export type PageParams = Readonly<Partial<Record<string, string>>>;

/** The address of a pattern of the router: `/clusters/:cluster/nodes`, its names put in. */
export const addressOf = (pattern: string, params: PageParams): string =>
  pattern.replace(/:(\w+)/g, (_, name: string) => e(params[name] ?? ''));

const at = (cluster: string, rest = ''): string => `/clusters/${e(cluster)}${rest}`;

export const paths = {
  clusters: '/clusters',
  deploy: '/deploy',
  newDeploy: '/deploy/servers/new',
  /** A deploy being prepared, at one of its steps; the third is its plan. */
  deployServers: (draft: string, step: 'nodes' | 'tables' = 'nodes') =>
    `/deploy/servers/${e(draft)}${step === 'nodes' ? '' : `?step=${step}`}`,
  activity: '/activity',
  settings: '/settings',
  signIn: '/sign-in',
  watchingRole: '/watching-role',
  overview: (cluster: string) => at(cluster),
  nodes: (cluster: string) => at(cluster, '/nodes'),
  node: (cluster: string, node: string) => at(cluster, `/nodes/${e(node)}`),
  subscriptions: (cluster: string) => at(cluster, '/subscriptions'),
  subscription: (cluster: string, receiver: string, name: string) =>
    at(cluster, `/subscriptions/${e(receiver)}/${e(name)}`),
  sets: (cluster: string) => at(cluster, '/sets'),
  table: (cluster: string, schema: string, table: string) =>
    at(cluster, `/sets?table=${e(`${schema}.${table}`)}`),
  lag: (cluster: string) => at(cluster, '/lag'),
  /** The lag page with one link chosen, written as the API writes it: `n1>n2`. */
  link: (cluster: string, provider: string, receiver: string) =>
    at(cluster, `/lag?link=${e(`${provider}>${receiver}`)}`),
  conflicts: (cluster: string) => at(cluster, '/conflicts'),
  exceptions: (cluster: string) => at(cluster, '/exceptions'),
  plan: (id: string) => `/plans/${e(id)}`,
  run: (id: string) => `/runs/${e(id)}`,
};

/** The page that says most about a subject; null when it names nothing that has a page. */
export function subjectPath(cluster: string, subject: Subject): string | null {
  const { schema, table, subscription, receiver, provider, node, set } = subject;
  if (table !== undefined) return paths.table(cluster, schema ?? 'public', table);
  if (subscription !== undefined && receiver !== undefined)
    return paths.subscription(cluster, receiver, subscription);
  if (provider !== undefined && receiver !== undefined) return paths.link(cluster, provider, receiver);
  if (set !== undefined) return paths.sets(cluster);
  const name = node ?? provider ?? receiver;
  return name === undefined ? null : paths.node(cluster, name);
}
