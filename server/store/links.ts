/**
 * Links that let one browser in, once, for 15 minutes. What became of each is kept for a month, so that whoever opens an old
 * one is told why it leads nowhere. Only hashes are kept.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, migrate } from './database.ts';
import { StorageError } from './trouble.ts';

export const LINK_MINUTES = 15;
const LIFE_MS = LINK_MINUTES * 60_000;
const KEPT_MS = 30 * 86_400_000;
/** One that nobody opened is there for a while, so that it can be told that it is too old. */
const LEFT_MS = 86_400_000;

/** Who made it: the console when it started, Enter in its terminal, the page or the API, `--new-link` beside it. */
export type LinkMaker = 'start' | 'terminal' | 'api' | 'new-link';

/** `ended`: made by a console that has stopped since. */
export type Taken = { state: 'ok'; by: LinkMaker } | { state: 'used' | 'too-old' | 'ended' | 'unknown' };

export interface Link {
  token: string;
  /** Milliseconds. */
  expiresAt: number;
}

interface Known {
  madeAt: number;
  by: LinkMaker;
  state: 'open' | 'used' | 'ended';
}

const STEPS = [
  'CREATE TABLE link (hash TEXT PRIMARY KEY, made_at INTEGER NOT NULL, by TEXT NOT NULL, state TEXT NOT NULL) STRICT;',
];

export class Links {
  readonly #db: Database;
  readonly #folder: string;
  readonly #known = new Map<string, Known>();

  constructor(db: Database) {
    migrate(db, 'links', STEPS);
    this.#db = db;
    this.#folder = linksFolder(db.dataDir);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    // A umask of nothing, or a folder of before.
    chmodSync(this.#folder, 0o700);
    db.prepare("UPDATE link SET state = 'ended' WHERE state = 'open'").run();
    db.prepare('DELETE FROM link WHERE made_at < ?').run(Date.now() - KEPT_MS);
    for (const row of db.prepare('SELECT * FROM link').all() as (Known & {
      hash: string;
      made_at: number;
    })[]) {
      this.#known.set(row.hash, { madeAt: row.made_at, by: row.by, state: row.state });
    }
  }

  make(by: LinkMaker): Link {
    const token = randomToken();
    const madeAt = Date.now();
    this.#put(hashOf(token), { madeAt, by, state: 'open' });
    return { token, expiresAt: madeAt + LIFE_MS };
  }

  /** Uses a link up. A look-up by the token's hash tells nothing of the token by its time. */
  take(token: string): Taken {
    const hash = hashOf(token);
    const known = this.#known.get(hash) ?? this.#leftBeside(hash);
    if (known === null) return { state: 'unknown' };
    if (known.state !== 'open') return { state: known.state };
    // A clock that was set back makes no link young again.
    const age = Date.now() - known.madeAt;
    if (age > LIFE_MS || age < -LIFE_MS) return { state: 'too-old' };
    this.#put(hash, { ...known, state: 'used' });
    return { state: 'ok', by: known.by };
  }

  /** A link that `--new-link` left in the data dir; its file goes, so that it is taken once. */
  #leftBeside(hash: string): Known | null {
    const file = join(this.#folder, hash);
    let madeAt: number;
    try {
      madeAt = statSync(file).mtimeMs;
      unlinkSync(file);
    } catch {
      return null;
    }
    const known: Known = { madeAt: Math.floor(Math.min(madeAt, Date.now())), by: 'new-link', state: 'open' };
    this.#put(hash, known);
    return known;
  }

  #put(hash: string, known: Known): void {
    this.#known.set(hash, known);
    try {
      this.#db
        .prepare('INSERT OR REPLACE INTO link VALUES (?, ?, ?, ?)')
        .run(hash, known.madeAt, known.by, known.state);
    } catch (error) {
      // Known until the console stops, after which no link of now lets in.
      if (!(error instanceof StorageError)) throw error;
    }
  }
}

/** A link for the console that runs on this data dir, made by another process of its owner. Throws the system's error. */
export function leaveLink(dataDir: string): Link {
  const folder = linksFolder(dataDir);
  const now = Date.now();
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (now - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? now) > LEFT_MS)
      rmSync(file, { force: true });
  }
  const token = randomToken();
  writeFileSync(join(folder, hashOf(token)), '', { flag: 'wx', mode: 0o600 });
  return { token, expiresAt: now + LIFE_MS };
}

const linksFolder = (dataDir: string): string => join(dataDir, 'links');
const randomToken = (): string => randomBytes(24).toString('base64url');

/** Fit for the name of a file. */
function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
