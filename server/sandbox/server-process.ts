/** One PostgreSQL server as a child of the console: started, watched, started again when it dies, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '#server/log.ts';
import { type Account, asAccount, giveTo } from './account.ts';
import type { PgEngine } from './engines.ts';
import { killAllIn, postmasterOf, processesIn, signal } from './processes.ts';
import { HOST_BASED_ACCESS, serverSettings } from './settings.ts';

const READY_WITHIN_MS = 60_000;
const LOG_LIMIT = 8 << 20;
/** Long enough for a poll or two to find it gone: who kills a server here wants to see that it is said. */
const FIRST_PAUSE_MS = 2500;
const LONGEST_PAUSE_MS = 30_000;
/** A server that ran this long died anew, not of the same cause: the pause starts from the beginning. */
const STEADY_MS = 60_000;
const ADOPTED_LOOK_MS = 500;

export interface ServerOptions {
  /** For messages: `n1`. */
  node: string;
  /** Asked at each start: npm may have brought another minor version since the last. */
  engine: () => Promise<PgEngine>;
  account: Account | null;
  dataFolder: string;
  logFile: string;
  port: number;
  /** Folder of the stand-in, for extension_control_path; null with the real Spock. */
  extensionFolder: string | null;
  log: Log;
  /** Called after the server died unasked and was started again. */
  onRestart: (node: string, restarts: number) => void;
}

export type ServerState = 'running' | 'starting' | 'stopped' | 'failed';

/** A server that did not start: the last lines of its own log, and what helps. */
export class ServerStartError extends Error {
  override name = 'ServerStartError';
  readonly remedy: string | null;
  constructor(message: string, remedy: string | null) {
    super(message);
    this.remedy = remedy;
  }
}

export function portTaken(port: number): ServerStartError {
  return new ServerStartError(
    `Another program listens on port ${port}.`,
    `Stop it (lsof -i :${port} shows it), then resume; or roll back and deploy again, on other ports.`,
  );
}

