/** What is told of runs: to the activity in words, and to those who listen that something of a run has changed. */
import type { Run } from '#core/model/plan.ts';
import type { Severity } from '#core/model/scalars.ts';
import { isUnderWay } from '#core/run/machine.ts';
import { newsText, STATE_NEWS } from '#core/run/news.ts';
import type { ActivityLog } from '#server/store/activity.ts';
import type { StoredRun } from '#server/store/runs.ts';

export class RunNews {
  readonly #activity: ActivityLog;
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(activity: ActivityLog) {
    this.#activity = activity;
  }

  /** `words`: what it did, after `run 4`. */
  tell(run: StoredRun, words: string, severity: Severity | null): void {
    this.#activity.add({
      at: new Date().toISOString(),
      cluster: run.cluster,
      kind: 'run',
      severity,
      text: newsText(run, words),
      subject: null,
      finding: null,
      run: run.id,
    });
  }

  tellEnd(run: StoredRun): void {
    this.tell(run, ...STATE_NEWS[run.state]);
  }

  /** Something of it has changed. */
  wake(id: string): void {
    for (const listener of this.#listeners.get(id) ?? []) listener();
  }

  /** The whole run by `get`, now and again whenever something of it changed; ends after the state in which it ended. */
  async *follow(id: string, get: () => Run, signal: AbortSignal): AsyncGenerator<Run> {
    // Of one that is not there nothing is kept.
    get();
    let wake: () => void = () => {};
    const listener = () => wake();
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    signal.addEventListener('abort', listener);
    try {
      while (!signal.aborted) {
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const run = get();
        yield structuredClone(run);
        if (!isUnderWay(run)) return;
        await changed;
      }
    } finally {
      signal.removeEventListener('abort', listener);
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    }
  }
}
