/** Files that a DSN names: certificates and keys of this machine. */
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, createSecureContext, type SecureVersion } from 'node:tls';
import type { Keyword } from '#core/dsn/keywords.ts';
import { DsnError } from '#core/dsn/parse.ts';

export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** What a DSN says of TLS; files by their names. */
export interface TlsWish {
  mode: SslMode;
  direct: boolean;
  rootcert: string | null;
  cert: string | null;
  key: string | null;
  passphrase: string | null;
  minVersion: string | null;
  maxVersion: string | null;
}

export interface TlsMaterial {
  options: ConnectionOptions;
  /** The certificate is held against a root; in verify-full the name too. */
  verified: boolean;
}

/** Keywords whose values are files of the machine that connects. */
export const FILE_KEYWORDS = [
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslcrl',
  'sslcrldir',
  'sslkeylogfile',
  'passfile',
  'servicefile',
  'service',
] as const satisfies readonly Keyword[];

const MOST_BYTES = 1 << 20;

/** Reads the files. Throws DsnError. */
export async function tlsMaterial(wish: TlsWish): Promise<TlsMaterial> {
  const { options: trust, verified } = await trusted(wish);
  const options: ConnectionOptions = { ...trust };
  if (wish.cert !== null) options.cert = await readDsnFile(wish.cert, 'sslcert');
  if (wish.key !== null) options.key = await readDsnFile(wish.key, 'sslkey');
  if (wish.passphrase !== null) options.passphrase = wish.passphrase;
  if (wish.minVersion !== null) options.minVersion = wish.minVersion as SecureVersion;
  if (wish.maxVersion !== null) options.maxVersion = wish.maxVersion as SecureVersion;
  checkContents(wish, options);
  return { options, verified };
}

/** libpq holds the certificate against the root certificates in every mode, if they are there; the name in verify-full only. */
async function trusted({ mode, rootcert }: TlsWish): Promise<TlsMaterial> {
  if (rootcert === 'system') return { options: { rejectUnauthorized: true }, verified: true };
  const file = rootcert ?? join(homedir(), '.postgresql', 'root.crt');
  const demanded = mode === 'verify-ca' || mode === 'verify-full';
  if (!demanded && !(await isThere(file))) return { options: { rejectUnauthorized: false }, verified: false };
  const options: ConnectionOptions = { ca: await readDsnFile(file, 'sslrootcert'), rejectUnauthorized: true };
  if (mode !== 'verify-full') options.checkServerIdentity = () => undefined;
  return { options, verified: true };
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** One sentence for all causes: an answer must not tell which files this machine has, and of which kind. */
const unusable = (keyword: string): DsnError =>
  new DsnError(
    `The file that ${keyword} names cannot be used. It must be a regular file on the console's machine, of at most 1 MB, that the console can read, with a certificate or key in PEM.`,
  );

/** Without waiting for whoever is to write into a pipe. Throws DsnError. */
async function readDsnFile(file: string, keyword: string): Promise<Buffer> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const about = await handle.stat();
      if (!about.isFile() || about.size > MOST_BYTES) throw unusable(keyword);
      const buffer = Buffer.alloc(MOST_BYTES + 1);
      let size = 0;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, size, buffer.length - size);
        size += bytesRead;
        // It may say that it is empty and have no end, as files of /proc may.
        if (size > MOST_BYTES) throw unusable(keyword);
        if (bytesRead === 0) return buffer.subarray(0, size);
      }
    } finally {
      await handle.close();
    }
  } catch {
    throw unusable(keyword);
  }
}

/** OpenSSL reads them once, and what it refuses is told of the file that it is in. */
function checkContents({ passphrase }: TlsWish, options: ConnectionOptions): void {
  // Of what has no certificate in it OpenSSL trusts nobody, and says nothing.
  if (options.ca !== undefined && !/-----BEGIN [\w ]{0,20}CERTIFICATE-----/.test(String(options.ca))) {
    throw unusable('sslrootcert');
  }
  const keywords = [
    ['sslrootcert', { ca: options.ca }],
    ['sslcert', { cert: options.cert }],
    ['sslkey', { key: options.key, ...(passphrase === null ? {} : { passphrase }) }],
  ] as const;
  for (const [keyword, part] of keywords) {
    if (Object.values(part)[0] === undefined) continue;
    try {
      createSecureContext(part);
    } catch {
      throw unusable(keyword);
    }
  }
  const given = [options.ca, options.cert, options.key, options.minVersion, options.maxVersion];
  if (given.every((each) => each === undefined)) return;
  try {
    options.secureContext = createSecureContext(options);
  } catch {
    throw new DsnError(
      'sslcert and sslkey do not belong together, or TLS versions are asked for that OpenSSL refuses.',
    );
  }
}
