/** Where a page of recorded conflicts and exceptions begins, and what it is narrowed to. */

export interface RowFilter {
  /** `schema.table`, or a table's name alone. */
  table?: string | undefined;
  /** The engine's word for the kind of conflict; for exceptions the operation. */
  type?: string | undefined;
  /** RFC 3339. */
  since?: string | undefined;
}

/**
 * The last row that was given, by the order of all nodes: commit time (newest first), node, origin, command, retry. The times are
 * in UTC with microseconds, so that they sort as text.
 */
export interface ExceptionKey {
  at: string;
  node: string;
  /** The origin's node id. */
  origin: number;
  commandCounter: number;
  retryAt: string;
}

/** Names the origin of a row by the number that it has there. */
export type OriginName = (id: string | null) => string | null;
