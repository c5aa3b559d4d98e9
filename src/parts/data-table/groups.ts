/** Rows that belong together: by a head above them, or because the reader chose them. */
import type { ReactNode } from 'react';

export interface Group<R> {
  /** Rows of one group have to follow each other. Groups are drawn in the table's own order only. */
  of: (row: R) => string;
  /** `isLast`: more of it may be to come, where the list goes on. */
  head: (key: string, rows: readonly R[], isLast: boolean) => ReactNode;
}

/** Rows chosen for something that is done to all of them. */
export interface Choosing<R> {
  /** Keys of rows. */
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
  /** Names the box of a row: `Choose n1`. */
  labelOf: (row: R) => string;
}
