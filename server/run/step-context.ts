import type { Snapshot } from '#core/model/snapshot.ts';
import type { Action, ActionType, DraftStep } from '#core/plan/draft.ts';
import type { Log } from '#server/log.ts';
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import type { Registry } from '#server/store/registry.ts';
import type { Sessions } from './sessions.ts';

/** What a step may use, and how it writes down what it did. */
export interface StepContext {
  cluster: string;
  step: DraftStep;
  registry: Registry;
  sandboxes: Sandboxes;
  sessions: Sessions;
  log: Log;
  /** Aborted when the operator cancels: waits end, statements are let finish. */
  signal: AbortSignal;
  /** How the console reaches a node. Throws when neither registry nor sandboxes know it. */
  dsn(node: string, database?: 'maintenance'): string;
  /** How its peers reach it. */
  peerDsn(node: string): string;
  /** What the step does now, or found. */
  note(text: string | null): void;
  /** What somebody has to do outside the console before it goes on; null: nothing any more. The run says that it waits. */
  waitFor(text: string | null): void;
  progress(of: { doneBytes: number; totalBytes: number } | null): void;
  /** A line of the receipt; one of the same name is replaced. */
  fact(name: string, value: string): void;
  /** A notice of the server. */
  notice: (notice: { severity: string; message: string }) => void;
  /** What the step has to know of itself after a crash; on disk when `remember` returns. */
  recall(key: string): unknown;
  remember(key: string, value: unknown): void;
  /** The operator's word: copied tables are taken back although they were written to since. */
  dropWritten: boolean;
  /** All that this run reaches by its own DSNs is put into the registry. */
  register(nodes: string[]): void;
  /** The cluster, asked again just now. Null: it is not watched. */
  refreshed(): Promise<Snapshot | null>;
  /** Whether this run did unit `index`, or was about to: what may be taken back. */
  made(index: number): boolean;
  /** Written to disk before the unit is done, so that after a crash it is known whose work it may be. */
  willMake(index: number): void;
}

/** `skipped`: all was so already, and not by this run. */
export interface Executor<T extends ActionType> {
  run(action: Extract<Action, { type: T }>, context: StepContext): Promise<{ skipped: boolean }>;
  /** Takes back what this run made; does nothing about what it did not. */
  undo(action: Extract<Action, { type: T }>, context: StepContext): Promise<void>;
  /** Done steps are run again on resume: what they made does not outlive the console by itself. */
  again: boolean;
}
