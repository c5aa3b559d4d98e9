/** The console as a process: how it starts, what it says when it cannot, and that it ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PROJECT_ROOT } from './project-root.ts';

// Below node_modules, so that the packages are found from there.
const OUT = join(PROJECT_ROOT, 'node_modules/.cache/tricorder-main-test');
let dir: string;
const children = new Set<ChildProcess>();

beforeAll(() =>
  build({
    root: PROJECT_ROOT,
    configFile: join(PROJECT_ROOT, 'vite.server.config.ts'),
    logLevel: 'silent',
    build: { outDir: OUT },
  }),
);
afterAll(() => rmSync(OUT, { recursive: true, force: true }));
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tricorder-main-'));
});
afterEach(async () => {
  await Promise.all([...children].map((child) => ended(child, 'SIGKILL')));
  rmSync(dir, { recursive: true, force: true });
});

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}
const ends = new WeakMap<ChildProcess, Promise<Ended>>();

function ended(child: ChildProcess, signal?: NodeJS.Signals): Promise<Ended> {
  if (signal !== undefined && child.exitCode === null && child.signalCode === null) child.kill(signal);
  return ends.get(child) as Promise<Ended>;
}

interface Output {
  out: string;
  err: string;
}

function run(args: string[], env: NodeJS.ProcessEnv = {}): { child: ChildProcess; output: Output } {
  const { PORT: _port, TRICORDER_TOKEN: _token, ...rest } = process.env;
  const child = spawn(process.execPath, [join(OUT, 'main.js'), ...args], {
    env: { ...rest, TRICORDER_DATA_DIR: join(dir, 'data'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    output.out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.err += chunk;
  });
  ends.set(
    child,
    new Promise((resolve) =>
      child.once('close', (code, signal) => {
        children.delete(child);
        resolve({ code, signal });
      }),
    ),
  );
  return { child, output };
}

/** The link that it prints. */
async function started({ child, output }: ReturnType<typeof run>): Promise<string> {
  for (;;) {
    const link = /(http:\/\/\S+)/.exec(output.out)?.[1];
    if (link !== undefined) return link;
    const next = new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
    if ((await Promise.race([next.then(() => 'data'), ended(child)])) !== 'data') throw new Error(output.err);
  }
}

it('starts, lets the browser in by its link, and ends on SIGTERM within 5 s although a browser listens', async () => {
  const running = run(['--port', '0']);
  const link = await started(running);
  expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/);
  const entered = await fetch(link, { redirect: 'manual' });
  expect(entered.status).toBe(303);
  const { origin } = new URL(link);
  expect(await (await fetch(`${origin}/api/v1/health`)).json()).toMatchObject({ status: 'ok' });
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  const info = await (await fetch(`${origin}/api/v1/console`, { headers: { cookie } })).json();
  expect(info).toMatchObject({ listening: origin, dataDir: join(dir, 'data'), node: process.version });
  const created = await fetch(`${origin}/api/v1/clusters`, {
    method: 'POST',
    headers: { cookie, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'demo',
      nodes: [{ dsn: 'host=127.0.0.1 port=1 user=x' }],
      unreachable: 'keep',
    }),
  });
  expect(created.status).toBe(201);
  const stream = await fetch(`${origin}/api/v1/clusters/demo/events`, { headers: { cookie } });
  const listening = stream.text().catch(() => 'cut off');
  const start = performance.now();
  expect(await ended(running.child, 'SIGTERM')).toEqual({ code: 0, signal: null });
  expect(performance.now() - start).toBeLessThan(5000);
  expect(await listening).toContain('"type":"snapshot"');
  expect(running.output.err).toBe('');
  // The session outlives the console; the link does not.
  const again = run(['--port', new URL(link).port]);
  await started(again);
  expect((await fetch(`${origin}/api/v1/console`, { headers: { cookie } })).status).toBe(200);
  expect((await fetch(link, { redirect: 'manual' })).status).toBe(401);
});

it('is started again after kill -9', async () => {
  const first = run(['--port', '0']);
  await started(first);
  const second = run(['--port', '0']);
  expect((await ended(second.child)).code).toBe(1);
  expect(second.output.err).toMatch(/^tricorder: Another Tricorder \(process \d+\) uses the data dir .*\n$/);
  await ended(first.child, 'SIGKILL');
  const third = run(['--port', '0']);
  await started(third);
  expect((await ended(third.child, 'SIGINT')).code).toBe(0);
});

it('says in one line that the port is taken, and lets the data dir go', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const { child, output } = run([], { PORT: String(port) });
  expect((await ended(child)).code).toBe(1);
  expect(output.err).toBe(
    `tricorder: Port ${port} on 127.0.0.1 is taken by another program. Stop that one, or start with --port N.\n`,
  );
  other.close();
  await started(run(['--port', '0']));
});

it.each([
  [['--prot', '1'], {}, /^tricorder: Unknown option '--prot'.*\n$/],
  [[], { TRICORDER_DATA_DIR: '/dev/null' }, /^tricorder: The data dir \/dev\/null is not a folder.*\n$/],
])('%j %j: one line, and 1', async (args, env, message) => {
  const { child, output } = run(args, env);
  expect((await ended(child)).code).toBe(1);
  expect(output.err).toMatch(message);
  expect(output.out).toBe('');
});

it('prints its help', async () => {
  const { child, output } = run(['--help']);
  expect((await ended(child)).code).toBe(0);
  expect(output.out).toMatch(/--data-dir DIR/);
});
