import { createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { answers, freePorts, portRange, Reservations } from './ports.ts';

const open: Server[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await new Promise((resolve) => server.close(resolve));
});

const listen = (port: number) =>
  new Promise<Server>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, () => resolve(server));
  });

test('free ports are free, distinct, and not those that are promised already', async () => {
  const [first = 0] = await freePorts(1, new Set(), 'seed');
  open.push(await listen(first));
  const ports = await freePorts(3, new Set([first + 1]), 'seed');
  expect(new Set(ports).size).toBe(3);
  expect(ports).not.toContain(first);
  expect(ports).not.toContain(first + 1);
  for (const port of ports) open.push(await listen(port));
});

test('another range of ports, and words for what is none', () => {
  expect(portRange({ TRICORDER_SANDBOX_PORTS: '7001-7009' })).toEqual({ first: 7001, last: 7009 });
  expect(portRange({ TRICORDER_SANDBOX_PORTS: '' })).toEqual(portRange({}));
  for (const none of ['7001', '7009-7001', '80-90', '7001-70010', 'a-b']) {
    expect(() => portRange({ TRICORDER_SANDBOX_PORTS: none })).toThrow(/give a first and a last port/);
  }
});

test('two data dirs look in different places', async () => {
  const seeds = Array.from({ length: 20 }, (_, index) => `/data/${index}`);
  const firsts = await Promise.all(seeds.map(async (seed) => (await freePorts(1, new Set(), seed))[0]));
  expect(new Set(firsts).size).toBeGreaterThan(10);
});

test('a reserved port is kept from others until it is released', async () => {
  const [port = 0] = await freePorts(1, new Set(), 'reserved');
  const reservations = new Reservations();
  expect(await reservations.reserve([port])).toEqual([]);
  expect(await reservations.reserve([port])).toEqual([]);
  await expect(listen(port)).rejects.toThrow('EADDRINUSE');
  expect(await new Reservations().reserve([port])).toEqual([port]);
  await reservations.release(port);
  open.push(await listen(port));
  expect(await answers(port, 1000)).toBe(true);
});
