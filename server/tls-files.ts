/** The certificate and key of --tls-cert and --tls-key. Every fault of theirs is one clear line. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { StartError } from './start-error.ts';

export interface Tls {
  cert: Buffer;
  key: Buffer;
  /** For the log; null: nothing. */
  warning: string | null;
}

/** Null: neither was given. Throws StartError: one without the other, not to be read, not PEM, not of each other. */
export function readTls(certFile: string | undefined, keyFile: string | undefined): Tls | null {
  if (certFile === undefined && keyFile === undefined) return null;
  if (certFile === undefined || keyFile === undefined)
    throw new StartError('--tls-cert and --tls-key go together.');
  const cert = read(certFile, '--tls-cert');
  const key = read(keyFile, '--tls-key');
  const certificate = parseCertificate(cert, certFile);
  const privateKey = parseKey(key, keyFile);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new StartError(
      `The key in ${keyFile} (--tls-key) does not belong to the first certificate in ${certFile} (--tls-cert). Give the key that the certificate was made for; in a chain the server's own certificate comes first.`,
    );
  }
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw new StartError(
      `The certificate in ${certFile} (--tls-cert) cannot be used for TLS: ${(error as Error).message}.`,
    );
  }
  return {
    cert,
    key,
    // No reason not to start: whoever needs the console now can still accept it.
    warning:
      Date.parse(certificate.validTo) < Date.now()
        ? `The certificate in ${certFile} (--tls-cert) ended on ${certificate.validTo}: browsers refuse it. Renew it, and start again.`
        : null,
  };
}

function read(file: string, option: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new StartError(`The file of ${option} cannot be read: ${(error as Error).message}.`);
  }
}

const has = (pem: Buffer, what: RegExp): boolean => what.test(pem.toString('latin1'));
const CERTIFICATE = /-----BEGIN (TRUSTED )?CERTIFICATE-----/;
const KEY = /-----BEGIN ([A-Z0-9]+ )?PRIVATE KEY-----/;

function parseCertificate(pem: Buffer, file: string): X509Certificate {
  if (!has(pem, CERTIFICATE)) {
    const swapped = has(pem, KEY) ? ', but a key: are --tls-cert and --tls-key swapped?' : '.';
    throw new StartError(
      `${file} (--tls-cert) holds no certificate in PEM${swapped} It begins with -----BEGIN CERTIFICATE-----.`,
    );
  }
  try {
    return new X509Certificate(pem);
  } catch {
    throw new StartError(
      `The certificate in ${file} (--tls-cert) is damaged: it cannot be read. Copy it again.`,
    );
  }
}

function parseKey(pem: Buffer, file: string): ReturnType<typeof createPrivateKey> {
  if (has(pem, /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/)) {
    throw new StartError(
      `The key in ${file} (--tls-key) is encrypted, and the console has nobody to ask for its passphrase. Decrypt it: openssl pkey -in ${file} -out FILE`,
    );
  }
  if (!has(pem, KEY)) {
    const swapped = has(pem, CERTIFICATE)
      ? ', but a certificate: are --tls-cert and --tls-key swapped?'
      : '.';
    throw new StartError(
      `${file} (--tls-key) holds no private key in PEM${swapped} It begins with -----BEGIN PRIVATE KEY-----.`,
    );
  }
  try {
    return createPrivateKey(pem);
  } catch {
    throw new StartError(`The key in ${file} (--tls-key) is damaged: it cannot be read. Copy it again.`);
  }
}
