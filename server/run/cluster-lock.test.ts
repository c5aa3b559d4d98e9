import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { until } from '#server/testing/deploy-orders.ts';
import { ClusterLock } from './cluster-lock.ts';

let servers: BareServers;

beforeAll(async () => {
  servers = await startBareServers(2, { prepared: true });
}, 120_000);
afterAll(() => servers?.stop());

const lockOf = () =>
  new ClusterLock(
    new Map([
      ['n1', servers.dsn(1)],
      ['n2', servers.dsn(2)],
    ]),
  );
const HELD = "SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory'";
const FREE = "SELECT count(*) = 0 AS free FROM pg_locks WHERE locktype = 'advisory'";

test('one run holds it on every node; another is told who does', async () => {
  const [first, second] = [lockOf(), lockOf()];
  expect(await first.take()).toEqual([]);
  for (const n of [1, 2]) await until(servers, n, HELD);
  const refused = await second.take();
  expect(refused.map(({ node }) => node)).toEqual(['n1', 'n2']);
  expect(refused[0]?.refusal.message).toMatch(
    /^Another console is changing n1 \(tricorder, from 127\.0\.0\.1, since /,
  );
  await first.release();
  // At once: what is asked next must not meet the lock of what has ended.
  for (const n of [1, 2]) expect(await servers.sql(n, FREE)).toEqual([{ free: true }]);
  await second.release();
});

test('a holder that is about to go is waited for', async () => {
  const [first, second] = [lockOf(), lockOf()];
  expect(await first.take()).toEqual([]);
  const taking = second.take();
  setTimeout(() => void first.release(), 300);
  expect(await taking).toEqual([]);
  await second.release();
});

test('it is taken again after a restart of the server, by steps side by side once', async () => {
  const lock = lockOf();
  expect(await lock.take()).toEqual([]);
  await servers.restart(2);
  await until(servers, 2, FREE);
  expect(await Promise.all([lock.hold('n2'), lock.hold('n2'), lock.hold('n1')])).toEqual([null, null, null]);
  for (const n of [1, 2]) await until(servers, n, HELD);
  await lock.release();
});

test('a node that does not answer holds up no run on the others, and its own steps say why', async () => {
  await servers.crash(2);
  const lock = lockOf();
  expect(await lock.take()).toEqual([]);
  await until(servers, 1, HELD);
  expect(await lock.hold('n2')).toMatchObject({ remedy: 'Bring n2 back, then resume.' });
  await lock.release();
});
