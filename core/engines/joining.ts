/** What it takes to add a node to a cluster that is written to: where its source stands with every other node at the copy's snapshot. */

/** Columns of questions are named in their comments, as in changes.ts. */
export interface Joining {
  /** Why servers with these versions cannot take a node in while they are written to, as a sentence without its end; null: they can. */
  cannot(nodes: readonly { version: string | null; standin: boolean }[]): string | null;
  /**
   * On a whole server, all its databases: no subscription applies anything from then on, but for the transaction that each is at.
   * It ends by itself after `pauseSeconds`.
   */
  pause: string;
  resume: string;
  pauseSeconds: number;
  /** On the new node, one boolean, `tells`: when its copy is there it says itself how far the source was in the snapshot. */
  tellsCopied: string;
  /** So: `provider`, `lsn` (NULL: forgotten, or nothing was ever applied from there). */
  copiedUpTo: string;
  /** A condition over record `o` of pg_xact_commit_timestamp_origin(): the row was last written on one of these nodes, and came from there. */
  isFrom(nodes: readonly string[]): string;
  /** On a node, what it keeps of nodes that are gone: a query for it, and the statement that removes it. */
  traces: { look: string; remove: string };
}
