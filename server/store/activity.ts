/** What happened, in one line each, newest first. */
import type { ActivityItem } from '#core/contract/history.ts';
import { type Database, migrate } from './database.ts';

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

  constructor(db: Database) {
    this.#db = db;
    migrate(db, 'activity', STEPS);
  }

  /** `text` and `subject` are shown as they are: no passwords in them. Returns the item with its id. */
  add(item: Omit<ActivityItem, 'id'>): ActivityItem {
    const subject = item.subject === null ? null : JSON.stringify(item.subject);
    const { lastInsertRowid } = this.#db
      .prepare(
        'INSERT INTO activity (at, cluster, kind, severity, text, subject, run, finding) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(item.at, item.cluster, item.kind, item.severity, item.text, subject, item.run, item.finding);
    const id = Number(lastInsertRowid);
    if (id % 1000 === 0) this.#db.prepare('DELETE FROM activity WHERE id <= ?').run(id - KEPT);
    const added = { id: String(id), ...item };
    for (const listener of [...this.#listeners]) listener(added);
    return added;
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
    const items = rows.slice(0, limit).map((row) => ({
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
    const last = items.at(-1);
    return { items, nextCursor: rows.length > limit && last !== undefined ? `${last.at}/${last.id}` : null };
  }

  /** A cluster's items follow its new name. */
  rename(from: string, to: string): void {
    this.#db.prepare('UPDATE activity SET cluster = ? WHERE cluster = ?').run(to, from);
  }

  /** Called with each new item. Returns what ends the listening. */
  onAdd(listener: (item: ActivityItem) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** The place after an item: `2026-11-22T04:12:21.280Z/17`. The begin, later than any time, where it is no such text. */
function readCursor(cursor: string | null | undefined): { at: string; id: number } {
  const [, at, id] = /^(\d{4}-[\dT:.-]{18}Z)\/(\d{1,15})$/.exec(cursor ?? '') ?? [];
  return at === undefined ? { at: '~', id: 0 } : { at, id: Number(id) };
}
