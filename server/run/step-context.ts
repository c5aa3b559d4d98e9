import type { Changes } from '#core/engines/changes.ts';
import type { LeftToDo, RunStep } from '#core/model/plan.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import type { Action, ActionType, ExecutableStep, MadeSubscription } from '#core/plan/executable.ts';
import type { Log } from '#server/log.ts';
import type { Sandboxes } from '#server/sandbox/sandboxes.ts';
import type { Registry } from '#server/store/registry.ts';
import type { Sessions } from './sessions.ts';

/** What a step may use, and how it writes down what it did. */
export interface StepContext {
  cluster: string;
  step: ExecutableStep;
  /** Of the engine whose statements the step has. */
  changes: Changes;
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
  fact(name: string, value: string, more?: Pick<RunStep['facts'][number], 'arrivedSeconds'>): void;
  /** A notice of the server. */
  notice: (notice: { severity: string; message: string }) => void;
  /** Done, and yet it leaves this to be known; null: nothing. Shown in the receipt, in amber. */
  know(text: string | null): void;
  /** Of an undo: something is left, for somebody to do by hand. Known at the run as `leftToDo`. */
  left(item: Omit<LeftToDo, 'step'>): void;
  /**
   * Compares what was moved. While it works the run says so, and the operator may end it: then the signal is aborted, and the
   * step ends as skipped, with `know` saying that it was not proved.
   */
  proving<T>(work: (ended: AbortSignal) => Promise<T>): Promise<T>;
  /** All nodes that the run or its cluster knows: those that may read from one another. */
  nodes: readonly string[];
  /** That this run has begun to make, taken back or not. */
  subscriptions: readonly MadeSubscription[];
  /** A transaction of this run that wrote rows or objects of users on `node`: its 32-bit id, as xmin has it. */
  wrote(node: string, xid: string): void;
  /** All of those, of every step. */
  wroteAs(node: string): string[];
  /** What the step has to know of itself after a crash; on disk when `remember` returns. */
  recall(key: string): unknown;
  remember(key: string, value: unknown): void;
  /** What another step of the run has remembered. */
  recallOf(step: string, key: string): unknown;
  /** The same for what nobody may read: sealed on disk, and wiped when the run is over. */
  rememberSealed(key: string, text: string): void;
  /** Null: it was never kept. */
  recallSealed(key: string): string | null;
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
}
