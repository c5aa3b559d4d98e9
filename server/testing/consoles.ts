/** For trials: consoles as a user starts them, each a process of its own, which may be killed at any moment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { PROJECT_ROOT } from '#server/project-root.ts';

export const TOKEN = 'trial'.padEnd(32, '-of-a-console');

export interface Started {
  pid: number;
  url: string;
  /** How long it has waited for a processor, in milliseconds: what other programs take of the machine. */
  waitedMs(): number;
  /** What it has logged so far; empty where its log goes to a file. */
  log(): string;
  api(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Its exit code; null: a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export class Consoles {
  readonly #children = new Set<ChildProcess>();

  /** `stderr`: a file descriptor for its log. Resolves when it listens; rejects with what it said when it does not. */
  async start(dataDir: string, stderr: number | 'pipe' = 'pipe'): Promise<Started> {
    const child = this.#launch(dataDir, [], stderr);
    let out = '';
    let err = '';
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout?.on('data', (chunk) => {
        out += chunk;
        const found = /is at (http:\/\/[^/\s]+)/.exec(out)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once('exit', (code, signal) =>
        reject(new Error(`the console ended with ${code ?? signal}: ${err}`)),
      );
    });
    return {
      pid: child.pid ?? 0,
      url,
      waitedMs: () => waitedMs(child.pid ?? 0),
      log: () => err,
      async api(method, path, body) {
        const answer = await fetch(`${url}/api/v1${path}`, {
          method,
          headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        return { status: answer.status, body: await answer.json() };
      },
      async end(signal) {
        const gone = new Promise<number | null>((resolve) => child.once('exit', resolve));
        child.kill(signal);
        return gone;
      },
    };
  }

  /** Exit code (or the signal that ended it) and all that it said, of one that does not start. */
  async notStarted(
    dataDir: string,
    ...args: string[]
  ): Promise<{ code: number | NodeJS.Signals | null; said: string }> {
    const child = this.#launch(dataDir, args, 'pipe');
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        said += chunk;
      });
    }
    return new Promise((resolve) =>
      child.once('close', (code, signal) => resolve({ code: code ?? signal, said })),
    );
  }

  async killAll(): Promise<void> {
    for (const child of this.#children) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await gone;
    }
    this.#children.clear();
  }

  #launch(dataDir: string, args: string[], stderr: 'pipe' | number): ChildProcess {
    const child = spawn(
      process.execPath,
      ['scripts/start.mjs', '--port', '0', '--data-dir', dataDir, ...args],
      {
        cwd: PROJECT_ROOT,
        env: { ...process.env, TRICORDER_TOKEN: TOKEN },
        stdio: ['ignore', 'pipe', stderr],
      },
    );
    this.#children.add(child);
    return child;
  }
}

function waitedMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}
