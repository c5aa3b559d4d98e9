/** A world that stands still but for so many links: what a page costs is measured on it, so the load must be known. */
import type { LinkSnapshot, Snapshot } from '#core/model/snapshot.ts';
import { keyedTables } from './tables.ts';
import { World, type WorldOptions } from './world.ts';

export class SteadyWorld extends World {
  readonly #changing: number;
  #shown = new Map<string, Snapshot>();
  #beats = 0;

  /** @param options.changing links of each cluster whose lag changes with each beat; of all, where there are fewer */
  constructor({ changing, ...options }: WorldOptions & { changing: number }) {
    super(options);
    this.#changing = changing;
  }

  override snapshot(cluster: string): Snapshot | undefined {
    return this.#shown.get(cluster) ?? super.snapshot(cluster);
  }

  /** A poll of every node, at the moment `at` (ms since 1970), that finds other lags on so many links. */
  beat(at: number): void {
    this.#beats += 1;
    const observedAt = new Date(at).toISOString();
    for (const name of this.clusters.keys()) {
      const before = this.snapshot(name);
      if (before === undefined) continue;
      const nodes = before.nodes.map((node) => (node.state === 'up' ? { ...node, observedAt } : node));
      this.#shown.set(name, { ...before, observedAt, nodes, links: this.#moved(before.links, observedAt) });
    }
    this.tell();
  }

  /** Spread evenly over the list, other ones with each beat. */
  #moved(links: LinkSnapshot[], observedAt: string): LinkSnapshot[] {
    const changing = Math.min(this.#changing, links.length);
    const moved = new Set(
      Array.from(
        { length: changing },
        (_, index) => Math.floor((index * links.length) / changing + this.#beats) % links.length,
      ),
    );
    return links.map((link, index) => {
      if (!moved.has(index) || link.lagSeconds === null) return { ...link, observedAt };
      const part = 0.8 + 0.4 * (((index * 7 + this.#beats * 13) % 97) / 97);
      return {
        ...link,
        observedAt,
        lagSeconds: Math.max(0.1, link.lagSeconds) * part,
        lagBytes: link.lagBytes === null ? null : Math.round(Math.max(1000, link.lagBytes) * part),
      };
    });
  }
}

/** By so much the world moves on until every node's tables have been read again. */
export const TABLES_READ_MS = 20_000;

/** The same `count` tables on every node of every cluster, and what is known of them read anew. */
export function fillWithTables(world: World, count: number): void {
  const kinds = keyedTables();
  const tables = Array.from({ length: count }, (_, index) => {
    const kind = kinds[index % kinds.length];
    if (kind === undefined) throw new Error('The shop has no tables.');
    return {
      ...kind,
      name: `${kind.name}_${String(index).padStart(5, '0')}`,
      rows: (index * 7919) % 1_000_000,
    };
  });
  for (const { cluster } of world.clusters.values())
    for (const node of cluster.nodes) {
      node.tables = tables;
      node.catalogMark += 1;
    }
  world.advance(TABLES_READ_MS);
}
