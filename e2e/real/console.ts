/** The console as a user starts it, with a data dir and a port of its own; gone, with its servers, after the test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as watched } from '#e2e/watched-page.ts';

export interface Console {
  url: string;
  token: string;
  dataDir: string;
  /** Fetches from the API with the console's token. */
  api: <T>(path: string, init?: RequestInit) => Promise<T>;
  /** Ends it as a crash would. */
  kill: () => Promise<void>;
  stop: () => Promise<void>;
  start: () => Promise<void>;
}

const TOKEN = 'end-to-end-token-of-32-characters';

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await closed;
}

export async function startConsole(): Promise<Console & { remove: () => Promise<void> }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tricorder-e2e-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;

  const start = async () => {
    const started = spawn(
      process.execPath,
      ['scripts/start.mjs', '--port', String(port), '--data-dir', dataDir],
      {
        env: { ...process.env, TRICORDER_TOKEN: TOKEN },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    child = started;
    let output = '';
    started.stdout?.on('data', (data) => {
      output += data;
    });
    started.stderr?.on('data', (data) => {
      output += data;
    });
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      if (started.exitCode !== null)
        throw new Error(`the console ended with ${started.exitCode}:\n${output}`);
      const answer = await fetch(`${url}/api/v1/health`).catch(() => null);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the console did not answer:\n${output}`);
  };
  await start();
  return {
    url,
    token: TOKEN,
    dataDir,
    api: async (path, init = {}) => {
      const answer = await fetch(`${url}/api/v1${path}`, {
        ...init,
        headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...init.headers },
      });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    start,
    kill: async () => child && ended(child, 'SIGKILL'),
    stop: async () => child && ended(child, 'SIGTERM'),
    remove: async () => {
      if (child) await ended(child, 'SIGTERM');
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export const test = watched.extend<{ enter: (path?: string) => Promise<void> }, { tricorder: Console }>({
  tricorder: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of what a fixture needs from this pattern
    async ({}, use) => {
      const started = await startConsole();
      await use(started);
      await started.remove();
    },
    { scope: 'worker' },
  ],
  /** Opens the page by the link with the token, then the path. */
  enter: async ({ page, tricorder }, use) => {
    await use(async (path = '/') => {
      await page.goto(`${tricorder.url}/?token=${TOKEN}`);
      if (path !== '/') await page.goto(`${tricorder.url}${path}`);
    });
  },
});
