/**
 * For tests: PostgreSQL servers as a DBA would bring them to a deploy, each with a database of its own and a superuser
 * with a password. On what `findEngines` finds: the real Spock by TRICORDER_PG_BIN, else the stand-in.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile, chmod, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '#core/engines/engine.ts';
import { asAccount, giveTo } from '#server/sandbox/account.ts';
import { findEngines, type PgEngine } from '#server/sandbox/engines.ts';
import { initialise } from '#server/sandbox/initdb.ts';
import { freePorts } from '#server/sandbox/ports.ts';
import { killAllIn, postmasterOf, processesIn, signal } from '#server/sandbox/processes.ts';
import { HOST_BASED_ACCESS, SANDBOX_USER, serverSettings } from '#server/sandbox/settings.ts';
import { buildStandin } from '#server/sandbox/standin/install.ts';
import { Asking } from './ask.ts';
import { makeDataFolders } from './data-folders.ts';
import { guardFolder } from './server-guard.ts';

const READY_WITHIN_MS = 60_000;
const GONE_WITHIN_MS = 5000;

export const BARE_DATABASE = 'orders';

export interface BareOptions {
  /** With the settings that Spock needs; false: as initdb leaves them, so that a deploy must set them and have a restart. */
  prepared: boolean;
  /** The server collects its log in its data folder, where SQL can read it; else it goes to a file of the test's. */
  logged?: boolean;
  /** Further arguments of `postgres`: `-c wal_level=replica`. */
  commandLine?: readonly string[];
  /** Lines of postgresql.conf that win over all others: `max_replication_slots = 1`. */
  settings?: string;
  /** Folders with `postgres` of the servers, in order, where they differ; those of no entry run what `findEngines` finds. */
  bins?: readonly (string | undefined)[];
}

/** The servers, counted from 1. */
export interface BareServers {
  /** Of all that have no `bins` entry. */
  engine: PgEngine;
  count: number;
  user: string;
  password: string;
  port(n: number): number;
  /** libpq's `key=value`, with the password. */
  dsn(n: number, database?: string): string;
  /** Rows of the last statement. Throws with the server's words. */
  sql(n: number, text: string, database?: string): Promise<Row[]>;
  /** Resolves when it takes connections; throws with the end of its log. */
  start(n: number): Promise<void>;
  /** As a service manager does: fast shutdown, then start. */
  restart(n: number): Promise<void>;
  /** Fast shutdown. It stays down until `start`. */
  shutDown(n: number): Promise<void>;
  /** As a power cut does: every process of it is killed. It stays down until `start`. */
  crash(n: number): Promise<void>;
  /** Every process of it stops where it is; its sockets stay open and nothing answers. */
  freeze(n: number): Promise<void>;
  thaw(n: number): Promise<void>;
  /** Made anew at its port by an initdb of its own: another server, with another system identifier. It runs. */
  renew(n: number): Promise<void>;
  running(n: number): Promise<boolean>;
  dataFolder(n: number): string;
  logOf(n: number): Promise<string>;
  /** Ends all and deletes their folders. */
  stop(): Promise<void>;
}

type Launch = (dataFolder: string, log: number) => ChildProcess;

class BareServer {
  readonly port: number;
  readonly dataFolder: string;
  readonly logFile: string;
  readonly #launch: Launch;
  #child: ChildProcess | null = null;

  constructor(port: number, folder: string, name: string, launch: Launch) {
    this.port = port;
    this.#launch = launch;
    this.dataFolder = join(folder, name);
    this.logFile = join(folder, `${name}.log`);
  }

  async start(): Promise<void> {
    if ((await postmasterOf(this.dataFolder)) !== null) return;
    // Left by a killed server; its number may be another process's by now, which PostgreSQL would take for a server.
    await rm(join(this.dataFolder, 'postmaster.pid'), { force: true });
    const log = await open(this.logFile, 'a', 0o600);
    const child = this.#launch(this.dataFolder, log.fd);
    await log.close();
    this.#child = child;
    const over = new Promise<void>((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', () => resolve());
    });
    const deadline = Date.now() + READY_WITHIN_MS;
    while (Date.now() < deadline) {
      await Promise.race([sleep(15), over]);
      if ((await postmasterOf(this.dataFolder))?.status === 'ready') return;
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) break;
    }
    const said = await this.log();
    throw new Error(`the server on port ${this.port} did not start:\n${said.slice(-2000)}`);
  }

  /** What it has said, also where it collects its log itself. */
  async log(): Promise<string> {
    const collected = join(this.dataFolder, 'log');
    const names = await readdir(collected).catch(() => []);
    const files = [this.logFile, ...names.sort().map((name) => join(collected, name))];
    const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
    return texts.join('');
  }

  /** Fast shutdown; what does not go is shut down at once. */
  async shutDown(): Promise<void> {
    for (const name of ['SIGINT', 'SIGQUIT'] as const) {
      const master = await postmasterOf(this.dataFolder);
      if (master === null) return;
      signal(master.pid, name);
      const deadline = Date.now() + GONE_WITHIN_MS;
      while ((await postmasterOf(this.dataFolder)) !== null && Date.now() < deadline) await sleep(15);
    }
    await this.kill();
  }

  async kill(): Promise<void> {
    const child = this.#child;
    const over =
      child === null || child.exitCode !== null || child.signalCode !== null
        ? null
        : new Promise((resolve) => child.once('exit', resolve));
    await killAllIn(this.dataFolder);
    await over;
  }

  /** Again until nothing is new: a server that is not yet stopped may still fork. */
  async freeze(): Promise<void> {
    const stopped = new Set<number>();
    for (;;) {
      const awake = (await processesIn(this.dataFolder)).filter(({ pid }) => !stopped.has(pid));
      if (awake.length === 0) return;
      for (const { pid } of awake) {
        signal(pid, 'SIGSTOP');
        stopped.add(pid);
      }
    }
  }

  async thaw(): Promise<void> {
    for (const { pid } of await processesIn(this.dataFolder)) signal(pid, 'SIGCONT');
  }
}

