import type { CopyState } from '#core/model/copy-state.ts';

/** How an engine's own things are called. Every text is plain, without markup. */
export interface EngineWords {
  /** In a sentence: `Spock`. */
  name: string;
  /** As CREATE EXTENSION has it. */
  extension: string;
  /** What its walsenders decode with, as output_plugin_libraries lists it. */
  outputPlugin: string;
  /** Its catalogs, by what they hold. */
  nodes: string;
  interfaces: string;
  subscriptions: string;
  copies: string;
  conflicts: string;
  exceptions: string;
  /** The setting that makes a node refuse writes. */
  readOnlySetting: string;
  /** The one that sends DDL by itself. */
  ddlSetting: string;
  /** Those that have to be alike on all nodes, with what they may be. */
  conflictSettings: Readonly<Record<string, readonly string[]>>;
  /** How far a copy is, in its own terms. */
  copyStates: Record<CopyState, string>;
  /** Sentences: which conflicts, and which changes that could not be applied, a node keeps at all. */
  conflictsKept: string;
  exceptionsKept: string;
  /** Of a receiver of this version: why the options of its subscriptions cannot be changed; null: they can, or it is not known. */
  cannotAlterOptions(version: string | null): string | null;
  /** To be run on the receiver: steps over the transaction at `lsn` and goes on. Without semicolons. */
  stepOver(subscription: string, lsn: string): string[];
}
