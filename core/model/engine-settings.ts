/** What an engine needs of the settings of a server. */

export interface Demand {
  /** In words a DBA could put into postgresql.conf. */
  wanted: string;
  /** A value that fulfils it; of a list, what it must hold besides. */
  target: string;
  met(value: string): boolean;
  /** A value that fulfils it, with what stands in `value` where that is a list. */
  fulfilled(value: string): string;
}

export interface EngineSettings {
  /** What a node of a cluster of `nodes` needs of a setting; null: nothing. */
  demandOf(name: string, nodes: number, standin: boolean): Demand | null;
  /** Those without which the engine does not work at all; with the others it works, worse. */
  indispensable: ReadonlySet<string>;
  /** Those that have a finding of their own, beside the one on settings. */
  spokenOfElsewhere: ReadonlySet<string>;
}
