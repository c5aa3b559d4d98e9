/** Seals secrets at rest: AES-256-GCM under a key that stands in a file of its own (0600) in the data dir. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '#server/start-error.ts';

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

/** Reads the data dir's key, or makes it. Throws StartError when the file is there and is no key. */
export function openSeal(dataDir: string): Seal {
  const file = join(dataDir, 'seal.key');
  let key = readKey(file);
  if (key === null) {
    key = randomBytes(KEY_BYTES);
    try {
      // 'wx' never overwrites a key: what it sealed would be lost.
      const fd = openSync(file, 'wx', 0o600);
      writeSync(fd, `${key.toString('base64')}\n`);
      fsyncSync(fd);
      closeSync(fd);
    } catch (error) {
      throw new StartError(
        `The key file ${file} cannot be written (${(error as Error).message}). Choose another --data-dir.`,
      );
    }
  }
  return new Seal(key);
}

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
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== KEY_BYTES) {
    throw new StartError(
      `The key file ${file} holds no key. Restore it from a backup; without it the saved DSNs cannot be read.`,
    );
  }
  return key;
}
