import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Options, readOptions } from './options.ts';
import { StartError } from './start-error.ts';

const CERT = join(import.meta.dirname, 'postgres/fixtures/server.crt');
const KEY = join(import.meta.dirname, 'postgres/fixtures/server.key');
const TOKEN = 'f1d2'.repeat(8);
const read = (args: string[], env: NodeJS.ProcessEnv = {}) => readOptions(args, env) as Options;

it('has defaults', () => {
  expect(read([])).toEqual({
    port: 4310,
    host: '127.0.0.1',
    dataDir: join(homedir(), '.local/share/tricorder'),
    allowedHosts: new Set(),
    tls: null,
    warnings: [],
    behindProxy: false,
    newLink: false,
    token: null,
  });
  expect(read([], { XDG_DATA_HOME: '/data' }).dataDir).toBe('/data/tricorder');
  expect(read([], { XDG_DATA_HOME: 'relative' }).dataDir).toBe(join(homedir(), '.local/share/tricorder'));
});

it('takes the command line before the environment', () => {
  const env = { PORT: '1', TRICORDER_DATA_DIR: '/from-env', TRICORDER_TOKEN: TOKEN };
  expect(read([], env)).toMatchObject({ port: 1, dataDir: '/from-env', token: TOKEN });
  expect(read(['--port', '2', '--data-dir', '~/x'], env)).toMatchObject({
    port: 2,
    dataDir: join(homedir(), 'x'),
  });
  expect(read([], { PORT: '', TRICORDER_DATA_DIR: '', TRICORDER_TOKEN: '' })).toMatchObject({
    port: 4310,
    token: null,
  });
});

it('opens to other machines only with TLS or when told to', () => {
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'db1']) {
    expect(() => read(['--host', host])).toThrow(/lets other machines in/);
    expect(read(['--host', host, '--insecure-listen']).allowedHosts.size).toBe(1);
  }
  for (const host of ['localhost', '::1', '[::1]']) expect(read(['--host', host]).allowedHosts.size).toBe(0);
  expect(read(['--host', '0.0.0.0', '--tls-cert', CERT, '--tls-key', KEY])).toMatchObject({
    tls: { cert: readFileSync(CERT), key: readFileSync(KEY) },
    warnings: [],
  });
  expect([...read(['--allow-host', 'Console.Example', '--allow-host', 'b']).allowedHosts]).toEqual([
    'console.example',
    'b',
  ]);
});

it('warns of what is read on the way without TLS, and of nothing else', () => {
  expect(read(['--host', '0.0.0.0', '--insecure-listen']).warnings).toEqual([
    expect.stringMatching(
      /listens on 0\.0\.0\.0 without TLS, so tokens, sessions and what the pages show can be read/,
    ),
  ]);
  expect(read(['--insecure-listen']).warnings).toEqual([]);
});

it('knows that a proxy stands before it, and that only a link is wanted', () => {
  expect(read(['--behind-proxy']).behindProxy).toBe(true);
  expect(read(['--new-link', '--data-dir', '/d'])).toMatchObject({ newLink: true, dataDir: '/d' });
});

describe('a certificate and its key', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'tricorder-options-'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));
  afterEach(() => void vi.useRealTimers());

  const file = (name: string, text: string | Buffer): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const withTls = (cert: string, key: string) => read(['--tls-cert', cert, '--tls-key', key]);
  const otherKey = (passphrase?: string) =>
    generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: {
        type: 'pkcs8',
        format: 'pem',
        ...(passphrase !== undefined && { cipher: 'aes-256-cbc', passphrase }),
      },
    }).privateKey;

  it.each([
    ['one without the other', () => read(['--tls-cert', CERT]), /go together/],
    ['that is not there', () => withTls('/nowhere', KEY), /--tls-cert cannot be read/],
    ['a key that is not there', () => withTls(CERT, dir), /--tls-key cannot be read: EISDIR/],
    [
      'swapped',
      () => withTls(KEY, CERT),
      /holds no certificate in PEM, but a key: are --tls-cert and --tls-key swapped\?/,
    ],
    ['a certificate twice', () => withTls(CERT, CERT), /holds no private key in PEM, but a certificate: are/],
    [
      'no PEM',
      () => withTls(file('c', 'cert'), KEY),
      /c \(--tls-cert\) holds no certificate in PEM\. It begins/,
    ],
    [
      'an empty key',
      () => withTls(CERT, file('k', '')),
      /k \(--tls-key\) holds no private key in PEM\. It begins/,
    ],
    [
      'damaged',
      () => withTls(file('c', readFileSync(CERT, 'utf8').replace(/\n[A-Za-z0-9+/]{8}/, '\n')), KEY),
      /c \(--tls-cert\) is damaged: it cannot be read/,
    ],
    [
      'a damaged key',
      () => withTls(CERT, file('k', readFileSync(KEY, 'utf8').replace(/\n[A-Za-z0-9+/]{8}/, '\n'))),
      /k \(--tls-key\) is damaged: it cannot be read/,
    ],
    [
      'of another key',
      () => withTls(CERT, file('k', otherKey())),
      /does not belong to the first certificate/,
    ],
    [
      'a key with a passphrase',
      () => withTls(CERT, file('k', otherKey('secret'))),
      /is encrypted, .* openssl pkey -in \S+ -out FILE/,
    ],
  ])('%s: one clear line, without the insides of OpenSSL', (_, start, message) => {
    expect(start).toThrow(StartError);
    expect(start).toThrow(message);
    expect(start).not.toThrow(/\n|:error:|routines/);
  });

  it('that has ended is warned of, and is no reason not to start', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2130-01-01') });
    expect(withTls(CERT, KEY).warnings).toEqual([expect.stringMatching(/ended on .* 2126 GMT/)]);
  });
});

it.each([
  [['--prot', '1'], {}, /Unknown option '--prot'/],
  [['extra'], {}, /extra/],
  [['--port'], {}, /--port/],
  [['--port', 'x'], {}, /--port is "x"/],
  [['--port', '70000'], {}, /--port is "70000"/],
  [[], { PORT: 'x' }, /PORT is "x"/],
  [[], { TRICORDER_TOKEN: 'short' }, /has 5 characters and needs 32 .*\(openssl rand -hex 32\)$/],
  [[], { TRICORDER_TOKEN: TOKEN.slice(1) }, /has 31 characters and needs 32/],
  [[], { TRICORDER_TOKEN: 'with a space in it' }, /must not contain spaces/],
] as [string[], NodeJS.ProcessEnv, RegExp][])('%j %j is one clear line', (args, env, message) => {
  expect(() => read(args, env)).toThrow(StartError);
  expect(() => read(args, env)).toThrow(message);
  try {
    read(args, env);
  } catch (error) {
    expect((error as Error).message).not.toContain('\n');
  }
});

it('answers --help and --version instead of a start', () => {
  expect(readOptions(['--help'], {})).toBe('help');
  expect(readOptions(['-h'], {})).toBe('help');
  expect(readOptions(['--version'], {})).toBe('version');
});
