/** Authentication and TLS with a real server, beside psql's. */
import { execFile, execFileSync } from 'node:child_process';
import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startServers, type TestServer, type TestServers, until } from '#server/testing/servers.ts';
import { NodeClient } from './node-client.ts';

const run = promisify(execFile);
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const PASSWORD = 'pässwörd 7f3a';

/** Major version; 0: there is none. */
function psqlVersion(): number {
  try {
    return Number(/(\d+)/.exec(execFileSync('psql', ['--version'], { encoding: 'utf8' }))?.[1]);
  } catch {
    return 0;
  }
}

let servers: TestServers;
let server: TestServer;
let admin: Client;

beforeAll(async () => {
  servers = await startServers(1);
  [server] = servers.servers as [TestServer];
  admin = await server.connect();
  const { rows } = await admin.query('SHOW data_directory');
  const data = String(rows[0].data_directory);
  const { uid, gid } = statSync(data);
  for (const name of ['server.crt', 'server.key']) {
    writeFileSync(`${data}/${name}`, readFileSync(fixture(name)), { mode: 0o600 });
    if (process.getuid?.() === 0) chownSync(`${data}/${name}`, uid, gid);
  }
  for (const kind of ['scram-sha-256', 'md5']) {
    await admin.query(`SET password_encryption = '${kind}'`);
    await admin.query(`CREATE ROLE "by_${kind}" LOGIN PASSWORD '${PASSWORD}'`);
  }
  await admin.query(`CREATE ROLE by_password LOGIN PASSWORD '${PASSWORD}'`);
  await admin.query('CREATE ROLE by_trust LOGIN');
  const lines = ['scram-sha-256', 'md5', 'password', 'trust'].map(
    (kind) => `host all by_${kind} 127.0.0.1/32 ${kind}`,
  );
  writeFileSync(`${data}/pg_hba.conf`, `${lines.join('\n')}\nhost all admin 127.0.0.1/32 trust\n`);
  await admin.query('ALTER SYSTEM SET ssl = on');
  await admin.query('SELECT pg_reload_conf()');
  await until('TLS and pg_hba.conf are in force', async () => {
    const wrong = await ours('by_scram-sha-256', 'sslmode=require password=wrong');
    return /password authentication failed/.test(wrong);
  });
}, 120_000);
afterAll(async () => {
  await admin?.end();
  await servers?.stop();
});

const dsn = (role: string, more: string) =>
  `host=localhost hostaddr=127.0.0.1 port=${server.port} dbname=demo user=${role} password='${PASSWORD}' ${more}`;

/** 'in', or why not. */
async function ours(role: string, more: string): Promise<string> {
  const client = new NodeClient(dsn(role, more));
  const outcome = await client.query('SELECT 1 AS one');
  client.close();
  return outcome.ok ? 'in' : outcome.error.message;
}

async function psqls(role: string, more: string): Promise<string> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('PG')));
  return run('psql', ['-X', '-w', '-d', dsn(role, more), '-c', 'select 1'], { env: clean }).then(
    () => 'in',
    (error: { stderr: string }) => error.stderr,
  );
}

const ROLES = ['by_scram-sha-256', 'by_md5', 'by_password', 'by_trust'];
const ROOT = `sslrootcert=${fixture('ca.crt')}`;
const TLS_WAYS = ['sslmode=disable', 'sslmode=prefer', 'sslmode=require', `sslmode=verify-full ${ROOT}`];

describe('every role, with and without TLS', () => {
  it.each(TLS_WAYS)('is let in: %s', async (tls) => {
    for (const role of ROLES) expect(await ours(role, tls), role).toBe('in');
  });

  it('a wrong password is one', async () => {
    const client = new NodeClient(dsn('by_scram-sha-256', 'password=wrong'));
    expect(await client.query('SELECT 1')).toMatchObject({
      ok: false,
      error: { code: 'auth', sqlstate: '28P01' },
    });
    client.close();
  });

  it('channel binding is used where both have it', async () => {
    // A server that offers it refuses who says that it saw no offer, so that this tells what was said.
    expect(await ours('by_scram-sha-256', 'sslmode=require channel_binding=require')).toBe('in');
    expect(await ours('by_scram-sha-256', 'sslmode=require channel_binding=prefer')).toBe('in');
    expect(await ours('by_scram-sha-256', 'sslmode=require channel_binding=disable')).toBe('in');
  });
});

const version = psqlVersion();

describe.skipIf(version === 0)('channel_binding as psql has it', () => {
  it.each(TLS_WAYS)('%s', async (tls) => {
    for (const role of ROLES) {
      for (const binding of ['disable', 'prefer', 'require']) {
        const more = `${tls} channel_binding=${binding}`;
        const [we, they] = [await ours(role, more), await psqls(role, more)];
        expect([role, more, we === 'in'], `${we}\n${they}`).toEqual([role, more, they === 'in']);
      }
    }
  });
});

describe.skipIf(version < 16)('require_auth as psql has it', () => {
  it.each([
    'none',
    'password',
    'md5',
    'scram-sha-256',
    'md5,scram-sha-256',
    'none,gss',
    '!password',
    '!none',
    '!scram-sha-256,!md5',
    '!gss,!sspi',
    'x',
    'md5,md5',
    'md5,!none',
    ',',
    'md5,',
  ])('%s', async (methods) => {
    for (const role of ROLES) {
      const more = `sslmode=disable require_auth=${methods}`;
      const [we, they] = [await ours(role, more), await psqls(role, more)];
      expect([role, methods, we === 'in'], `${we}\n${they}`).toEqual([role, methods, they === 'in']);
    }
  });
});
