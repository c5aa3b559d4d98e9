/** What the palette can find or run, and how well each fits what was typed. Pure. */
import type { LucideIcon } from 'lucide-react';
import type { ClusterSummary } from '#core/contract/clusters.ts';
import type { Finding } from '#core/model/finding.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { shownText } from '#core/model/shown-text.ts';
import type { LinkSnapshot, Snapshot, SubscriptionSnapshot } from '#core/model/snapshot.ts';
import { shownState, shownSubscription } from '#src/lib/link-state.ts';
import { addressOf, paths } from '#src/lib/paths.ts';
import { planButton } from '#src/lib/plan-words.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { isAlone, isOfCluster, pageList } from '#src/pages.ts';
import type { StateName } from '#src/ui/state.tsx';

export interface PaletteItem {
  id: string;
  group: 'Pages' | 'Nodes' | 'Links' | 'Subscriptions' | 'Tables' | 'Clusters' | 'Do';
  text: string;
  /** Said fainter beside it. */
  note?: string;
  /** What else it is called: it is found by these words, which are not shown. */
  words?: string;
  icon?: LucideIcon;
  state?: StateName;
  /** Where it leads. */
  to?: string;
  /** A change: its plan is made and opened. */
  plan?: PlanRequest;
  run?: () => void;
}

const OPEN = 'open show go to';

/** The pages that need no more than a cluster, by their titles and words. */
export function pageItems(cluster: string | null): PaletteItem[] {
  return pageList.flatMap(([id, page]): PaletteItem[] => {
    const ofCluster = isOfCluster(page);
    if (id === 'signIn' || !isAlone(page) || (ofCluster && cluster === null)) return [];
    return [
      {
        id: `page:${id}`,
        group: 'Pages',
        text: page.title,
        note: ofCluster ? safeName(cluster ?? '') : 'console',
        words: `${OPEN} ${page.words}`,
        icon: page.icon,
        to: addressOf(page.path, { cluster: cluster ?? '' }),
      },
    ];
  });
}

/** What stands in a cluster, and what can be done to it. */
export function clusterItems(cluster: string, snapshot: Snapshot | undefined): PaletteItem[] {
  if (!snapshot) return [];
  const nodes = snapshot.nodes.map(
    (node): PaletteItem => ({
      id: `node:${node.name}`,
      group: 'Nodes',
      text: safeName(node.name),
      note: shownText(node.address),
      words: `${OPEN} node server`,
      state: node.state,
      to: paths.node(cluster, node.name),
    }),
  );
  const links = snapshot.links.map(
    (link): PaletteItem => ({
      id: `link:${link.provider}>${link.receiver}`,
      group: 'Links',
      text: `${safeName(link.provider)} → ${safeName(link.receiver)}`,
      words: `${OPEN} link lag`,
      state: shownState(link),
      to: paths.link(cluster, link.provider, link.receiver),
    }),
  );
  const readOnly = snapshot.nodes.flatMap((node): PaletteItem[] => {
    if (node.readOnly === null || node.state !== 'up') return [];
    const plan = { kind: 'node-read-only', cluster, node: node.name, readOnly: !node.readOnly } as const;
    return [
      {
        id: `node-read-only:${node.name}`,
        group: 'Do',
        text: planButton(plan),
        note: `on ${safeName(node.name)}`,
        words: 'node read-only writes applications maintenance',
        plan,
      },
    ];
  });
  const leaving = snapshot.nodes.flatMap((node): PaletteItem[] => {
    if (node.state !== 'up' || snapshot.nodes.length < 2) return [];
    return [
      {
        id: `node-remove:${node.name}`,
        group: 'Do',
        text: `Remove ${safeName(node.name)}…`,
        note: `from ${safeName(cluster)}`,
        words: 'node drop leave drain decommission',
        plan: { kind: 'node-remove', cluster, node: node.name },
      },
    ];
  });
  const settings = snapshot.nodes.map(
    ({ name }): PaletteItem => ({
      id: `node-settings:${name}`,
      group: 'Do',
      text: 'Change a setting…',
      note: `on ${safeName(name)}`,
      words: 'node settings parameter ALTER SYSTEM postgresql.conf GUC',
      to: `${paths.node(cluster, name)}?do=setting`,
    }),
  );
  const updates = snapshot.nodes.map(({ name }): PaletteItem => {
    const plan: PlanRequest = { kind: 'extension-update', cluster, nodes: [name] };
    return {
      id: `extension-update:${name}`,
      group: 'Do',
      text: planButton(plan),
      note: `on ${safeName(name)}`,
      words: 'node upgrade version ALTER EXTENSION package',
      plan,
    };
  });
  return [
    ...nodes,
    ...readOnly,
    ...leaving,
    ...snapshot.subscriptions.flatMap((sub) => subscriptionItems(cluster, sub, snapshot)),
    ...links,
    {
      id: 'do:node-add',
      group: 'Do',
      text: 'Add a node…',
      note: safeName(cluster),
      words: 'new join server scale',
      to: `${paths.nodes(cluster)}?do=add-node`,
    },
    {
      id: 'do:set-tables',
      group: 'Do',
      text: 'Add tables to a set…',
      note: safeName(cluster),
      words: 'replication set repset add remove tables pattern schema',
      to: paths.sets(cluster),
    },
    {
      id: 'do:set-create',
      group: 'Do',
      text: 'Create, change or drop a set…',
      note: safeName(cluster),
      words: 'replication set repset create alter drop',
      to: paths.sets(cluster),
    },
    {
      id: 'do:peer-password',
      group: 'Do',
      text: "Change the peers' password…",
      note: safeName(cluster),
      words: 'role interfaces replication credentials rotate secret',
      to: `${paths.nodes(cluster)}?do=password`,
    },
    ...(['conflicts', 'exceptions'] as const).map(
      (page): PaletteItem => ({
        id: `do:trim-${page}`,
        group: 'Do',
        text: `Remove old records of ${page}…`,
        note: safeName(cluster),
        words: 'trim clean retention age log delete',
        to: `${paths[page](cluster)}?do=trim`,
      }),
    ),
    ...meshItems(cluster, snapshot),
    ...settings,
    ...updates,
    ...snapshot.links.flatMap((link) => proveItem(cluster, link)),
    ...snapshot.findings.flatMap((finding) => skipItem(cluster, finding)),
    ...remedyItems(snapshot),
  ];
}

