/** Seals secrets at rest: AES-256-GCM under a key that stands in a file of its own (0600) in the data dir. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '#server/start-error.ts';
import { type Database, migrate } from './database.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export class Seal {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES) throw new Error('a seal key has 32 bytes');
    this.#key = key;
  }

  /** `v1:` and base64 of nonce, tag and ciphertext; a new nonce each time. */
  seal(plain: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return `v1:${Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64')}`;
  }

  /** The plain text; throws when the text was sealed by another key or was changed. */
  open(sealed: string): string {
    if (!sealed.startsWith('v1:')) throw new Error('not a sealed text');
    const bytes = Buffer.from(sealed.slice(3), 'base64');
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce);
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([
      decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)),
      decipher.final(),
    ]).toString('utf8');
  }
}

const CHECK = ['CREATE TABLE seal_check (sealed TEXT NOT NULL) STRICT;'];
const CHECK_TEXT = 'tricorder';
/** Where sealed texts stood before each database had its check. */
const SEALED: [table: string, column: string][] = [
  ['cluster_node', 'sealed_dsn'],
  ['deploy_draft', 'sealed_answers'],
  ['plan', 'sealed_dsns'],
];

/**
 * Reads the data dir's key; makes it only where nothing was sealed yet. Throws StartError, having written nothing: the key
 * is missing, is no key, or is not the one that this database was sealed with. From then on it is noticed when its file goes.
 */
export function openSeal(db: Database): Seal {
  const file = join(db.dataDir, 'seal.key');
  migrate(db, 'seal', CHECK);
  const sealed = sealedText(db);
  const key = readKey(file) ?? (sealed === null ? makeKey(file) : null);
  if (key === null) {
    throw new StartError(
      `The key file ${file} is missing, and without it what is sealed in tricorder.db (DSNs, passwords) cannot be read. Restore it from a backup; to start over and forget all that was there, move tricorder.db away too.`,
    );
  }
  const seal = new Seal(key);
  if (sealed === null) {
    db.prepare('INSERT INTO seal_check VALUES (?)').run(seal.seal(CHECK_TEXT));
  } else if (!opens(seal, sealed)) {
    throw new StartError(
      `The key file ${file} is another one than tricorder.db was sealed with. Restore the key from a backup, or choose another --data-dir.`,
    );
  }
  db.storage.watchKey(() => keyGone(file, key));
  return seal;
}

function sealedText(db: Database): string | null {
  const check = db.prepare('SELECT sealed FROM seal_check').get() as { sealed: string } | undefined;
  if (check !== undefined) return check.sealed;
  for (const [table, column] of SEALED) {
    const there = db.prepare('SELECT 1 FROM pragma_table_info(?) WHERE name = ?').get(table, column);
    if (there === undefined) continue;
    const row = db
      .prepare(`SELECT ${column} AS sealed FROM ${table} WHERE ${column} IS NOT NULL LIMIT 1`)
      .get();
    if (row !== undefined) return (row as { sealed: string }).sealed;
  }
  return null;
}

function opens(seal: Seal, sealed: string): boolean {
  try {
    seal.open(sealed);
    return true;
  } catch {
    return false;
  }
}

function makeKey(file: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  try {
    writeKey(file, key);
  } catch (error) {
    throw new StartError(
      `The key file ${file} cannot be written (${(error as Error).message}). Choose another --data-dir.`,
    );
  }
  return key;
}

/** Never over a key: what it sealed would be lost. */
function writeKey(file: string, key: Buffer): void {
  const fd = openSync(file, 'wx', 0o600);
  try {
    writeSync(fd, `${key.toString('base64')}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Null: the file holds this key. Else where the key is saved, as the end of a sentence. */
function keyGone(file: string, key: Buffer): string | null {
  try {
    if (keyIn(readFileSync(file, 'utf8'))?.equals(key)) return null;
  } catch {
    // Not there, or not to be read: gone all the same.
  }
  const saved = `${file}.saved`;
  try {
    writeKey(saved, key);
  } catch {
    // There already, or no room: it is told only where it holds this key.
  }
  try {
    return keyIn(readFileSync(saved, 'utf8'))?.equals(key) ? `; it is saved as ${saved}` : '';
  } catch {
    return '';
  }
}

const keyIn = (text: string): Buffer | null => {
  const key = Buffer.from(text.trim(), 'base64');
  return key.length === KEY_BYTES ? key : null;
};

/** Null: there is no such file. */
function readKey(file: string): Buffer | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
    // Restored from a backup with wider rights: narrow them again.
    if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new StartError(`The key file ${file} cannot be read (${(error as Error).message}).`);
  }
  const key = keyIn(text);
  if (key === null) {
    throw new StartError(
      `The key file ${file} holds no key. Restore it from a backup; without it the saved DSNs cannot be read.`,
    );
  }
  return key;
}
