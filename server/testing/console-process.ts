/** For tests: the console as it is built, a process of its own, asked over HTTP: what freezes it does not freeze the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { freePorts } from '#server/sandbox/ports.ts';

const TOKEN = 'a-fixed-token-of-thirty-two-characters-for-tests';

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  body: any;
}

export class ConsoleProcess {
  /** Inside the project, so that packages are found. */
  readonly #built = join(process.cwd(), 'build', `console-${process.pid}`);
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'tricorder-console-'));
  #child: ChildProcess | null = null;
  #exit: Promise<number | null> = Promise.resolve(null);
  #url = '';
  /** What it has written on stderr since it was made. */
  log = '';

  async build(): Promise<void> {
    await build({
      configFile: 'vite.server.config.ts',
      logLevel: 'error',
      build: { outDir: this.#built, emptyOutDir: true },
    });
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Ends when it has said where it listens. Throws with what it said where it ended instead. */
  async start(): Promise<void> {
    const [port = 0] = await freePorts(1, new Set(), `console-${process.pid}-${Date.now()}`);
    const child = spawn(process.execPath, [join(this.#built, 'main.js'), '--port', String(port)], {
      env: { ...process.env, TRICORDER_DATA_DIR: this.#dataDir, TRICORDER_TOKEN: TOKEN },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#url = `http://127.0.0.1:${port}`;
    child.stderr.on('data', (text) => {
      this.log += text;
    });
    this.#exit = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    const said = new Promise<boolean>((resolve) => child.stdout.once('data', () => resolve(true)));
    if (!(await Promise.race([said, this.#exit.then(() => false)]))) {
      throw new Error(`the console ended at its start: ${this.log}`);
    }
  }

  /** False: the process has ended by itself. */
  get runs(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  }

  /** Resident memory in MB; null where there is no /proc. */
  get residentMegabytes(): number | null {
    try {
      const pages = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.pid}/status`, 'utf8'))?.[1];
      return pages === undefined ? null : Number(pages) / 1024;
    } catch {
      return null;
    }
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.runs) this.#child?.kill(signal);
    await this.#exit;
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    rmSync(this.#built, { recursive: true, force: true });
    rmSync(this.#dataDir, { recursive: true, force: true });
  }
}

/** Of a process' main thread, in milliseconds: how long it ran, and waited for a processor that others had. Linux only, else 0. */
function processorOf(pid: number): { ranMs: number; waitedMs: number } {
  try {
    const [ran = 0, waited = 0] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8')
      .split(' ')
      .map(Number);
    return { ranMs: ran / 1e6, waitedMs: waited / 1e6 };
  } catch {
    return { ranMs: 0, waitedMs: 0 };
  }
}

export interface Health {
  asked: number;
  /** The longest that an answer took, without what this process was busy, and what either waited for a processor. */
  worstMs: number;
  /** The longest that the console was busy until it answered. */
  worstRanMs: number;
  /** Answers other than 200 ok, and none within 10 s. */
  bad: string[];
}

/** Asks for /health again and again until it is told to stop. */
export function watchHealth(console: ConsoleProcess): { stop(): Promise<Health> } {
  const health: Health = { asked: 0, worstMs: 0, worstRanMs: 0, bad: [] };
  let over = false;
  const done = (async () => {
    while (!over) {
      const before = [processorOf(console.pid), processorOf(process.pid)] as const;
      const start = performance.now();
      const answer = await Promise.race([
        console
          .ask('GET', '/health')
          .catch((error: Error) => ({ status: 0, body: String(error.cause ?? error) })),
        new Promise<{ status: number; body: unknown }>((resolve) =>
          setTimeout(() => resolve({ status: 0, body: 'no answer within 10 s' }), 10_000).unref(),
        ),
      ]);
      health.asked++;
      const tookMs = performance.now() - start;
      const [theirs, ours] = [processorOf(console.pid), processorOf(process.pid)] as const;
      const othersMs =
        theirs.waitedMs -
        before[0].waitedMs +
        (ours.waitedMs - before[1].waitedMs) +
        (ours.ranMs - before[1].ranMs);
      health.worstMs = Math.max(health.worstMs, tookMs - othersMs);
      health.worstRanMs = Math.max(health.worstRanMs, theirs.ranMs - before[0].ranMs);
      if (answer.status !== 200) health.bad.push(`${answer.status} ${JSON.stringify(answer.body)}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  })();
  return {
    async stop() {
      over = true;
      await done;
      return health;
    },
  };
}
