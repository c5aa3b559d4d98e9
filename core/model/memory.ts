/**
 * What one poll alone cannot tell: positions over time, workers that come and go, since when something is so. One for
 * each cluster, held by whoever polls. No clock of its own; times are the readings'.
 */
import { LagBook } from '#core/lag/lag-book.ts';
import { WorkerBook } from '#core/lag/worker-book.ts';
import { type FastFacts, type Reading, readAt } from './facts.ts';
import { SteadyChoice } from './steady-choice.ts';

export class ClusterMemory {
  readonly lag = new LagBook();
  readonly workers = new WorkerBook();
  /** What the sentence named last where several are about equally bad. */
  readonly named = new SteadyChoice();

  /** Call once for each good fast poll, with the registry's name of the node, before `assemble`. */
  observe(node: string, reading: Reading<FastFacts>): void {
    const at = readAt(reading);
    this.lag.observe(node, at, reading.value);
    this.lag.applied(node, reading.value.origins ?? []);
    this.workers.observe(node, at, reading.value);
  }

  /** A node that is no longer watched, or whose address was changed to another server. */
  forget(node: string): void {
    this.lag.forget(node);
    this.workers.forget(node);
  }
}