export class ServerProcess {
  readonly #options: ServerOptions;
  #child: ChildProcess | null = null;
  #pid: number | null = null;
  #state: ServerState = 'stopped';
  #restarts = 0;
  #wanted = false;
  #starting: Promise<void> | null = null;
  #watching: AbortController | null = null;
  #pause = FIRST_PAUSE_MS;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  get state(): ServerState {
    return this.#state;
  }
  get pid(): number | null {
    return this.#pid;
  }
  get restarts(): number {
    return this.#restarts;
  }
  get port(): number {
    return this.#options.port;
  }

  /** Resolves when the server takes connections; at once when it does already. Throws ServerStartError. From then on it is kept running. */
  start(): Promise<void> {
    this.#wanted = true;
    if (this.#state === 'running') return Promise.resolve();
    this.#starting ??= this.#launch().finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  /**
   * Fast shutdown; what has not gone after two thirds of `withinMs` is shut down at once, and what has not gone then is
   * killed. Resolves when no process of the server is left.
   */
  async stop(withinMs: number): Promise<void> {
    this.#wanted = false;
    this.#watching?.abort();
    const began = Date.now();
    if (await this.#owner()) {
      await this.#askOwner('SIGINT');
      if (!(await this.#gone(began + withinMs * 0.66))) {
        await this.#askOwner('SIGQUIT');
        await this.#gone(began + withinMs * 0.9);
      }
    }
    // A start that was under way has been told by now, or sees before it spawns that it is not wanted any more.
    await Promise.race([
      this.#starting?.catch(() => undefined),
      sleep(Math.max(began + withinMs - Date.now(), 0), undefined, { ref: false }),
    ]);
    await killAllIn(this.#options.dataFolder);
    this.#child = null;
    this.#pid = null;
    this.#state = 'stopped';
  }

  /** A stopped process (SIGSTOP) takes no signal but this: it is woken so that it can obey. */
  #ask(pid: number, name: NodeJS.Signals): void {
    signal(pid, name);
    signal(pid, 'SIGCONT');
  }

  /** The server's main process: our child, also before it has written its postmaster.pid; or one of an earlier console. */
  async #owner(): Promise<number | null> {
    const child = this.#child;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) return child.pid;
    return (await postmasterOf(this.#options.dataFolder))?.pid ?? null;
  }

  async #askOwner(name: NodeJS.Signals): Promise<void> {
    const pid = await this.#owner();
    if (pid !== null) this.#ask(pid, name);
  }

  async #gone(until: number): Promise<boolean> {
    while (Date.now() < until) {
      if ((await this.#owner()) === null) return true;
      await sleep(15);
    }
    return false;
  }

  async #launch(): Promise<void> {
    this.#state = 'starting';
    try {
      if (!(await this.#adopt())) await this.#spawn();
      this.#state = 'running';
    } catch (error) {
      this.#state = 'failed';
      this.#pid = null;
      throw error;
    }
    this.#watch();
  }

  /** Takes over a server that an earlier console left running; false when there is none that runs well. */
  async #adopt(): Promise<boolean> {
    const { dataFolder } = this.#options;
    const master = await postmasterOf(dataFolder);
    if (master !== null && master.status === 'ready' && (await this.#answersOnPort())) {
      this.#pid = master.pid;
      return true;
    }
    if (master !== null) this.#ask(master.pid, 'SIGQUIT');
    await this.#gone(Date.now() + 2000);
    await killAllIn(dataFolder);
    // Left by a killed server. Its number may be another process's by now, which PostgreSQL would take for a server.
    await rm(join(dataFolder, 'postmaster.pid'), { force: true });
    return false;
  }

  /** Its port may have been changed since it was started. */
  async #answersOnPort(): Promise<boolean> {
    const lines = await readFile(join(this.#options.dataFolder, 'postmaster.pid'), 'utf8').catch(() => '');
    return Number(lines.split('\n')[3]) === this.#options.port;
  }

  async #spawn(): Promise<void> {
    const { dataFolder, account, port, extensionFolder, logFile } = this.#options;
    const engine = await this.#options.engine();
    await this.#write('postgresql.conf', await serverSettings(engine, port, extensionFolder));
    await this.#write('pg_hba.conf', HOST_BASED_ACCESS);
    if (((await stat(logFile).catch(() => null))?.size ?? 0) > LOG_LIMIT)
      await rename(logFile, `${logFile}.1`);
    const logHandle = await open(logFile, 'a', 0o600);
    const logStart = (await logHandle.stat()).size;
    let child: ChildProcess;
    try {
      if (!this.#wanted) throw new ServerStartError(`Server ${this.#options.node} is being stopped.`, null);
      child = spawn(join(engine.bin, 'postgres'), ['-D', dataFolder], {
        ...asAccount(account),
        cwd: dataFolder,
        // A group of its own: Ctrl-C in the console's terminal is for the console, which stops the servers in order.
        detached: true,
        stdio: ['ignore', logHandle.fd, logHandle.fd],
        env: { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      });
    } finally {
      await logHandle.close();
    }
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, name) => resolve(`postgres ended with ${name ?? `code ${code}`}`));
    });
    this.#child = child;
    this.#pid = child.pid ?? null;
    const over = await this.#ready(child.pid, ended);
    if (over !== null) {
      this.#child = null;
      throw await startError(this.#options, over, logStart);
    }
  }

  /** Null when the server takes connections, else why it will not. */
  async #ready(pid: number | undefined, ended: Promise<string>): Promise<string | null> {
    let over: string | null = null;
    void ended.then((why) => {
      over = why;
    });
    const deadline = Date.now() + READY_WITHIN_MS;
    while (Date.now() < deadline) {
      await Promise.race([sleep(15), ended]);
      if (over !== null) return over;
      const master = await postmasterOf(this.#options.dataFolder);
      if (master?.pid === pid && master?.status === 'ready') return null;
    }
    if (pid !== undefined) this.#ask(pid, 'SIGKILL');
    return `postgres was not ready within ${READY_WITHIN_MS / 1000} s`;
  }

  async #write(name: string, text: string): Promise<void> {
    const file = join(this.#options.dataFolder, name);
    await writeFile(`${file}.new`, text, { mode: 0o600 });
    await giveTo(this.#options.account, `${file}.new`);
    await rename(`${file}.new`, file);
  }

  /** Waits for the server's end; one that was not asked for is mended. */
  #watch(): void {
    const control = new AbortController();
    this.#watching = control;
    const readyAt = Date.now();
    void this.#ended(control.signal).then(
      () => this.#revive(readyAt, control.signal),
      () => undefined,
    );
  }

  async #ended(over: AbortSignal): Promise<void> {
    const child = this.#child;
    if (child !== null) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      await new Promise<void>((resolve, reject) => {
        child.once('exit', () => resolve());
        over.addEventListener('abort', () => reject(over.reason), { once: true });
      });
      return;
    }
    // Adopted: nobody tells its end to a process that is not its parent.
    while ((await postmasterOf(this.#options.dataFolder))?.pid === this.#pid) {
      await sleep(ADOPTED_LOOK_MS, undefined, { signal: over });
    }
  }

  async #revive(readyAt: number, over: AbortSignal): Promise<void> {
    const { node, log } = this.#options;
    this.#child = null;
    this.#pid = null;
    this.#state = 'starting';
    if (Date.now() - readyAt > STEADY_MS) this.#pause = FIRST_PAUSE_MS;
    log.warn(`sandbox server ${node} exited by itself; it is restarted`);
    while (this.#wanted && !over.aborted) {
      await sleep(this.#pause, undefined, { signal: over }).catch(() => undefined);
      if (over.aborted) return;
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
      this.#restarts++;
      try {
        await this.start();
        this.#options.onRestart(node, this.#restarts);
        return;
      } catch (error) {
        log.error(`sandbox server ${node}: ${(error as Error).message}`);
      }
    }
  }

  /** Whether any process of this server is left, children of a killed server included. */
  async leftovers(): Promise<number> {
    return (await processesIn(this.#options.dataFolder)).length;
  }
}

async function startError(options: ServerOptions, over: string, logStart: number): Promise<ServerStartError> {
  const text = (await readFile(options.logFile, 'utf8').catch(() => '')).slice(logStart);
  const said = text
    .split('\n')
    .filter((line) => /FATAL|PANIC|ERROR|could not|HINT/.test(line))
    .slice(0, 3)
    .map((line) => line.replace(/^\S+ \S+ UTC \[\d+\] /, ''))
    .join(' ');
  const message = `Server ${options.node} did not start: ${said || over}`;
  if (/could not bind|Address already in use/.test(text)) {
    return new ServerStartError(message, portTaken(options.port).remedy);
  }
  if (/No space left/.test(text)) {
    return new ServerStartError(
      message,
      `The disk of ${options.dataFolder} is full. Free some space, then try again.`,
    );
  }
  return new ServerStartError(message, `Its log is ${options.logFile}.`);
}
