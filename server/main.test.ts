/** The console as a process: how it starts, what it says when it cannot, and that it ends. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { PROJECT_ROOT } from './project-root.ts';

// Below node_modules, so that the packages are found from there; its own, since this file may run twice at a time.
const CACHE = join(PROJECT_ROOT, 'node_modules/.cache');
mkdirSync(CACHE, { recursive: true });
const OUT = mkdtempSync(join(CACHE, 'tricorder-main-test-'));
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
  return followed(
    spawn(process.execPath, [join(OUT, 'main.js'), ...args], {
      env: { ...rest, TRICORDER_DATA_DIR: join(dir, 'data'), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
}

function followed(child: ChildProcess): { child: ChildProcess; output: Output } {
  children.add(child);
  const output = { out: '', err: '' };
  child.stdout?.on('data', (chunk) => {
    output.out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
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
    const link = /(http:\/\/\S+)\s/.exec(output.out)?.[1];
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
  // Who came in, and nothing else.
  expect(running.output.err).toMatch(
    /^\S+ info door: \S+ at 127\.0\.0\.1 was let in by a link printed at startup\n$/,
  );
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

it('keeps what it writes to its own account, and narrows a data dir that was open', async () => {
  const dataDir = join(dir, 'data');
  mkdirSync(dataDir);
  chmodSync(dataDir, 0o755);
  writeFileSync(join(dataDir, 'console.pid'), '1\n');
  chmodSync(join(dataDir, 'console.pid'), 0o644);
  const running = run(['--port', '0']);
  await started(running);
  const modeOf = (name: string) => statSync(join(dataDir, name)).mode & 0o777;
  expect(modeOf('.')).toBe(0o700);
  for (const name of readdirSync(dataDir)) {
    expect(modeOf(name), name).toBe(statSync(join(dataDir, name)).isDirectory() ? 0o700 : 0o600);
  }
  expect(running.output.err).toMatch(/warn The data dir .* \(mode 0755\) and is 0700 now/);
  expect(running.output.err).toMatch(/console\.pid \(0644\)/);
});

it('gives another link beside a running console, without a restart', async () => {
  const none = run(['--new-link', '--data-dir', join(dir, 'nowhere')]);
  expect((await ended(none.child)).code).toBe(1);
  expect(none.output.err).toMatch(/^tricorder: There is no data dir .*\n$/);
  const first = run(['--port', '0']);
  const { origin } = new URL(await started(first));
  const beside = run(['--new-link']);
  expect((await ended(beside.child)).code).toBe(0);
  const [link = ''] = beside.output.out.split('\n');
  expect(link).toMatch(new RegExp(`^${origin}/\\?token=[\\w-]{32}$`));
  const status = async () => (await fetch(link, { redirect: 'manual' })).status;
  expect([await status(), await status()]).toEqual([303, 401]);
  expect(first.output.err).toMatch(/info door: .* was let in by a link made by --new-link/);
  await ended(first.child, 'SIGTERM');
  const after = run(['--new-link']);
  expect((await ended(after.child)).code).toBe(1);
  expect(after.output.err).toMatch(/^tricorder: No console runs on the data dir .*\n$/);
  expect(after.output.out).toBe('');
});

it('ends the sessions of another TRICORDER_TOKEN, and not those of links', async () => {
  const [one, other] = ['1'.repeat(32), '2'.repeat(32)];
  const first = run(['--port', '0'], { TRICORDER_TOKEN: one });
  const link = new URL(await started(first));
  const cookieBy = async (token: string) =>
    (await fetch(`${link.origin}/?token=${token}`, { redirect: 'manual' })).headers
      .get('set-cookie')
      ?.split(';')[0] ?? '';
  const cookies = [await cookieBy(one), await cookieBy(link.searchParams.get('token') ?? '')];
  await ended(first.child, 'SIGTERM');
  const second = run(['--port', link.port], { TRICORDER_TOKEN: other });
  await started(second);
  const statuses = await Promise.all(
    cookies.map(
      async (cookie) => (await fetch(`${link.origin}/api/v1/console`, { headers: { cookie } })).status,
    ),
  );
  expect(statuses).toEqual([401, 200]);
  expect(second.output.err).toMatch(/info door: 1 session of another TRICORDER_TOKEN was ended/);
});

it('answers what is no request with the headers of every answer', async () => {
  const running = run(['--port', '0']);
  const { port } = new URL(await started(running));
  const raw = (text: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', () => undefined);
    });
  for (const [text, status] of [
    ['GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, 431],
  ] as const) {
    const answer = await raw(text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/x-content-type-options: nosniff/);
    expect(answer).toMatch(/cache-control: no-store/);
  }
});

it('goes on where its files may grow no further, and says why', async () => {
  const token = 'f'.repeat(32);
  // In blocks of 512 bytes, or of 1024 where sh is bash.
  const child = spawn(
    'sh',
    ['-c', 'ulimit -f 1600 && exec "$0" "$@"', process.execPath, join(OUT, 'main.js')],
    {
      env: { ...process.env, PORT: '0', TRICORDER_TOKEN: token, TRICORDER_DATA_DIR: join(dir, 'data') },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const running = followed(child);
  const { origin } = new URL(await started(running));
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const dsn = `host=h user=${'u'.repeat(4000)}`;
  const body = JSON.stringify({
    name: 'large',
    nodes: Array.from({ length: 16 }, (_, n) => ({ name: `n${n}`, dsn, peerDsn: dsn, location: null })),
  });
  let answer: Response;
  do answer = await fetch(`${origin}/api/v1/deploys`, { method: 'POST', headers, body });
  while (answer.ok);
  expect(answer.status).toBe(507);
  expect((await answer.json()).message).toMatch(
    /^Files in the data dir \S+ cannot grow any further \(EFBIG, ulimit -f\): history is not kept/,
  );
  expect(await (await fetch(`${origin}/api/v1/health`)).json()).toMatchObject({
    status: 'ok',
    storage: { state: 'full' },
  });
  expect(running.output.err).toMatch(/ error Files in the data dir .* cannot grow any further \(EFBIG/);
  expect((await ended(child, 'SIGTERM')).code).toBe(0);
});

const hasScript =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true;

it.runIf(hasScript)('gives another link at Enter in its terminal', async () => {
  const child = spawn(
    'script',
    [
      '-qefc',
      `exec ${process.execPath} ${join(OUT, 'main.js')} --port 0 --data-dir ${join(dir, 'data')}`,
      '/dev/null',
    ],
    { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, TRICORDER_TOKEN: '' } },
  );
  children.add(child);
  ends.set(child, new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal }))));
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  const said = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(out);
      if (found !== null) return found[1] ?? '';
      await new Promise((resolve) => child.stdout.once('data', resolve));
    }
  };
  const first = await said(/is at (http:\/\/\S+)\s/);
  await said(/(Enter prints another)/);
  expect((await fetch(first, { redirect: 'manual' })).status).toBe(303);
  expect((await fetch(first, { redirect: 'manual' })).status).toBe(401);
  child.stdin.write('\r');
  const another = await said(/Another link: (http:\/\/\S+)\s/);
  expect((await fetch(another, { redirect: 'manual' })).status).toBe(303);
  // Ctrl-C, as the terminal sends it.
  child.stdin.write('\u0003');
  expect((await ended(child)).code).toBe(0);
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
  [
    [],
    { TRICORDER_TOKEN: 'too-short' },
    /^tricorder: TRICORDER_TOKEN has 9 characters .*\(openssl rand -hex 32\)\n$/,
  ],
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