/** All links that are missing, by one plan. */
function meshItems(cluster: string, { links }: Snapshot): PaletteItem[] {
  const missing = links.filter(({ state }) => state === 'missing').length;
  if (missing === 0) return [];
  const plan = { kind: 'mesh-complete', cluster } as const;
  return [
    {
      id: 'do:mesh-complete',
      group: 'Do',
      text: planButton(plan),
      note: missing === 1 ? '1 link is missing' : `${missing} links are missing`,
      words: 'create subscriptions links all missing full mesh',
      plan,
    },
  ];
}

/** To the page where it is proved: the answer is shown there. */
function proveItem(cluster: string, { provider, receiver, subscriptions }: LinkSnapshot): PaletteItem[] {
  const [subscription] = subscriptions;
  if (subscription === undefined) return [];
  return [
    {
      id: `prove:${provider}>${receiver}`,
      group: 'Do',
      text: `Prove ${safeName(provider)} → ${safeName(receiver)}`,
      note: 'send a mark and time its arrival',
      words: 'link trace test ping latency',
      to: paths.subscription(cluster, receiver, subscription),
    },
  ];
}

/** To the exceptions of its receiver, where the transaction stands with its position. */
function skipItem(cluster: string, { code, subject }: Finding): PaletteItem[] {
  const { receiver, subscription } = subject;
  if (code !== 'disabled-by-exception' || receiver === undefined || subscription === undefined) return [];
  return [
    {
      id: `subscription-skip:${receiver}/${subscription}`,
      group: 'Do',
      text: `Skip the transaction that disabled ${safeName(subscription)}…`,
      note: `on ${safeName(receiver)}`,
      words: 'exception skip lsn discard',
      to: `${paths.exceptions(cluster)}?${new URLSearchParams({ node: receiver, since: 'all' })}`,
    },
  ];
}

