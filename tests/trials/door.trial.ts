/** What is thrown at the door by whoever reaches the port, in numbers: guesses, slow requests, floods, what is no HTTP. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Consoles, type Started, TOKEN } from '#server/testing/consoles.ts';

const consoles = new Consoles();
let dir: string;
let tricorder: Started;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tricorder-door-'));
  tricorder = await consoles.start(join(dir, 'data'));
  const created = await tricorder.api('POST', '/clusters', {
    name: 'demo',
    nodes: [{ dsn: 'host=127.0.0.1 port=1 user=x' }],
    unreachable: 'keep',
  });
  expect(created.status).toBe(201);
});
afterAll(async () => {
  await consoles.killAll();
  rmSync(dir, { recursive: true, force: true });
});

const bearer = { authorization: `Bearer ${TOKEN}` };
const metrics = (headers: Record<string, string>) => fetch(`${tricorder.url}/metrics`, { headers });
const files = () => readdirSync(`/proc/${tricorder.pid}/fd`).length;
const megabytes = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${tricorder.pid}/status`, 'utf8'))?.[1]) / 1024;

/**
 * While `work` goes on, the longest that anybody waits for /health, in milliseconds: without what the console waited for a
 * processor, and what this process was held up by itself.
 */
async function worstHealth(work: Promise<unknown>): Promise<number> {
  let over = false;
  void work.finally(() => {
    over = true;
  });
  let worst = 0;
  let heldMs = 0;
  let beat = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    heldMs += Math.max(now - beat - 20, 0);
    beat = now;
  }, 20);
  while (!over) {
    const [began, waited, held] = [performance.now(), tricorder.waitedMs(), heldMs];
    expect((await fetch(`${tricorder.url}/api/v1/health`)).status).toBe(200);
    await sleep(25);
    const own = performance.now() - began - 25 - (tricorder.waitedMs() - waited) - (heldMs - held);
    worst = Math.max(worst, own);
  }
  clearInterval(timer);
  return worst;
}

function open(): Socket {
  const socket = connect(Number(new URL(tricorder.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  // Without a reader its end would not be seen.
  socket.resume();
  return socket;
}

/** All that is answered until the other end closes. */
function sent(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = open();
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });
}

test('300 wrong tokens: ten are judged, and the right one goes on to let in', async () => {
  const statuses: number[] = [];
  for (let n = 0; n < 300; n++) statuses.push((await metrics({ authorization: `Bearer guess-${n}` })).status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(10);
  expect(statuses.filter((status) => status === 429)).toHaveLength(290);
  expect((await metrics(bearer)).status).toBe(200);
  expect((await fetch(`${tricorder.url}/?token=${TOKEN}`, { redirect: 'manual' })).status).toBe(303);
  expect(tricorder.log().split('\n').length).toBeLessThan(30);
});

test.each([
  ['two lengths', 'Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd'],
  ['a length and chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['a coding that is none', 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
  ['a folded header', 'X: a\r\n b\r\n\r\n'],
  ['a NUL in a header', 'X: a\0b\r\n\r\n'],
])('%s: 400, with the headers of every answer, and the connection ends', async (_, rest) => {
  const answer = await sent(`POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\n${rest}`);
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expect(answer).toMatch(/x-content-type-options: nosniff/i);
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
});

test('100 MB to each path: refused before they are read', async () => {
  for (const path of ['/', '/metrics', '/api/v1/session', '/api/v1/clusters', '/nowhere']) {
    const answer = await sent(
      `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${100 << 20}\r\n\r\n${'x'.repeat(4 << 20)}`,
    );
    // Cut off in the midst of what is still being sent, the answer may be lost on the way.
    expect(answer, path).toMatch(/^(HTTP\/1\.1 400 |$)/);
  }
  expect(megabytes()).toBeLessThan(300);
});

test('600 requests that never end: closed within 90 s, and nobody else waits', async () => {
  const before = files();
  const halves = Array.from({ length: 600 }, (_, n) => {
    const socket = open();
    socket.write(
      n % 3 === 0
        ? 'POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{'
        : 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ',
    );
    return new Promise((resolve) => socket.on('close', resolve));
  });
  expect(await worstHealth(Promise.all(halves))).toBeLessThan(1000);
  await sleep(1000);
  expect(files()).toBeLessThan(before + 20);
});

test('streams opened and dropped, 500 at a time, eight times: all are let go', async () => {
  const before = files();
  const rss: number[] = [];
  for (let round = 0; round < 8; round++) {
    const control = new AbortController();
    const streams = Array.from({ length: 500 }, () =>
      fetch(`${tricorder.url}/api/v1/clusters/demo/events`, { headers: bearer, signal: control.signal }),
    );
    expect(await worstHealth(Promise.all(streams))).toBeLessThan(1000);
    control.abort();
    for (let tenths = 0; tenths < 100 && files() > before + 20; tenths++) await sleep(100);
    expect(files()).toBeLessThan(before + 20);
    rss.push(Math.round(megabytes()));
  }
  process.stdout.write(`note: resident after each round ${rss.join(', ')} MB\n`);
  // It has reached what it needs, and grows no more.
  expect(Math.max(...rss.slice(4))).toBeLessThan((rss[3] ?? 0) + 60);
});

test('200 browsers that are put out at once: what each listens to ends', async () => {
  const cookies = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const entered = await fetch(`${tricorder.url}/?token=${TOKEN}`, { redirect: 'manual' });
      return entered.headers.get('set-cookie')?.split(';')[0] ?? '';
    }),
  );
  const ended = cookies.map(async (cookie) => {
    const stream = await fetch(`${tricorder.url}/api/v1/clusters/demo/events`, { headers: { cookie } });
    await stream.text();
  });
  await sleep(2000);
  const { body } = await tricorder.api('DELETE', '/sessions');
  expect(body.ended).toBeGreaterThanOrEqual(200);
  await Promise.all(ended);
  for (const cookie of cookies.slice(0, 5)) {
    expect((await fetch(`${tricorder.url}/api/v1/clusters`, { headers: { cookie } })).status).toBe(401);
  }
});
