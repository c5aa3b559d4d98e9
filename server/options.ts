/** What the command line and the environment say. Every fault is one clear line. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { StartError } from './start-error.ts';

export interface Options {
  port: number;
  host: string;
  dataDir: string;
  /** Lower case. */
  allowedHosts: Set<string>;
  tls: { cert: Buffer; key: Buffer } | null;
  /** TRICORDER_TOKEN; null: only the printed link lets in. */
  token: string | null;
}

export const HELP = `Usage: npm start -- [options]

  --port N            listen on this port (PORT; default 4310; 0: any free one)
  --data-dir DIR      where everything is kept (TRICORDER_DATA_DIR; default ${defaultDataDir({})})
  --host ADDRESS      listen elsewhere than on 127.0.0.1; needs --tls-cert and --tls-key, or --insecure-listen
  --allow-host NAME   answer to this host name as well; may be given several times
  --tls-cert FILE     certificate (chain), PEM
  --tls-key FILE      its key, PEM
  --insecure-listen   listen elsewhere than on 127.0.0.1 without TLS: tokens and data can be read on the way
  --version, --help

  TRICORDER_TOKEN     a fixed token for scripts (Authorization: Bearer …) and for logging in
  TRICORDER_PG_BIN    folder with postgres, initdb and pg_ctl for sandboxes
`;

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);

/** `'help'` and `'version'` are asked for instead of a start. Throws StartError. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): Options | 'help' | 'version' {
  const values = parse(args);
  if (values.help) return 'help';
  if (values.version) return 'version';
  const host = unbracketed(values.host ?? '127.0.0.1');
  const tls = readTls(values['tls-cert'], values['tls-key']);
  if (!LOOPBACK.has(host) && tls === null && !values['insecure-listen']) {
    throw new StartError(
      `--host ${host} lets other machines in. Give --tls-cert and --tls-key, or --insecure-listen to do it without TLS.`,
    );
  }
  const allowedHosts = new Set((values['allow-host'] ?? []).map((name) => name.toLowerCase()));
  if (!LOOPBACK.has(host))
    allowedHosts.add(host.includes(':') ? `[${host.toLowerCase()}]` : host.toLowerCase());
  return {
    port: readPort(values.port, env.PORT),
    host,
    dataDir: resolve(expandHome(values['data-dir'] ?? (env.TRICORDER_DATA_DIR || defaultDataDir(env)))),
    allowedHosts,
    tls,
    token: readToken(env.TRICORDER_TOKEN),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: false,
      options: {
        port: { type: 'string' },
        'data-dir': { type: 'string' },
        host: { type: 'string' },
        'allow-host': { type: 'string', multiple: true },
        'tls-cert': { type: 'string' },
        'tls-key': { type: 'string' },
        'insecure-listen': { type: 'boolean' },
        version: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const text = (error as Error).message.split('\n')[0]?.replace(/\. To specify.*$/, '');
    throw new StartError(`${text}. Options are listed by --help.`);
  }
}

function readPort(option: string | undefined, env: string | undefined): number {
  const text = option ?? (env || '4310');
  const port = /^\d{1,5}$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65_535) {
    const name = option === undefined ? 'PORT' : '--port';
    throw new StartError(`${name} is "${text}", and has to be a number from 0 to 65535.`);
  }
  return port;
}

function readTls(cert: string | undefined, key: string | undefined): Options['tls'] {
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) throw new StartError('--tls-cert and --tls-key go together.');
  const read = (file: string, option: string) => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new StartError(`The file of ${option} cannot be read: ${(error as Error).message}.`);
    }
  };
  return { cert: read(cert, '--tls-cert'), key: read(key, '--tls-key') };
}

/** A short token could be guessed in spite of the limit on wrong ones. */
function readToken(token: string | undefined): string | null {
  if (token === undefined || token === '') return null;
  if (token.length < 8 || /\s/.test(token)) {
    throw new StartError('TRICORDER_TOKEN has to have 8 characters or more, without spaces.');
  }
  return token;
}

function defaultDataDir(env: NodeJS.ProcessEnv): string {
  const data = env.XDG_DATA_HOME;
  const base = data !== undefined && isAbsolute(data) ? data : join(homedir(), '.local', 'share');
  return join(base, 'tricorder');
}

function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path;
}

function unbracketed(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}
