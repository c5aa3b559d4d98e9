/** What happened, in one line each, newest first. */
import type { ActivityItem } from '#core/contract/history.ts';
import { shownText } from '#core/model/shown-text.ts';
import { type Database, migrate } from './database.ts';
import { StorageError } from './trouble.ts';

const STEPS = [
  `CREATE TABLE activity (
     id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, cluster TEXT, kind TEXT NOT NULL, severity TEXT,
     text TEXT NOT NULL, subject TEXT, run TEXT
   ) STRICT;
   CREATE INDEX activity_cluster ON activity (cluster, id);`,
  // What lasted a while before it was news is told with the time at which it began, so ids are not in the order of times.
  `DROP INDEX activity_cluster;
   CREATE INDEX activity_cluster_at ON activity (cluster, at, id);
   CREATE INDEX activity_at ON activity (at, id);`,
  'ALTER TABLE activity ADD COLUMN finding TEXT',
];

/** Older items are dropped: about a year of a lively cluster, some 30 MB. */
const KEPT = 200_000;

/** Lines that could not be written and wait in memory; of more the oldest go. */
const WAITING = 5000;
/** Their ids come after all that are on disk. */
const WAITING_FROM = 900_000_000_000_000;

interface Row {
  id: number;
  at: string;
  cluster: string | null;
  kind: ActivityItem['kind'];
  severity: ActivityItem['severity'];
  text: string;
  subject: string | null;
  run: string | null;
  finding: string | null;
}

export interface ActivityPage {
  items: ActivityItem[];
  nextCursor: string | null;
}

export class ActivityLog {
  readonly #db: Database;
  readonly #listeners = new Set<(item: ActivityItem) => void>();
  /** What happened while nothing could be written, oldest first: told all the same, and written when that can be. */
  #waiting: ActivityItem[] = [];
  #nextWaiting = WAITING_FROM;

  constructor(db: Database) {
    this.#db = db;
    migrate(db, 'activity', STEPS);
    db.storage.onChange(({ state }) => state === 'ok' && this.#writeWaiting());
  }

  /** How many lines are not on disk. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * `text` and `subject` are shown: no passwords in them. Returns the item with its id. One that cannot be
   * written is kept in memory until it can.
   */
  add({ text, ...others }: Omit<ActivityItem, 'id'>): ActivityItem {
    const item = { ...others, text: shownText(text) };
    const added = this.#write(item) ?? this.#wait(item);
    for (const listener of [...this.#listeners]) listener(added);
    return added;
  }

  #wait(item: Omit<ActivityItem, 'id'>): ActivityItem {
    const added = { id: String(this.#nextWaiting++), ...item };
    this.#waiting.push(added);
    if (this.#waiting.length > WAITING) this.#waiting.shift();
    return added;
  }

  #writeWaiting(): void {
    while (this.#waiting[0] !== undefined) {
      const { id: _id, ...item } = this.#waiting[0];
      if (this.#write(item) === null) return;
      this.#waiting.shift();
    }
  }

  /** Null: the storage is not to be had now. */
  #write(item: Omit<ActivityItem, 'id'>): ActivityItem | null {
    const subject = item.subject === null ? null : JSON.stringify(item.subject);
    try {
      return this.#insert(item, subject);
    } catch (error) {
      if (error instanceof StorageError) return null;
      throw error;
    }
  }

  #insert(item: Omit<ActivityItem, 'id'>, subject: string | null): ActivityItem {
    const { lastInsertRowid } = this.#db
      .prepare(
        'INSERT INTO activity (at, cluster, kind, severity, text, subject, run, finding) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(item.at, item.cluster, item.kind, item.severity, item.text, subject, item.run, item.finding);
    const id = Number(lastInsertRowid);
    if (id % 1000 === 0) this.#db.prepare('DELETE FROM activity WHERE id <= ?').run(id - KEPT);
    return { id: String(id), ...item };
  }

  /** Items of one cluster, or of all and of the console itself (null), newest first. `cursor` is a page's `nextCursor`; any other text starts anew. `range` (ms since 1970) is of one cluster. */
  page(
    cluster: string | null,
    limit: number,
    cursor?: string | null,
    range: { from?: number | undefined; to?: number | undefined } = {},
  ): ActivityPage {
    const { at, id } = readCursor(cursor);
    const from = range.from === undefined ? '' : new Date(range.from).toISOString();
    const to = range.to === undefined ? '~' : new Date(range.to).toISOString();
    const rows = (
      cluster === null
        ? this.#db
            .prepare('SELECT * FROM activity WHERE (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ?')
            .all(at, id, limit + 1)
        : this.#db
            .prepare(
              'SELECT * FROM activity WHERE cluster = ? AND (at, id) < (?, ?) AND at >= ? AND at <= ? ORDER BY at DESC, id DESC LIMIT ?',
            )
            .all(cluster, at, id, from, to, limit + 1)
    ) as Row[];
    const written = rows.map((row) => ({
      id: String(row.id),
      at: row.at,
      cluster: row.cluster,
      kind: row.kind,
      severity: row.severity,
      text: row.text,
      subject: row.subject === null ? null : JSON.parse(row.subject),
      run: row.run,
      finding: row.finding,
    }));
    const waiting = this.#waiting.filter(
      (item) =>
        (item.at < at || (item.at === at && Number(item.id) < id)) &&
        (cluster === null || (item.cluster === cluster && item.at >= from && item.at <= to)),
    );
    const all = waiting.length === 0 ? written : [...written, ...waiting].sort(newestFirst);
    const items = all.slice(0, limit);
    const last = items.at(-1);
    return { items, nextCursor: all.length > limit && last !== undefined ? `${last.at}/${last.id}` : null };
  }

  /** A cluster's items follow its new name. */
  rename(from: string, to: string): void {
    this.#db.prepare('UPDATE activity SET cluster = ? WHERE cluster = ?').run(to, from);
    for (const item of this.#waiting) if (item.cluster === from) item.cluster = to;
  }

  /** Called with each new item. Returns what ends the listening. */
  onAdd(listener: (item: ActivityItem) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function newestFirst(a: ActivityItem, b: ActivityItem): number {
  if (a.at !== b.at) return a.at < b.at ? 1 : -1;
  return Number(b.id) - Number(a.id);
}

/** The place after an item: `2026-11-22T04:12:21.280Z/17`. The begin, later than any time, where it is no such text. */
function readCursor(cursor: string | null | undefined): { at: string; id: number } {
  const [, at, id] = /^(\d{4}-[\dT:.-]{18}Z)\/(\d{1,15})$/.exec(cursor ?? '') ?? [];
  return at === undefined ? { at: '~', id: 0 } : { at, id: Number(id) };
}
