/** DSNs that have given a secret away somewhere (core/testing/nasty-dsns.ts), through every place that prints one. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maskDsn } from '#core/dsn/mask.ts';
import { NASTY_DSNS, type NastyDsn } from '#core/testing/nasty-dsns.ts';
import { type RunningConsole, startConsole } from '#server/console.ts';
import { createLog } from '#server/log.ts';
import { type Options, readOptions } from '#server/options.ts';
import { type Mesh, type MeshNode, startMesh } from '#server/testing/mesh.ts';
import { startServers, type TestServer, type TestServers, until } from '#server/testing/servers.ts';
import { deleteDataDir } from '#server/testing/test-console.ts';

const TOKEN = 'a-fixed-token-of-thirty-two-characters-for-tests';
const dataDir = mkdtempSync(join(tmpdir(), 'tricorder-secrets-'));
const logged: string[] = [];
let mesh: Mesh;
let bare: TestServers;
let tricorder: RunningConsole;

beforeAll(async () => {
  [mesh, bare] = await Promise.all([startMesh(2), startServers(2)]);
  tricorder = await startConsole(
    { ...(readOptions([], {}) as Options), port: 0, dataDir, token: TOKEN },
    createLog((line) => logged.push(line)),
  );
  const nodes = mesh.nodes.map(({ dsn }) => ({ dsn }));
  expect((await ask('POST', '/clusters', { name: 'demo', nodes })).status).toBe(201);
  await tricorder.services.watchers.refreshed('demo');
}, 180_000);
afterAll(async () => {
  await tricorder?.stop();
  await Promise.all([mesh?.stop(), bare?.stop(), deleteDataDir(dataDir)]);
});

async function ask(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  const response = await fetch(`${tricorder.url}${path.startsWith('/metrics') ? '' : '/api/v1'}${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

/** The first event of the cluster's stream, and what has come of it until the stream says something else. */
async function firstEvents(): Promise<string> {
  const control = new AbortController();
  const response = await fetch(`${tricorder.url}/api/v1/clusters/demo/events`, {
    headers: { authorization: `Bearer ${TOKEN}` },
    signal: control.signal,
  });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString('utf8');
    if (text.includes('\n\n') && text.includes('"type":"snapshot"')) break;
  }
  control.abort();
  return text;
}

/** To an address of this machine where nobody listens, so that no name is looked up. */
const nowhere = (dsn: string): string =>
  dsn
    .replace(/@h(?=\/|$)/, '@127.0.0.1:1')
    .replace(/:\/\/h\//, '://127.0.0.1:1/')
    .replace(/\bhost=h\b/, 'host=127.0.0.1 port=1');

function holdsNothing({ dsn, pieces }: NastyDsn, said: Record<string, string>): void {
  for (const [where, text] of Object.entries({ ...said, log: logged.join('\n') })) {
    // As JSON, as they stand, and as a URI has them.
    for (const piece of pieces.flatMap((each) => [each, decodeURIComponent(each)])) {
      if (text.includes(piece)) {
        const at = text.indexOf(piece);
        expect.fail(`${dsn}: ${where} has …${text.slice(Math.max(at - 120, 0), at + 60)}…`);
      }
    }
  }
}

describe('in a row of spock.node_interface', () => {
  test.each(NASTY_DSNS)('$dsn', async (nasty) => {
    const [n1] = mesh.nodes as [MeshNode];
    const dsn = nowhere(nasty.dsn);
    const client = await n1.connect();
    try {
      await client.query("UPDATE spock.node_interface SET if_dsn = $1 WHERE if_name = 'n2'", [dsn]);
      await tricorder.services.watchers.refreshed('demo');
      const shown = await until('it is in the snapshot', async () => {
        const answer = await ask('GET', '/clusters/demo/snapshot');
        return answer.text.includes(JSON.stringify(maskDsn(dsn))) && answer;
      });
      holdsNothing(nasty, {
        snapshot: shown.text,
        cluster: (await ask('GET', '/clusters/demo')).text,
        events: await firstEvents(),
        activity: (await ask('GET', '/clusters/demo/activity')).text,
        metrics: (await ask('GET', '/metrics')).text,
        list: (await ask('GET', '/clusters')).text,
      });
    } finally {
      await client.end();
    }
  });
});

describe('typed', () => {
  test.each(NASTY_DSNS)('$dsn', async (nasty) => {
    const dsn = nowhere(nasty.dsn);
    const said: Record<string, string> = {};
    for (const [name, method, path, body] of [
      ['connect', 'POST', '/clusters', { name: 'typed', nodes: [{ dsn }] }],
      ['connect, kept', 'POST', '/clusters', { name: 'typed', nodes: [{ dsn }], unreachable: 'keep' }],
      [
        'the way of its peers',
        'POST',
        '/clusters',
        {
          name: 'typed',
          nodes: [{ dsn: 'host=127.0.0.1 port=1 user=u', peerDsn: dsn }],
          unreachable: 'keep',
        },
      ],
      ['add', 'PUT', '/clusters/demo/nodes/n3', { dsn }],
      ['cluster', 'GET', '/clusters/typed', undefined],
      ['snapshot', 'GET', '/clusters/typed/snapshot', undefined],
      ['metrics', 'GET', '/metrics', undefined],
      ['activity', 'GET', '/activity', undefined],
    ] as const) {
      const answer = await ask(method, path, body);
      expect(answer.status, `${name}: ${answer.text}`).toBeLessThan(500);
      said[name] = answer.text;
    }
    await ask('DELETE', '/clusters/typed');
    const draft = await ask('POST', '/deploys', {
      name: '',
      nodes: [{ name: 'n1', dsn, peerDsn: dsn, location: null }],
    });
    const { id } = JSON.parse(draft.text);
    said.draft = draft.text;
    said['draft, read'] = (await ask('GET', `/deploys/${id}`)).text;
    said.look = (await ask('POST', `/deploys/${id}/look`, { position: 0 })).text;
    await ask('DELETE', `/deploys/${id}`);
    holdsNothing(nasty, said);
  });
});

describe('in a plan and its scripts', () => {
  test.each(NASTY_DSNS)('$dsn', async (nasty) => {
    const [first, second] = bare.servers as [TestServer, TestServer];
    const plan = await ask('POST', '/plans', {
      kind: 'deploy',
      target: 'servers',
      name: 'shop',
      nodes: [
        { name: 'n1', dsn: first.dsn, peerDsn: nowhere(nasty.dsn) },
        { name: 'n2', dsn: second.dsn, peerDsn: null },
      ],
      tables: 'none',
    });
    expect(plan.status, plan.text).toBeLessThan(500);
    const said: Record<string, string> = { plan: plan.text };
    if (plan.status === 201) {
      const { id } = JSON.parse(plan.text);
      for (const as of ['psql', 'pgedge']) said[as] = (await ask('GET', `/plans/${id}/script?as=${as}`)).text;
      said.again = (await ask('GET', `/plans/${id}`)).text;
    }
    // What libpq can read is planned, so that there is something to look into.
    if (nasty.valid) expect(plan.text).toContain('••••');
    holdsNothing(nasty, said);
  });
});
