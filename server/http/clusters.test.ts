/** Watching a running cluster, on real servers: every bad input has its own words, and what is saved is watched. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { spock } from '#core/engines/spock/spock.ts';
import { startApp, type TestApp } from '#server/testing/app.ts';
import { type Mesh, type MeshNode, startMesh } from '#server/testing/mesh.ts';
import { until } from '#server/testing/servers.ts';

let mesh: Mesh;
let n1: MeshNode;
let n2: MeshNode;
let n3: MeshNode;
let app: TestApp;

const SECRET = 'hunter2-s3cret';

beforeAll(async () => {
  mesh = await startMesh();
  [n1, n2, n3] = mesh.nodes as [MeshNode, MeshNode, MeshNode];
  const folder = String((await n1.rows('SHOW data_directory'))[0]?.data_directory);
  await n1.run(
    'CREATE DATABASE bare',
    'CREATE DATABASE empty',
    "SET password_encryption = 'scram-sha-256'",
    `CREATE ROLE locked LOGIN PASSWORD '${SECRET}'`,
    `COPY (VALUES ('host all locked 127.0.0.1/32 scram-sha-256'), ('host all barred 127.0.0.1/32 reject'),
      ('host all all 127.0.0.1/32 trust')) TO '${folder}/pg_hba.conf'`,
    'SELECT pg_reload_conf()',
    'CREATE ROLE blind LOGIN',
  );
  const inEmpty = await n1.connect();
  await inEmpty.end();
  const { Client } = await import('pg');
  const client = new Client({ host: '127.0.0.1', port: n1.port, user: 'admin', database: 'empty' });
  await client.connect();
  await client.query('CREATE EXTENSION spock');
  await client.end();
});
afterAll(() => mesh?.stop());
beforeEach(async () => {
  app = await startApp();
});
afterEach(() => app.stop());

const create = (nodes: unknown[], more: object = {}) =>
  app.json('POST', '/clusters', { name: 'demo', nodes, ...more });
const dsn = (node: MeshNode, changes: Record<string, string> = {}) =>
  Object.entries({ host: '127.0.0.1', port: node.port, user: 'admin', dbname: 'demo', ...changes })
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');

describe('POST /clusters refuses, on the field, and saves nothing:', () => {
  const cases: [string, () => string, string, RegExp][] = [
    ['a malformed DSN', () => 'host=h prot=5432', 'malformed-dsn', /no connection parameter "prot"/],
    ['a word', () => 'localhost', 'malformed-dsn', /such as postgres:/],
    ['an address alone', () => '10.1.0.4:5432', 'malformed-dsn', /such as postgres:/],
    ['a service', () => 'service=prod', 'malformed-dsn', /service files/],
    ['nobody there', () => 'host=127.0.0.1 port=1 user=x dbname=x', 'unreachable', /127\.0\.0\.1:1 refused/],
    ['an unknown name', () => 'host=no-such-host.invalid user=x', 'unreachable', /no-such-host\.invalid/],
    [
      'a wrong password',
      () => dsn(n1, { user: 'locked', password: `not-${SECRET}` }),
      'wrong-password',
      /password authentication failed for user "locked"/,
    ],
    ['no password', () => dsn(n1, { user: 'locked' }), 'wrong-password', /the DSN has none/],
    [
      'an unknown role',
      () => dsn(n1, { user: 'nobody_here' }),
      'no-role',
      /role "nobody_here" does not exist/,
    ],
    ['a role that pg_hba.conf bars', () => dsn(n1, { user: 'barred' }), 'no-access', /pg_hba/],
    [
      'an unknown database',
      () => dsn(n1, { dbname: 'nowhere' }),
      'no-database',
      /database "nowhere" does not exist/,
    ],
    [
      'a database without spock',
      () => dsn(n1, { dbname: 'bare' }),
      'no-spock',
      /spock is not in database bare/,
    ],
    ['spock without a node', () => dsn(n1, { dbname: 'empty' }), 'no-node', /no node was created/],
    [
      'a role that may not look',
      () => dsn(n1, { user: 'blind' }),
      'no-permission',
      /Role blind may not read/,
    ],
  ];
  it.each(cases)('%s', async (_name, bad, code, message) => {
    const { status, body } = await create([{ dsn: n2.dsn }, { dsn: bad() }]);
    expect([status, body.code]).toEqual([422, 'UNPROCESSABLE_CONTENT']);
    expect(body.data.issues).toEqual([
      {
        path: ['nodes', 1, 'dsn'],
        code,
        message: expect.stringMatching(message),
        remedy: expect.stringMatching(/./),
      },
    ]);
    expect(JSON.stringify([body, app.logged])).not.toContain(SECRET);
    expect((await app.json('GET', '/clusters')).body.items).toEqual([]);
  });

  it('the same node twice, by whatever address', async () => {
    const { status, body } = await create([
      { dsn: n1.dsn },
      { dsn: n2.dsn },
      { dsn: dsn(n1, { host: 'localhost' }) },
    ]);
    expect(status).toBe(422);
    expect(body.data.issues).toMatchObject([{ path: ['nodes', 2, 'dsn'], code: 'same-node' }]);
  });

  it('a malformed peerDsn', async () => {
    const { body } = await create([{ dsn: n1.dsn, peerDsn: 'nonsense' }]);
    expect(body.data.issues).toMatchObject([{ path: ['nodes', 0, 'peerDsn'], code: 'malformed-dsn' }]);
  });

  it('all faults at once, nodes looked at in parallel', async () => {
    const start = performance.now();
    await n3.signal('SIGSTOP');
    try {
      const { body } = await create([
        { dsn: n3.dsn },
        { dsn: n3.dsn.replace('dbname=demo', 'dbname=other') },
        { dsn: 'host=127.0.0.1 port=1 user=x' },
      ]);
      expect(
        body.data.issues.map(({ path, code }: { path: unknown[]; code: string }) => [path[1], code]),
      ).toEqual([
        [0, 'timeout'],
        [1, 'timeout'],
        [2, 'unreachable'],
      ]);
      expect(performance.now() - start).toBeLessThan(6000);
    } finally {
      await n3.signal('SIGCONT');
    }
  });

  it('a server that is too old', async () => {
    const old = await startApp({
      engine: {
        ...spock,
        decodeCapabilities: (rows) => ({
          ...spock.decodeCapabilities(rows),
          serverVersionNum: 140_011,
          serverVersion: '14.11',
        }),
      },
    });
    const { body } = await old.json('POST', '/clusters', { name: 'demo', nodes: [{ dsn: n1.dsn }] });
    expect(body.data.issues).toMatchObject([
      { code: 'too-old', message: expect.stringMatching(/PostgreSQL 14\.11/) },
    ]);
    await old.stop();
  });

  it('a name that is taken, with 409', async () => {
    expect((await create([{ dsn: n1.dsn }])).status).toBe(201);
    const { status, body } = await create([{ dsn: n2.dsn }]);
    expect([status, body.code]).toEqual([409, 'CONFLICT']);
    expect(body.data.issues).toMatchObject([{ path: ['name'], code: 'name-taken' }]);
  });
});

describe('a watched cluster', () => {
  it('offers the nodes that its catalogs name, and takes them in', async () => {
    const { status, body } = await create([{ dsn: `postgres://admin:${SECRET}@127.0.0.1:${n1.port}/demo` }]);
    expect(status).toBe(201);
    expect(body.nodes).toMatchObject([
      {
        name: 'n1',
        dsn: `postgres://admin:••••@127.0.0.1:${n1.port}/demo`,
        peerDsn: null,
        hasPassword: true,
      },
    ]);
    expect(body.discovered).toMatchObject([
      { name: 'n2', reachable: null, error: null, dsn: expect.stringContaining(`port=${n2.port}`) },
      { name: 'n3', reachable: null },
    ]);
    const wrong = await app.json('PUT', '/clusters/demo/nodes/n2', { dsn: n3.dsn });
    expect(wrong.body.data.issues).toMatchObject([{ path: ['dsn'], code: 'other-node' }]);
    for (const node of body.discovered) {
      const added = await app.json('PUT', `/clusters/demo/nodes/${node.name}`, { dsn: node.dsn });
      expect(added.status).toBe(200);
    }
    const all = await app.json('GET', '/clusters/demo');
    expect(all.body.nodes.map(({ name }: { name: string }) => name)).toEqual(['n1', 'n2', 'n3']);
    expect(all.body.discovered).toEqual([]);
    await until('six links replicate', async () => {
      const { body: snapshot } = await app.json('GET', '/clusters/demo/snapshot');
      return snapshot.links.filter(({ state }: { state: string }) => state === 'replicating').length === 6;
    });
    const { body: list } = await app.json('GET', '/clusters');
    expect(list.items).toMatchObject([{ name: 'demo', nodes: 3, nodesUp: 3, links: 6, linksReplicating: 6 }]);
    const { body: tables } = await app.json('GET', '/clusters/demo/tables?filter=acct');
    expect(tables.items).toMatchObject([{ schema: 'public', table: 'acct', differs: false }]);
    const metrics = await (await app.request('/metrics')).text();
    expect(metrics).toContain('tricorder_node_up{cluster="demo",node="n2"} 1');
    expect(metrics).toMatch(/^tricorder_link_lag_seconds\{cluster="demo",provider="n1",receiver="n2"\} \d/m);
    const { body: traced } = await app.json('POST', '/clusters/demo/trace', { from: 'n1' });
    expect(traced).toMatchObject({
      from: 'n1',
      arrivals: [
        { node: 'n2', ms: expect.any(Number), error: null },
        { node: 'n3', ms: expect.any(Number), error: null },
      ],
    });
  });

  it('keeps a password that is shown masked, for the same server only', async () => {
    await create([{ dsn: `postgres://locked:${SECRET}@127.0.0.1:${n1.port}/empty` }], {
      unreachable: 'keep',
    });
    await create([{ dsn: `postgres://admin:${SECRET}@127.0.0.1:${n1.port}/demo` }]);
    const shown = (await app.json('GET', '/clusters/demo')).body.nodes[0].dsn;
    const edited = await app.json('PUT', '/clusters/demo/nodes/n1', { dsn: `${shown}?connect_timeout=5` });
    expect(edited.status).toBe(200);
    expect(app.services.registry.get('demo')?.nodes[0]?.dsn).toContain(SECRET);
    expect(app.services.registry.get('demo')?.nodes[0]?.dsn).toContain('connect_timeout=5');
    const elsewhere = shown.replace(String(n1.port), String(n2.port));
    await app.json('PUT', '/clusters/demo/nodes/n2', { dsn: elsewhere });
    expect(app.services.registry.get('demo')?.nodes[1]?.dsn ?? '').not.toContain(SECRET);
  });

  it('keeps a node in an outage when told so, and names it when it answers', async () => {
    await n2.crash();
    const refused = await create([{ dsn: n1.dsn }, { dsn: n2.dsn }]);
    expect(refused.body.data.issues).toMatchObject([{ path: ['nodes', 1, 'dsn'], code: 'unreachable' }]);
    const { status, body } = await create(
      [{ dsn: n1.dsn }, { dsn: n2.dsn }, { dsn: dsn(n1, { host: '127.0.0.2', port: '1' }) }],
      {
        unreachable: 'keep',
      },
    );
    expect(status).toBe(201);
    // n1's catalogs know the second by its address; nobody knows the third.
    expect(body.nodes.map(({ name }: { name: string }) => name)).toEqual(['n1', 'n2', '127.0.0.2:1/demo']);
    await n2.start();
    await until('n2 is up', async () => {
      const { body: snapshot } = await app.json('GET', '/clusters/demo/snapshot');
      return snapshot.nodes.find(({ name }: { name: string }) => name === 'n2')?.state === 'up';
    });
    expect((await app.json('DELETE', '/clusters/demo/nodes/127.0.0.2:1%2Fdemo')).status).toBe(200);
  });

  it('is told what the disk of a node has free, with what its slots hold at that moment', async () => {
    await create([{ dsn: n1.dsn }, { dsn: n2.dsn }]);
    await until(
      'n1 is read',
      async () => (await app.json('GET', '/clusters/demo/snapshot')).body.nodes[0]?.state === 'up',
    );
    const patch = (walRoom: unknown) => app.json('PATCH', '/clusters/demo', { walRoom });
    expect(await patch({ n1: 0 })).toMatchObject({
      status: 400,
      body: { code: 'BAD_REQUEST', data: { issues: [{ path: ['walRoom', 'n1'], code: 'invalid' }] } },
    });
    expect(await patch({ n1: '20 GB' })).toMatchObject({ status: 400 });
    expect(await patch({ n1: 2 ** 34, n9: 2 ** 34 })).toMatchObject({
      status: 422,
      body: {
        data: { issues: [{ path: ['walRoom', 'n9'], code: 'unknown-node', remedy: 'Its nodes: n1, n2.' }] },
      },
    });
    // What was refused in part was refused whole.
    expect((await app.json('GET', '/clusters/demo')).body.nodes[0].walRoom).toBeNull();
    const said = (await patch({ n1: 2 ** 34 })).body.nodes;
    expect(said[0].walRoom).toMatchObject({ source: 'entered', freeBytes: 2 ** 34 });
    expect(said[0].walRoom.heldBytes).toBeGreaterThanOrEqual(0);
    expect(said[0].walRoom.bytesLeft).toBeLessThanOrEqual(2 ** 34);
    expect(said[1].walRoom).toBeNull();
    // The same address is the same disk; another one may be another.
    const again = await app.json('PUT', '/clusters/demo/nodes/n1', { dsn: `${n1.dsn} application_name=t` });
    expect(again.body.nodes[0].walRoom.freeBytes).toBe(2 ** 34);
    const moved = n1.dsn.replace('127.0.0.1', 'localhost');
    expect(moved).not.toBe(n1.dsn);
    const elsewhere = await app.json('PUT', '/clusters/demo/nodes/n1', { dsn: moved });
    expect(elsewhere.body.nodes[0].walRoom).toBeNull();
    await patch({ n2: 2 ** 34 });
    expect((await patch({ n2: null })).body.nodes[1].walRoom).toBeNull();
  });

  it('is renamed, changed and forgotten', async () => {
    await create([{ dsn: n1.dsn }]);
    await app.json('POST', '/clusters', { name: 'other', nodes: [{ dsn: n2.dsn }] });
    expect((await app.json('PATCH', '/clusters/demo', { name: 'other' })).status).toBe(409);
    expect((await app.json('PATCH', '/clusters/demo', { thresholds: { lagSeconds: -1 } })).status).toBe(400);
    const { body } = await app.json('PATCH', '/clusters/demo', {
      name: 'Größe 1',
      thresholds: { lagSeconds: 5 },
      topology: { kind: 'as-found' },
    });
    expect(body).toMatchObject({
      name: 'Größe 1',
      thresholds: { lagSeconds: 5, walHeldBytes: 1_073_741_824 },
      topology: { kind: 'as-found' },
    });
    const path = `/clusters/${encodeURIComponent('Größe 1')}`;
    expect((await app.json('GET', '/clusters/demo')).status).toBe(404);
    await until(
      'the snapshot has the name',
      async () => (await app.json('GET', `${path}/snapshot`)).body.cluster === 'Größe 1',
    );
    const { body: activity } = await app.json('GET', `${path}/activity`);
    expect(activity.items.map(({ text }: { text: string }) => text)).toContain('demo is now called Größe 1');
    expect((await app.json('DELETE', `${path}/nodes/n1`)).status).toBe(409);
    expect((await app.json('DELETE', path)).body).toEqual({ forgotten: 'Größe 1' });
    expect((await app.json('GET', path)).status).toBe(404);
    // No node was touched.
    expect(await n1.rows('SELECT count(*)::int AS n FROM spock.subscription')).toEqual([{ n: 2 }]);
  });
});
