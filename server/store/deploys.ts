/** Deploys that are being prepared: the answers so far, DSNs sealed on disk. */
import { randomBytes } from 'node:crypto';
import type { DeployAnswers } from '#core/model/deploy.ts';
import { type Database, migrate } from './database.ts';
import type { Seal } from './seal.ts';

const STEPS = [
  `CREATE TABLE deploy_draft (id TEXT PRIMARY KEY, saved_at TEXT NOT NULL, sealed_answers TEXT NOT NULL) STRICT;
   CREATE INDEX deploy_draft_saved ON deploy_draft (saved_at);`,
];

/** Older ones are dropped. */
const KEPT = 50;

export interface StoredDraft {
  id: string;
  savedAt: string;
  /** With the passwords. */
  answers: DeployAnswers;
}

interface Row {
  id: string;
  saved_at: string;
  sealed_answers: string;
}

export class DeployStore {
  readonly #db: Database;
  readonly #seal: Seal;

  constructor(db: Database, seal: Seal) {
    this.#db = db;
    this.#seal = seal;
    migrate(db, 'deploys', STEPS);
  }

  /** Newest first. */
  list(): StoredDraft[] {
    const rows = this.#db.prepare('SELECT * FROM deploy_draft ORDER BY saved_at DESC').all() as Row[];
    return rows.map((row) => this.#read(row));
  }

  get(id: string): StoredDraft | null {
    const row = this.#db.prepare('SELECT * FROM deploy_draft WHERE id = ?').get(id) as Row | undefined;
    return row === undefined ? null : this.#read(row);
  }

  add(answers: DeployAnswers): StoredDraft {
    const draft = { id: randomBytes(8).toString('hex'), savedAt: new Date().toISOString(), answers };
    this.#db
      .prepare('INSERT INTO deploy_draft VALUES (?, ?, ?)')
      .run(draft.id, draft.savedAt, this.#seal.seal(JSON.stringify(answers)));
    this.#db
      .prepare(
        'DELETE FROM deploy_draft WHERE id NOT IN (SELECT id FROM deploy_draft ORDER BY saved_at DESC LIMIT ?)',
      )
      .run(KEPT);
    return draft;
  }

  /** Null: there is none of that id. */
  save(id: string, answers: DeployAnswers): StoredDraft | null {
    const savedAt = new Date().toISOString();
    const { changes } = this.#db
      .prepare('UPDATE deploy_draft SET saved_at = ?, sealed_answers = ? WHERE id = ?')
      .run(savedAt, this.#seal.seal(JSON.stringify(answers)), id);
    return changes === 0 ? null : { id, savedAt, answers };
  }

  /** True when it was there. */
  discard(id: string): boolean {
    return this.#db.prepare('DELETE FROM deploy_draft WHERE id = ?').run(id).changes > 0;
  }

  #read(row: Row): StoredDraft {
    return { id: row.id, savedAt: row.saved_at, answers: JSON.parse(this.#seal.open(row.sealed_answers)) };
  }
}
