/** What the command line and the environment say. Every fault is one clear line. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { portRange } from './sandbox/ports.ts';
import { StartError } from './start-error.ts';
import { readTls, type Tls } from './tls-files.ts';

export interface Options {
  port: number;
  host: string;
  dataDir: string;
  /** Lower case. */
  allowedHosts: Set<string>;
  tls: Tls | null;
  /** What is to be said in the log of the options, a line each. */
  warnings: string[];
  /** A proxy speaks TLS with browsers, and says their addresses in X-Forwarded-For. */
  behindProxy: boolean;
  /** No start: a link for the console that runs on the data dir. */
  newLink: boolean;
  /** TRICORDER_TOKEN; null: only links let in. */
  token: string | null;
}

/** What lets in whoever has it has to be out of reach of guessing: 128 bits as hexadecimal digits. */
const TOKEN_LENGTH = 32;

export const HELP = `Usage: npm start -- [options]

  --port N            listen on this port (PORT; default 4310; 0: any free one)
  --data-dir DIR      where everything is kept (TRICORDER_DATA_DIR; default ${defaultDataDir({})})
  --host ADDRESS      listen elsewhere than on 127.0.0.1; needs --tls-cert and --tls-key, or --insecure-listen
  --allow-host NAME   answer to this host name as well; may be given several times
  --tls-cert FILE     certificate (chain), PEM
  --tls-key FILE      its key, PEM
  --behind-proxy      a reverse proxy speaks TLS with browsers: cookies are Secure, addresses come from X-Forwarded-For
  --insecure-listen   listen elsewhere than on 127.0.0.1 without TLS: tokens and data can be read on the way
  --new-link          print another link for the console that runs on --data-dir, and end
  --version, --help

  TRICORDER_TOKEN     a fixed token of ${TOKEN_LENGTH} characters or more, for scripts (Authorization: Bearer …) and for signing in
  TRICORDER_PG_BIN    folder with postgres, initdb and pg_ctl for sandboxes
  TRICORDER_SANDBOX_PORTS  ports of their servers, FIRST-LAST (default 5501-5980)
`;

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1']);

/** `'help'` and `'version'` are asked for instead of a start. Throws StartError. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): Options | 'help' | 'version' {
  const values = parse(args);
  if (values.help) return 'help';
  if (values.version) return 'version';
  // Said at the start, not at the first sandbox.
  portRange(env);
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
    warnings: warningsOf(host, tls),
    behindProxy: values['behind-proxy'] ?? false,
    newLink: values['new-link'] ?? false,
    token: readToken(env.TRICORDER_TOKEN),
  };
}

function warningsOf(host: string, tls: Tls | null): string[] {
  if (tls !== null) return tls.warning === null ? [] : [tls.warning];
  if (LOOPBACK.has(host)) return [];
  return [
    `--insecure-listen: the console listens on ${host} without TLS, so tokens, sessions and what the pages show can be read on the way.`,
  ];
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
        'behind-proxy': { type: 'boolean' },
        'new-link': { type: 'boolean' },
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
    throw new StartError(`${name} is "${text}", and must be a number from 0 to 65535.`);
  }
  return port;
}

function readToken(token: string | undefined): string | null {
  if (token === undefined || token === '') return null;
  if (/\s/.test(token)) {
    throw new StartError(`TRICORDER_TOKEN must not contain spaces. ${MAKE_ONE}`);
  }
  if (token.length < TOKEN_LENGTH) {
    throw new StartError(
      `TRICORDER_TOKEN has ${token.length} characters and needs ${TOKEN_LENGTH} or more, since it lets in whoever guesses it. ${MAKE_ONE}`,
    );
  }
  return token;
}

const MAKE_ONE = 'Make one: export TRICORDER_TOKEN=$(openssl rand -hex 32)';

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
