/**
 * What one poll alone cannot tell: positions over time, workers that come and go, since when something is so. One for
 * each cluster, held by whoever polls. No clock of its own; times are the readings'.
 */
import { LagBook } from '#core/lag/lag-book.ts';
import { WorkerBook } from '#core/lag/worker-book.ts';
import { type FastFacts, type Reading, readAt } from '#core/model/facts.ts';
import { Doubts } from './doubts.ts';
import { SlotBook } from './slot-book.ts';
import { SteadyChoice } from './steady-choice.ts';

export class ClusterMemory {
  readonly lag = new LagBook();
  readonly workers = new WorkerBook();
  readonly slots = new SlotBook();
  readonly doubts = new Doubts();
  /** What the sentence named last where several are about equally bad. */
  readonly named = new SteadyChoice();

  /** Names that the catalogs of a node had for the origins of transactions, those that have left included. */
  readonly #origins = new Map<string, Map<string, string>>();

  /** What the catalogs of `node` called an origin when they last knew it; null: they never did while the console watched. */
  originName(node: string, originId: string): string | null {
    return this.#origins.get(node)?.get(originId) ?? null;
  }

  /** Call once for each good fast poll, with the registry's name of the node, before `assemble`. */
  observe(node: string, reading: Reading<FastFacts>): void {
    const at = readAt(reading);
    this.lag.observe(node, at, reading.value);
    this.lag.applied(node, reading.value.origins ?? []);
    this.workers.observe(node, at, reading.value);
    this.slots.observe(node, reading.value);
    const names = this.#origins.get(node) ?? new Map<string, string>();
    this.#origins.set(node, names);
    for (const { id, name } of reading.value.peers) names.set(id, name);
  }

  /** A node that is no longer watched, or whose address was changed to another server. */
  forget(node: string): void {
    this.lag.forget(node);
    this.workers.forget(node);
    this.slots.forget(node);
    this.doubts.forget(node);
    this.#origins.delete(node);
  }
}
