/** What the palette can find or run, and how well each fits what was typed. Pure. */
import type { ClusterSummary } from '#core/contract/clusters.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { shownState } from '#src/lib/link-state.ts';
import { paths } from '#src/lib/paths.ts';
import type { StateName } from '#src/ui/state.tsx';

export interface PaletteItem {
  id: string;
  group: 'Pages' | 'Nodes' | 'Links' | 'Subscriptions' | 'Tables' | 'Clusters' | 'Actions';
  text: string;
  /** Said fainter at the right. */
  note?: string;
  state?: StateName;
  /** Where it leads; an action has `run` instead. */
  to?: string;
  run?: () => void;
}

export function clusterItems(cluster: string, snapshot: Snapshot | undefined): PaletteItem[] {
  const pages: [string, string][] = [
    ['Overview', paths.overview(cluster)],
    ['Nodes', paths.nodes(cluster)],
    ['Subscriptions', paths.subscriptions(cluster)],
    ['Replication sets', paths.sets(cluster)],
    ['Lag', paths.lag(cluster)],
    ['Conflicts', paths.conflicts(cluster)],
    ['Exceptions', paths.exceptions(cluster)],
  ];
  const items: PaletteItem[] = pages.map(([text, to]) => ({
    id: `page:${to}`,
    group: 'Pages',
    text,
    note: cluster,
    to,
  }));
  for (const node of snapshot?.nodes ?? []) {
    items.push({
      id: `node:${node.name}`,
      group: 'Nodes',
      text: node.name,
      note: node.address,
      state: node.state,
      to: paths.node(cluster, node.name),
    });
  }
  for (const sub of snapshot?.subscriptions ?? []) {
    items.push({
      id: `sub:${sub.receiver}/${sub.name}`,
      group: 'Subscriptions',
      text: sub.name,
      note: `on ${sub.receiver}`,
      state: sub.status,
      to: paths.subscription(cluster, sub.receiver, sub.name),
    });
  }
  for (const link of snapshot?.links ?? []) {
    items.push({
      id: `link:${link.provider}>${link.receiver}`,
      group: 'Links',
      text: `${link.provider} → ${link.receiver}`,
      state: shownState(link),
      to: paths.link(cluster, link.provider, link.receiver),
    });
  }
  return items;
}

export function consoleItems(clusters: ClusterSummary[], current: string | null): PaletteItem[] {
  const pages: [string, string][] = [
    ['Clusters', paths.clusters],
    ['Deploy', paths.deploy],
    ['Activity', paths.activity],
    ['Settings', paths.settings],
  ];
  return [
    ...pages.map(
      ([text, to]): PaletteItem => ({ id: `page:${to}`, group: 'Pages', text, note: 'console', to }),
    ),
    ...clusters
      .filter((cluster) => cluster.name !== current)
      .map(
        (cluster): PaletteItem => ({
          id: `cluster:${cluster.name}`,
          group: 'Clusters',
          text: cluster.name,
          note: `${cluster.nodesUp} of ${cluster.nodes} nodes up`,
          state: cluster.health,
          to: paths.overview(cluster.name),
        }),
      ),
  ];
}

/** How well an item fits, higher is better; null: not at all. Every word that was typed has to be found. */
export function fitness(item: PaletteItem, query: string): number | null {
  const text = item.text.toLowerCase();
  const all = `${text} ${item.group.toLowerCase()} ${item.note?.toLowerCase() ?? ''}`;
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
const EMPTY: PaletteItem['group'][] = ['Pages', 'Nodes', 'Clusters', 'Actions'];

/** What is shown for a query, best first but kept together by group, the group with the best first. */
export function search(items: PaletteItem[], query: string): PaletteItem[] {
  if (query.trim() === '') return items.filter((item) => EMPTY.includes(item.group)).slice(0, LIMIT);
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
