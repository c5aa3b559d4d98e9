/** The runs that this console carries out now: one at a time a cluster. */
import { setTimeout as sleep } from 'node:timers/promises';
import { secondRefused } from '#core/run/refused.ts';
import type { StoredRun } from '#server/store/runs.ts';
import type { Execution } from './execution.ts';
import { Refusal } from './refusal.ts';

const STOP_WITHIN_MS = 900;

interface UnderWay {
  execution: Execution;
  ended: Promise<void>;
}

export class RunsUnderWay {
  readonly #byId = new Map<string, UnderWay>();

  /** Whether a run is changing this cluster now. */
  isOn(cluster: string): boolean {
    return this.#on(cluster) !== undefined;
  }

  /** Throws Refusal CONFLICT where one is changing this cluster now. */
  refuseSecond(cluster: string): void {
    const run = this.#on(cluster);
    if (run !== undefined) throw Refusal.of(secondRefused(run));
  }

  #on(cluster: string): StoredRun | undefined {
    for (const { execution } of this.#byId.values()) {
      if (execution.run.cluster === cluster) return execution.run;
    }
    return undefined;
  }

  get(id: string): UnderWay | undefined {
    return this.#byId.get(id);
  }

  /** Carries it out. `whenEnded`: it has come to an end by itself, and is under way no more. */
  begin(execution: Execution, whenEnded: () => void): void {
    const { id } = execution.run;
    const ended = execution.go().then(() => {
      // An abandoned one has been told of already.
      if (this.#byId.delete(id)) whenEnded();
    });
    this.#byId.set(id, { execution, ended });
  }

  /** Stops all of them within a second. `abandoned`: those that did not stop; of their end nobody hears. */
  async stop(abandoned: (run: StoredRun) => void): Promise<void> {
    const all = [...this.#byId.values()];
    for (const { execution } of all) execution.abort('interrupted');
    await Promise.race([
      Promise.all(all.map(({ ended }) => ended)),
      sleep(STOP_WITHIN_MS, undefined, { ref: false }),
    ]);
    for (const { execution } of this.#byId.values()) {
      execution.abandon();
      abandoned(execution.run);
    }
    this.#byId.clear();
  }
}
