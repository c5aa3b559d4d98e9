/**
 * What a watcher must still know after a restart, so that it does not tell what lasts as if it were new: the findings
 * that stood, since when the cluster's health is what it is, when the console last looked, and by which slots a node reads that
 * may not answer any more.
 */
import type { Finding } from '#core/model/finding.ts';
import type { RememberedSubscription } from '#core/model/observed.ts';
import type { Health } from '#core/model/scalars.ts';
import type { SlotOwner } from '#core/snapshot/slot-book.ts';
import { type Database, migrate } from './database.ts';

export interface WatchState {
  /** Milliseconds; the last snapshot before the console stopped. */
  seenAt: number;
  health: Health;
  healthSince: string | null;
  findings: Finding[];
  /** Absent in what a console of before has written. */
  subscriptions?: RememberedSubscription[];
  /** The subscriptions that slots were seen to belong to: one that has gone is what makes its slot an orphan. */
  slotOwners?: [slot: string, owner: SlotOwner][];
}

const STEPS = [
  'CREATE TABLE watch_state (cluster TEXT PRIMARY KEY, seen_at INTEGER NOT NULL, state TEXT NOT NULL) STRICT;',
];

export class WatchStates {
  readonly #db: Database;

  constructor(db: Database) {
    migrate(db, 'watch_state', STEPS);
    this.#db = db;
  }

  get(cluster: string): WatchState | null {
    const row = this.#db.prepare('SELECT seen_at, state FROM watch_state WHERE cluster = ?').get(cluster) as
      | { seen_at: number; state: string }
      | undefined;
    return row === undefined ? null : { ...JSON.parse(row.state), seenAt: row.seen_at };
  }

  put(cluster: string, { seenAt, ...state }: WatchState): void {
    this.#db
      .prepare('INSERT OR REPLACE INTO watch_state (cluster, seen_at, state) VALUES (?, ?, ?)')
      .run(cluster, Math.floor(seenAt), JSON.stringify(state));
  }

  forget(cluster: string): void {
    this.#db.prepare('DELETE FROM watch_state WHERE cluster = ?').run(cluster);
  }

  rename(from: string, to: string): void {
    this.#db.prepare('UPDATE OR REPLACE watch_state SET cluster = ? WHERE cluster = ?').run(to, from);
  }
}
