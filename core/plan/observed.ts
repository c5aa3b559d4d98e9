/** What a planner may know: read anew for each plan, since a plan is made of what is so now. */

/** This machine, for sandboxes. */
export interface ObservedMachine {
  engine: {
    text: string;
    standin: boolean;
    /** Folder with postgres and initdb. */
    bin: string;
  } | null;
  /** Why there is no engine. */
  reason: string | null;
  /** Folder that would hold the sandbox's servers. */
  folder: string;
  /** Free ports, as many as a sandbox needs or fewer. */
  ports: number[];
  diskFreeBytes: number | null;
  /** The account that the servers run as; null: the console's own. */
  account: string | null;
}

/** A sandbox that is on disk, whole or half made. */
export interface ObservedSandbox {
  folder: string;
  nodes: { name: string; port: number; running: boolean }[];
  /** False: its deploy has not ended. */
  whole: boolean;
}

export interface ObservedSubscription {
  name: string;
  provider: string | null;
  enabled: boolean;
  status: string;
  slot: string;
  sets: string[];
  forwardOrigins: string[];
}

export interface ObservedSlot {
  name: string;
  plugin: string | null;
  database: string | null;
  active: boolean;
  walHeldBytes: number | null;
}

/** The table that a request speaks of, on one node. */
export interface ObservedTable {
  /** Primary key, replica identity index or full: what a set with UPDATE or DELETE needs. */
  hasKey: boolean;
  kind: 'table' | 'partitioned' | 'other';
  sets: string[];
}

/** One node of a cluster, read for this plan. Lists are null where it could not be read. */
export interface ObservedNode {
  name: string;
  /** Why it could not be read; null: it was. */
  error: string | null;
  /** Spock's version text; null where it has no spock, or was not read. */
  engineVersion: string | null;
  database: string | null;
  subscriptions: ObservedSubscription[] | null;
  sets: { name: string; insert: boolean; update: boolean; delete: boolean }[] | null;
  slots: ObservedSlot[] | null;
  /** Null: not asked, not read, or there is no such table: `tableThere` tells. */
  table: ObservedTable | null;
  tableThere: boolean | null;
}

export interface Observed {
  /** Names in the registry. */
  clusters: string[];
  machine: ObservedMachine | null;
  sandbox: ObservedSandbox | null;
  /** The nodes of the request's cluster, in the registry's order; null: no such cluster. */
  nodes: ObservedNode[] | null;
}