function subscriptionItems(cluster: string, sub: SubscriptionSnapshot, snapshot: Snapshot): PaletteItem[] {
  const id = `${sub.receiver}/${sub.name}`;
  const name = safeName(sub.name);
  const note = `on ${safeName(sub.receiver)}`;
  const base = { cluster, receiver: sub.receiver, subscription: sub.name };
  const change = (verb: string, words: string, plan: PlanRequest): PaletteItem => ({
    id: `${plan.kind}:${id}`,
    group: 'Do',
    text: `${verb} ${name}…`,
    note,
    words: `subscription ${words}`,
    plan,
  });
  const link = snapshot.links.find(
    ({ provider, receiver }) => provider === sub.provider && receiver === sub.receiver,
  );
  return [
    {
      id: `sub:${id}`,
      group: 'Subscriptions',
      text: name,
      note,
      words: `${OPEN} subscription`,
      state: shownSubscription(sub, link ?? null),
      to: paths.subscription(cluster, sub.receiver, sub.name),
    },
    sub.enabled
      ? change('Disable', 'stop pause', { kind: 'subscription-disable', ...base })
      : change('Enable', 'start resume', { kind: 'subscription-enable', ...base }),
    change('Drop', 'remove delete', { kind: 'subscription-drop', ...base }),
    {
      id: `subscription-sets:${id}`,
      group: 'Do',
      text: `Change sets of ${name}…`,
      note,
      words: 'subscription replication set add take leave',
      to: `${paths.subscription(cluster, sub.receiver, sub.name)}?do=sets`,
    },
    {
      id: `subscription-options:${id}`,
      group: 'Do',
      text: `Change options of ${name}…`,
      note,
      words: 'subscription apply delay forward origins skip schema alter',
      to: `${paths.subscription(cluster, sub.receiver, sub.name)}?do=options`,
    },
    {
      id: `subscription-interface:${id}`,
      group: 'Do',
      text: `Switch interface of ${name}…`,
      note,
      words: 'subscription address DSN provider',
      to: `${paths.subscription(cluster, sub.receiver, sub.name)}?do=interface`,
    },
  ];
}

/** What the findings offer to do, each plan once. Of subscriptions it stands there already. */
function remedyItems(snapshot: Snapshot): PaletteItem[] {
  const seen = new Set<string>();
  return snapshot.findings.flatMap(({ title, remedy, severity }): PaletteItem[] => {
    const plan = remedy?.plan;
    if (
      plan === undefined ||
      plan.kind.startsWith('subscription-') ||
      plan.kind === 'mesh-complete' ||
      seen.has(JSON.stringify(plan))
    )
      return [];
    seen.add(JSON.stringify(plan));
    return [
      {
        id: `remedy:${JSON.stringify(plan)}`,
        group: 'Do',
        text: planButton(plan),
        note: shownText(title),
        words: 'fix finding remedy',
        state: severity,
        plan,
      },
    ];
  });
}

export const otherClusterItems = (clusters: ClusterSummary[], current: string | null): PaletteItem[] =>
  clusters
    .filter((cluster) => cluster.name !== current)
    .map((cluster) => ({
      id: `cluster:${cluster.name}`,
      group: 'Clusters',
      text: safeName(cluster.name),
      note: `${cluster.nodesUp} of ${cluster.nodes} nodes up`,
      words: `${OPEN} cluster switch`,
      state: cluster.health,
      to: paths.overview(cluster.name),
    }));

/** How well an item fits, higher is better; null: not at all. Every word that was typed has to be found. */
export function fitness(item: PaletteItem, query: string): number | null {
  const text = item.text.toLowerCase();
  const all = `${text} ${item.group} ${item.note ?? ''} ${item.words ?? ''}`.toLowerCase();
  let score = 0;
  let from = 0;
  for (const word of query.toLowerCase().split(/[\s>→]+/)) {
    if (word === '') continue;
    const at = text.indexOf(word, from);
    if (at >= 0) {
      // Words in their order count more: `n1 n3` is the link from n1 to n3 before that of n3 to n1.
      from = at + word.length;
      score += at === 0 ? 4 : /[\s._-]/.test(text[at - 1] ?? '') ? 3 : 2;
      if (text === word) score += 3;
    } else if (all.includes(word)) score += 0.5;
    else return null;
  }
  return score;
}

const LIMIT = 40;
const EMPTY: PaletteItem['group'][] = ['Pages', 'Nodes', 'Clusters', 'Do'];

/** What is shown for a query, best first but kept together by group, the group with the best first. */
export function search(items: PaletteItem[], query: string): PaletteItem[] {
  // While nothing is typed nobody asks for a change of one thing.
  if (query.trim() === '')
    return items.filter((item) => EMPTY.includes(item.group) && item.plan === undefined).slice(0, LIMIT);
  const scored = items
    .flatMap((item) => {
      const score = fitness(item, query);
      return score === null ? [] : [{ item, score }];
    })
    .sort((a, b) => b.score - a.score)
    .slice(0, LIMIT);
  const groups = [...new Set(scored.map(({ item }) => item.group))];
  return groups.flatMap((group) => scored.filter(({ item }) => item.group === group).map(({ item }) => item));
}
