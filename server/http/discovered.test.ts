/** Nodes that a database names: offered, and connected to when somebody says so, not before. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '#server/testing/app.ts';
import { type Mesh, type MeshNode, startMesh } from '#server/testing/mesh.ts';
import { type ScriptedServer, scriptedServer } from '#server/testing/scripted-server.ts';
import { until } from '#server/testing/servers.ts';
import { authentication } from '#server/testing/wire-messages.ts';

let mesh: Mesh;
let n1: MeshNode;
let elsewhere: ScriptedServer;
let app: TestApp;

beforeAll(async () => {
  mesh = await startMesh(2);
  [n1] = mesh.nodes as [MeshNode];
  elsewhere = await scriptedServer(() => ({ startup: authentication(7) }));
  app = await startApp();
}, 120_000);
afterAll(async () => {
  await app?.stop();
  await elsewhere?.close();
  await mesh?.stop();
});

/** What n1 has of n2 from now on, as the console shows it. */
async function named(dsn: string): Promise<string> {
  await n1.run(`UPDATE spock.node_interface SET if_dsn = '${dsn}' WHERE if_name = 'n2'`);
  return until('it is offered', async () => {
    await app.services.watchers.refreshed('demo');
    const { body } = await app.json('GET', '/clusters/demo');
    const [found] = body.discovered as { name: string; dsn: string; reachable: null; error: null }[];
    // The watcher has not read it yet.
    if (found === undefined) return false;
    expect(found).toMatchObject({ name: 'n2', reachable: null, error: null });
    return found.dsn === dsn.replace('hunter2', '••••') && found.dsn;
  });
}

it('no opening of the cluster and no poll goes where spock.node_interface points', async () => {
  await n1.run(`UPDATE spock.node_interface SET if_dsn = '${elsewhere.dsn()}' WHERE if_name = 'n2'`);
  const created = await app.json('POST', '/clusters', { name: 'demo', nodes: [{ dsn: n1.dsn }] });
  expect(created.status).toBe(201);
  expect(created.body.discovered).toMatchObject([{ name: 'n2', reachable: null, error: null }]);
  const shown = await named(elsewhere.dsn('user=u password=hunter2'));
  for (const path of ['', '/snapshot', '/tables', '/activity'])
    await app.json('GET', `/clusters/demo${path}`);
  expect(elsewhere.connections).toBe(0);
  const asked = await app.json('PUT', '/clusters/demo/nodes/n2', { dsn: shown });
  expect(asked.body.data.issues).toMatchObject([
    {
      path: ['dsn'],
      code: 'authentication',
      message: expect.stringMatching(/asks for GSSAPI/),
      remedy: null,
    },
  ]);
  expect(elsewhere.connections).toBeGreaterThan(0);
});

it.each(['sslcert', 'sslkey', 'sslrootcert', 'passfile', 'service', 'sslkeylogfile'])(
  'no file is read because a database says so: %s',
  async (keyword) => {
    const before = elsewhere.connections;
    const shown = await named(elsewhere.dsn(`user=u password=hunter2 sslmode=require ${keyword}=/dev/zero`));
    for (const dsn of [shown, shown.replace('••••', 'hunter2'), `  ${shown.replaceAll(' ', '  ')} `]) {
      const { status, body } = await app.json('PUT', '/clusters/demo/nodes/n2', { dsn, unreachable: 'keep' });
      expect([status, body.data.issues[0]], JSON.stringify(body)).toEqual([
        422,
        {
          path: ['dsn'],
          code: 'file-of-database',
          message: `This DSN comes from spock.node_interface and names files by ${keyword}: the console does not read files of its machine because a database says so.`,
          remedy: `Leave ${keyword} out, or give the path of a file on the console's machine.`,
        },
      ]);
    }
    expect(elsewhere.connections).toBe(before);
  },
);