/** postgresql.conf's lines for one server; those of no `prepared` server say only where it listens. */
async function settingsOf(
  engine: PgEngine,
  port: number,
  standin: string | null,
  options: BareOptions,
): Promise<string> {
  const bare = [
    "listen_addresses = '127.0.0.1'",
    `port = ${port}`,
    "unix_socket_directories = ''",
    'fsync = off',
    ...(standin === null ? [] : [`extension_control_path = '${standin}:$system'`]),
  ];
  const lines = options.prepared ? await serverSettings(engine, port, standin) : bare.join('\n');
  const logged = options.logged === true ? "logging_collector = on\nlog_directory = 'log'" : '';
  return `\n${lines}\n${logged}\n${options.settings ?? ''}\n`;
}

/** Starts `count` servers. However the test ends, killed included, no process and no folder of them is left. */
export async function startBareServers(count: number, options: BareOptions): Promise<BareServers> {
  const folder = await mkdtemp(join(tmpdir(), 'tricorder-bare-'));
  const unguard = guardFolder(folder);
  const servers: BareServer[] = [];
  const sessions = new Asking();
  const stop = async () => {
    sessions.close();
    await Promise.all(servers.map((server) => server.kill()));
    await killAllIn(folder);
    await rm(folder, { recursive: true, force: true });
    unguard();
  };
  try {
    const engineIn = async (bin: string | undefined) => {
      const search = await findEngines(async () => folder, bin);
      if (search.engine === null) throw new Error(search.reason ?? 'no engine');
      return { engine: search.engine, account: search.account };
    };
    const { engine, account } = await engineIn(process.env.TRICORDER_PG_BIN);
    await giveTo(account, folder);
    await chmod(folder, 0o755);
    const names = Array.from({ length: count }, (_, index) => `n${index + 1}`);
    const password = 'bare-secret';
    const engines: PgEngine[] = [];
    for (const [index, name] of names.entries()) {
      const bin = options.bins?.[index];
      const own = bin === undefined ? engine : (await engineIn(bin)).engine;
      engines.push(own);
      if (own !== engine) await makeDataFolders({ engine: own, account, folder, nodes: [name], password });
    }
    // One initdb for all that run the same; what is there already is left.
    await makeDataFolders({ engine, account, folder, nodes: names, password });
    const standin = engines.some(({ spockVersion }) => spockVersion === null)
      ? await buildStandin(join(folder, 'standin'))
      : null;
    const ports = await freePorts(count, new Set(), folder);
    const configure = async (server: BareServer, own: PgEngine) => {
      await appendFile(
        join(server.dataFolder, 'postgresql.conf'),
        await settingsOf(own, server.port, own.spockVersion === null ? standin : null, options),
      );
      await writeFile(join(server.dataFolder, 'pg_hba.conf'), HOST_BASED_ACCESS);
    };
    for (const [index, name] of names.entries()) {
      const own = engines[index] ?? engine;
      const launch = (dataFolder: string, log: number) =>
        spawn(join(own.bin, 'postgres'), ['-D', dataFolder, ...(options.commandLine ?? [])], {
          ...asAccount(account),
          cwd: dataFolder,
          // A group of its own: Ctrl-C is for the test, whose end ends the servers.
          detached: true,
          stdio: ['ignore', log, log],
          env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
        });
      const server = new BareServer(ports[index] ?? 0, folder, name, launch);
      await configure(server, own);
      servers.push(server);
    }
    const at = (n: number): BareServer => {
      const server = servers[n - 1];
      if (server === undefined) throw new Error(`there is no server ${n} of ${count}`);
      return server;
    };
    const dsn = (n: number, database = BARE_DATABASE) =>
      `host=127.0.0.1 port=${at(n).port} dbname=${database} user=${SANDBOX_USER} password=${password}`;
    const sql = (n: number, text: string, database?: string) => sessions.ask(dsn(n, database), text);
    await Promise.all(servers.map((server) => server.start()));
    await Promise.all(servers.map((_, i) => sql(i + 1, `CREATE DATABASE ${BARE_DATABASE}`, 'postgres')));
    return {
      engine,
      count,
      user: SANDBOX_USER,
      password,
      port: (n) => at(n).port,
      dsn,
      sql,
      start: (n) => at(n).start(),
      async restart(n) {
        await at(n).shutDown();
        await at(n).start();
      },
      shutDown: (n) => at(n).shutDown(),
      crash: (n) => at(n).kill(),
      freeze: (n) => at(n).freeze(),
      thaw: (n) => at(n).thaw(),
      async renew(n) {
        const server = at(n);
        const own = engines[n - 1] ?? engine;
        await server.kill();
        await rm(server.dataFolder, { recursive: true, force: true });
        await initialise({ engine: own, account, folder, nodes: [`n${n}`], password });
        await configure(server, own);
        await server.start();
        await sql(n, `CREATE DATABASE ${BARE_DATABASE}`, 'postgres');
      },
      running: async (n) => (await postmasterOf(at(n).dataFolder)) !== null,
      dataFolder: (n) => at(n).dataFolder,
      logOf: (n) => at(n).log(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
