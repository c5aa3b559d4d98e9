/** The peers' password changed on running servers with Spock: catalogs, role and links after; the stand-in says that it cannot. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ended } from '#server/testing/test-console.ts';
import { codes, startWatchedMesh, stepOf, type WatchedMesh } from '#server/testing/watched-mesh.ts';

const OLD = 'old-0ne-4411';
const NEW = 'n3w one-7733';
const NEXT = 'n3xt one-9955';

let mesh: WatchedMesh;
beforeAll(async () => {
  // The role comes before the nodes that name it; the console itself is another one.
  mesh = await startWatchedMesh(2, {
    subscribed: false,
    peerDsn: (servers, n) =>
      servers
        .dsn(n)
        .replace(/user=\S+/, 'user=repl')
        .replace(/password=\S+/, `password=${OLD}`),
  });
  for (const name of mesh.names)
    await mesh.sql(name, `CREATE ROLE repl LOGIN SUPERUSER REPLICATION PASSWORD '${OLD}'`);
  if (!mesh.real) return;
  const dsns = Object.fromEntries(
    await Promise.all(
      mesh.names.map(async (name) => [
        name,
        String(await mesh.one(name, `SELECT if_dsn FROM spock.node_interface WHERE if_name = '${name}'`)),
      ]),
    ),
  );
  for (const [receiver, provider] of [
    ['n1', 'n2'],
    ['n2', 'n1'],
  ]) {
    await mesh.sql(
      String(receiver),
      `SELECT spock.sub_create('sub_${receiver}${provider}', $d$${dsns[String(provider)]}$d$)`,
    );
  }
  await mesh.replicating();
  await mesh.table('t', 'id int PRIMARY KEY');
});
afterAll(() => mesh?.stop());

const request = (password: string, change: object = {}) =>
  ({ kind: 'peer-password', role: 'repl', password, alterRole: true, ...change }) as const;
const passwords = (node: string) =>
  mesh.one(
    node,
    `SELECT string_agg(DISTINCT substring(if_dsn FROM 'password=(''[^'']*''|\\S+)'), ';') FROM spock.node_interface`,
  );
const verifier = (node: string) => mesh.one(node, `SELECT rolpassword FROM pg_authid WHERE rolname = 'repl'`);

/** Whatever of these texts stands in a file of the console's, its database and journal included. */
function found(texts: string[]): string[] {
  const files = readdirSync(mesh.dataDir, { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  );
  return files.flatMap(({ parentPath, name }) => {
    const bytes = readFileSync(join(parentPath, name));
    return texts.filter((text) => bytes.includes(text)).map((text) => `${name}: ${text}`);
  });
}

test('the stand-in says that it cannot', async () => {
  if (mesh.real) return;
  expect(new Set(codes(await mesh.plan(request(NEW))))).toEqual(new Set(['version']));
});

test('every interface and the role have it, links connect with it, and nobody reads it here', {
  timeout: 120_000,
}, async () => {
  if (!mesh.real) return;
  const before = await verifier('n1');
  const planned = await mesh.plan(request(NEW));
  expect(JSON.stringify(planned)).not.toContain(NEW);
  const run = await mesh.succeed(request(NEW));
  expect(JSON.stringify(run)).not.toContain(NEW);
  for (const node of mesh.names) {
    expect(await passwords(node)).toBe(`'${NEW}'`);
    expect(await verifier(node)).toMatch(/^SCRAM-SHA-256\$4096:/);
    expect(await verifier(node)).not.toBe(before);
  }
  // A server that is started anew has no connection of before.
  await mesh.servers.restart(1);
  await mesh.replicating();
  await mesh.sql('n2', 'INSERT INTO t VALUES (1)');
  await mesh.becomes(1, 'n1', 'SELECT count(*)::int FROM t');
  expect(found([NEW, OLD])).toEqual([]);
});

test('a run that stops is taken back: interfaces, role and links as before', {
  timeout: 120_000,
}, async () => {
  if (!mesh.real) return;
  const before = await Promise.all(mesh.names.map(verifier));
  // The role goes on n2 while the catalogs are written: its step finds none.
  const held = await mesh.hold('n1', 'SELECT FROM spock.node_interface FOR UPDATE');
  const planned = await mesh.plan(request(NEXT));
  expect(codes(planned)).toEqual([]);
  const { id } = await mesh.console.runner.start(planned.id);
  await mesh.sql('n2', 'ALTER ROLE repl RENAME TO gone');
  await held.release();
  const run = await ended(mesh.console, id);
  expect(run.state).toBe('failed');
  expect(stepOf(run, 'role:n2').error?.code).toBe('changed');
  expect(JSON.stringify(run)).not.toContain(NEXT);
  await mesh.sql('n2', 'ALTER ROLE gone RENAME TO repl');
  expect((await mesh.rollback(run)).state).toBe('rolled-back');
  for (const node of mesh.names) expect(await passwords(node)).toBe(`'${NEW}'`);
  expect(await Promise.all(mesh.names.map(verifier))).toEqual(before);
  await mesh.servers.restart(2);
  await mesh.replicating();
  expect(found([NEXT])).toEqual([]);
});

test('a masked password is asked for again once the plan that held it has run', async () => {
  if (!mesh.real) return;
  const planned = await mesh.plan(request(NEXT));
  expect(planned.request).toMatchObject({ password: '••••', plan: planned.id });
  const again = await mesh.console.runner.plan(planned.request);
  expect(codes(again)).toEqual([]);
  await expect(mesh.plan({ ...request('••••'), plan: 'none' })).rejects.toThrow(/no longer kept/);
});
