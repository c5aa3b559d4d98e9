/** A fault that comes every second is logged once. */
import type { Log } from '#server/log.ts';
import { StorageError } from '#server/store/trouble.ts';

export class Complaints {
  readonly #log: Log;
  /** What was last said of each thing that fails. */
  readonly #said = new Map<string, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Does `work`, and logs what it throws; the same again only after it has gone well or failed otherwise. `what` begins the
   * line. That the data dir takes nothing the store says itself, once for all clusters.
   */
  attempt(what: string, work: () => void): void {
    try {
      work();
      this.#said.delete(what);
    } catch (error) {
      if (error instanceof StorageError) return;
      const text = `${what}: ${(error as Error).stack ?? error}`;
      if (this.#said.get(what) !== text) this.#log.error(text);
      this.#said.set(what, text);
    }
  }
}
