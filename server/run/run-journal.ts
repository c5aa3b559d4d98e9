/** What a run writes down before and after each thing it does. Without it nothing more is sent to a node. */
import type { StepChange } from '#core/run/step-change.ts';
import type { RunStore, StoredRun, StoredStep } from '#server/store/runs.ts';
import { StorageError } from '#server/store/trouble.ts';

export class RunJournal {
  readonly run: StoredRun;
  readonly #store: RunStore;
  readonly #changed: () => void;
  readonly #onFault: () => void;
  #abandoned = false;
  #unwritten: StorageError | null = null;

  /** `changed`: something of the run changed, and is on disk; `onFault`: something could not be written. */
  constructor(run: StoredRun, store: RunStore, changed: () => void, onFault: () => void) {
    this.run = run;
    this.#store = store;
    this.#changed = changed;
    this.#onFault = onFault;
  }

  /** Why something could not be written; null: all of it is on disk. */
  get unwritten(): StorageError | null {
    return this.#unwritten;
  }

  /** From here on nothing is written down. */
  abandon(): void {
    this.#abandoned = true;
  }

  get isAbandoned(): boolean {
    return this.#abandoned;
  }

  /** Throws StorageError, and the run goes no further: what it did next could not be found again after a crash. */
  step(step: StoredStep, change: StepChange & Partial<StoredStep>): void {
    if (this.#abandoned) return;
    Object.assign(step, change);
    this.#write(() => this.#store.saveStep(this.run, step));
    this.#changed();
  }

  /** The run without its steps, as it stands. Throws StorageError. */
  keepRun(): void {
    if (!this.#abandoned) this.#write(() => this.#store.saveRun(this.run));
  }

  /** Does not throw where the end cannot be written: `unwritten` says so. */
  end(state: StoredRun['state'], at: string): void {
    if (this.#abandoned) return;
    Object.assign(this.run, { state, endedAt: at });
    try {
      this.keepRun();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
    this.#changed();
  }

  #write(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (error instanceof StorageError) {
        this.#unwritten ??= error;
        this.#onFault();
      }
      throw error;
    }
  }
}
