/** What a planner may know: read anew for each plan, since a plan is made of what is so now. */
import type { ObservedServer } from './servers/observed-server.ts';

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

/** A table's membership of one set. */
export interface ObservedMembership {
  set: string;
  columns: string[] | null;
  rowFilter: string | null;
}

/** The table that a request speaks of, on one node. */
export interface ObservedTable {
  /** Primary key, replica identity index, or replica identity full: what a set with UPDATE or DELETE needs. */
  hasKey: boolean;
  memberships: ObservedMembership[];
  /** Tables with a foreign key to this one, `schema.table`. */
  referencedBy: string[];
}

/** What one node said, read for this plan. */
export interface ObservedFacts {
  engineVersion: string;
  /** Runs the stand-in, not Spock. */
  standin: boolean;
  database: string;
  /** The console's DSN leads to a pooler, not to the server; absent: not looked at. */
  pooled?: boolean;
  /** Its own name in spock.node; null: no node was created here. */
  nodeName: string | null;
  /** Every node in its spock.node. */
  knows: string[];
  subscriptions: ObservedSubscription[];
  sets: { name: string; insert: boolean; update: boolean; delete: boolean }[];
  slots: ObservedSlot[];
  /** Null: not asked, or there is no such table. */
  table: ObservedTable | null;
}

export interface ObservedNode {
  /** As the registry has it. */
  name: string;
  /** `error`: why it could not be read. */
  read: { ok: true; facts: ObservedFacts } | { ok: false; error: string };
}

export interface Observed {
  /** Names in the registry. */
  clusters: string[];
  machine: ObservedMachine | null;
  sandbox: ObservedSandbox | null;
  /** The nodes of the request's cluster, in the registry's order; null: no such cluster. */
  nodes: ObservedNode[] | null;
  /** The servers of a deploy that is asked for, in the request's order; absent for all other requests. */
  servers?: ObservedServer[];
}
