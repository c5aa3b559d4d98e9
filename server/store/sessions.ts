/** Browsers that were let in. Only a hash of what the cookie holds is kept, so the file lets nobody in. */
import { createHash, randomBytes } from 'node:crypto';
import { type Database, migrate } from './database.ts';

const STEPS = [
  'CREATE TABLE session (hash TEXT PRIMARY KEY, created_at INTEGER NOT NULL, used_at INTEGER NOT NULL) STRICT;',
];

/** Without use for this long, a session ends. */
export const SESSION_DAYS = 30;
const LIFE_MS = SESSION_DAYS * 86_400_000;
/** How exactly `used_at` is kept: a write for each request would be a waste. */
const TOUCH_MS = 3_600_000;

export class Sessions {
  readonly #db: Database;
  /** Hash → when it was last used. The file is read once. */
  readonly #known: Map<string, number>;

  constructor(db: Database) {
    migrate(db, 'sessions', STEPS);
    this.#db = db;
    db.prepare('DELETE FROM session WHERE used_at < ?').run(Date.now() - LIFE_MS);
    const rows = db.prepare('SELECT hash, used_at FROM session').all() as { hash: string; used_at: number }[];
    this.#known = new Map(rows.map((row) => [row.hash, row.used_at]));
  }

  /** A new session; returns what goes into the cookie. */
  create(): string {
    const secret = randomBytes(32).toString('base64url');
    const now = Date.now();
    this.#db.prepare('INSERT INTO session VALUES (?, ?, ?)').run(hashOf(secret), now, now);
    this.#known.set(hashOf(secret), now);
    return secret;
  }

  /** True for a session that lives; it lives on from now. */
  use(secret: string): boolean {
    const hash = hashOf(secret);
    const usedAt = this.#known.get(hash);
    const now = Date.now();
    if (usedAt === undefined || now - usedAt > LIFE_MS) return false;
    if (now - usedAt > TOUCH_MS) {
      this.#known.set(hash, now);
      this.#db.prepare('UPDATE session SET used_at = ? WHERE hash = ?').run(now, hash);
    }
    return true;
  }

  end(secret: string): void {
    const hash = hashOf(secret);
    this.#known.delete(hash);
    this.#db.prepare('DELETE FROM session WHERE hash = ?').run(hash);
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
