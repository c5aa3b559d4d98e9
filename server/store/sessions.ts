/** Browsers that were let in. Only a hash of what the cookie holds is kept, so the file lets nobody in. */
import { createHash, randomBytes } from 'node:crypto';
import { type Database, migrate } from './database.ts';
import { StorageError } from './trouble.ts';

const STEPS = [
  'CREATE TABLE session (hash TEXT PRIMARY KEY, created_at INTEGER NOT NULL, used_at INTEGER NOT NULL) STRICT;',
  // Sessions of before do not say which token made them, so they end with it.
  `DROP TABLE session;
   CREATE TABLE session (
     hash TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, used_at INTEGER NOT NULL,
     by TEXT NOT NULL, token_hash TEXT, address TEXT NOT NULL, browser TEXT NOT NULL
   ) STRICT;`,
];

/** Without use for this long, a session ends. */
export const SESSION_DAYS = 30;
const LIFE_MS = SESSION_DAYS * 86_400_000;
/** How exactly `used_at` is kept on disk: a write for each request would be a waste. */
const TOUCH_MS = 3_600_000;

/** How a browser came in: by a one-time link, or by TRICORDER_TOKEN, with which its session ends. */
export type EnteredBy = 'link' | 'token';

export interface SessionInfo {
  /** Names it in lists; lets nobody in. */
  id: string;
  /** Milliseconds. */
  createdAt: number;
  usedAt: number;
  by: EnteredBy;
  /** From where it came in. */
  address: string;
  /** What its browser calls itself, in short. */
  browser: string;
}

interface Row {
  hash: string;
  id: string;
  created_at: number;
  used_at: number;
  by: EnteredBy;
  token_hash: string | null;
  address: string;
  browser: string;
}

interface Known extends SessionInfo {
  hash: string;
  /** When `usedAt` was written last. */
  writtenAt: number;
}

export class Sessions {
  readonly #db: Database;
  /** By hash. The file is read once; a session that could not be written lives as long as the console. */
  readonly #known = new Map<string, Known>();
  readonly #onEnd = new Set<(id: string) => void>();
  /** How many sessions another TRICORDER_TOKEN had made: they were ended at the start. */
  readonly ended: number;

  /** `token`: TRICORDER_TOKEN now. Sessions that another one made end with it. */
  constructor(db: Database, token: string | null) {
    migrate(db, 'sessions', STEPS);
    this.#db = db;
    db.prepare('DELETE FROM session WHERE used_at < ?').run(Date.now() - LIFE_MS);
    let ended = 0;
    for (const row of db.prepare('SELECT * FROM session').all() as Row[]) {
      if (row.by === 'token' && (token === null || row.token_hash !== tokenHash(row.hash, token))) {
        db.prepare('DELETE FROM session WHERE hash = ?').run(row.hash);
        ended++;
        continue;
      }
      this.#known.set(row.hash, {
        hash: row.hash,
        id: row.id,
        createdAt: row.created_at,
        usedAt: row.used_at,
        by: row.by,
        address: row.address,
        browser: row.browser,
        writtenAt: row.used_at,
      });
    }
    this.ended = ended;
  }

  /** A new session; returns what goes into the cookie. `token`: the fixed one that was given, with which it ends; null: a link. */
  create(from: { address: string; browser: string; token: string | null }): string {
    const secret = randomBytes(32).toString('base64url');
    const hash = hashOf(secret);
    const now = Date.now();
    const known: Known = {
      hash,
      id: randomBytes(8).toString('hex'),
      createdAt: now,
      usedAt: now,
      by: from.token === null ? 'link' : 'token',
      address: from.address,
      browser: from.browser,
      writtenAt: now,
    };
    this.#known.set(hash, known);
    this.#keep(() =>
      this.#db
        .prepare('INSERT INTO session VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
        .run(
          hash,
          known.id,
          now,
          now,
          known.by,
          from.token === null ? null : tokenHash(hash, from.token),
          known.address,
          known.browser,
        ),
    );
    return secret;
  }

  /** The id of a session that lives, and lives on from now; null: there is no such session. */
  use(secret: string): string | null {
    const known = this.#known.get(hashOf(secret));
    const now = Date.now();
    if (known === undefined || now - known.usedAt > LIFE_MS) return null;
    known.usedAt = now;
    if (now - known.writtenAt > TOUCH_MS) {
      known.writtenAt = now;
      this.#keep(() =>
        this.#db.prepare('UPDATE session SET used_at = ? WHERE hash = ?').run(now, known.hash),
      );
    }
    return known.id;
  }

  /** Those that live, the last used first. */
  list(): SessionInfo[] {
    const now = Date.now();
    return [...this.#known.values()]
      .filter(({ usedAt }) => now - usedAt <= LIFE_MS)
      .sort((a, b) => b.usedAt - a.usedAt)
      .map(({ hash: _hash, writtenAt: _writtenAt, ...info }) => info);
  }

  /** Null: there is none of that id. Throws StorageError, and then it lives on: it would be back at the next start. */
  end(id: string): SessionInfo | null {
    const known = [...this.#known.values()].find((each) => each.id === id);
    if (known === undefined) return null;
    this.#db.prepare('DELETE FROM session WHERE hash = ?').run(known.hash);
    this.#known.delete(known.hash);
    for (const listener of [...this.#onEnd]) listener(id);
    const { hash: _hash, writtenAt: _writtenAt, ...info } = known;
    return info;
  }

  /** Called with the id of each session that is ended. Returns what ends the listening. */
  onEnd(listener: (id: string) => void): () => void {
    this.#onEnd.add(listener);
    return () => this.#onEnd.delete(listener);
  }

  /** Nobody is kept out because a disk is full: whoever comes in then is known until the console stops. */
  #keep(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** Of the token that made a session: salted by the session, so that equal tokens do not look equal. */
function tokenHash(session: string, token: string): string {
  return createHash('sha256').update(`${session}\n${token}`).digest('base64url');
}
