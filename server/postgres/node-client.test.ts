/** Against real servers: refused, silent, slow, wrong password, killed, several hosts; and no session left behind. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildBatch } from '#core/engines/engine.ts';
import { listProcesses } from '#server/sandbox/processes.ts';
import { startServers, type TestServer, type TestServers, until } from '#server/testing/servers.ts';
import { NodeClient } from './node-client.ts';

let servers: TestServers;
let a: TestServer;
let b: TestServer;
let admin: Client;
const clients: NodeClient[] = [];

beforeAll(async () => {
  servers = await startServers(2);
  [a, b] = servers.servers as [TestServer, TestServer];
  admin = await a.connect();
});
afterAll(async () => {
  await admin?.end();
  await servers?.stop();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function client(dsn: string): NodeClient {
  const made = new NodeClient(dsn);
  clients.push(made);
  return made;
}

const batchOf = (sql: string) => buildBatch([{ name: 'it', sql }], { statementMs: 2000, lockMs: 500 }).text;

async function timed<T>(work: Promise<T>): Promise<{ value: T; ms: number }> {
  const start = performance.now();
  const value = await work;
  return { value, ms: performance.now() - start };
}

/** The server's main process and all its children, as SIGSTOP would meet a machine that hangs. */
async function signalServer(folder: string, name: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
  const main = Number(readFileSync(`${folder}/postmaster.pid`, 'utf8').split('\n')[0]);
  const all = (await listProcesses()).filter(({ pid, parent }) => pid === main || parent === main);
  for (const { pid } of all) process.kill(pid, name);
}

describe('batch', () => {
  it('answers in one round trip with a result for each statement', async () => {
    const node = client(a.dsn);
    const before = await statements();
    const outcome = await node.batch(batchOf("SELECT 1 AS one, current_setting('application_name') AS name"));
    if (!outcome.ok) throw new Error(outcome.error.message);
    expect(outcome.results.at(-2)?.rows).toEqual([{ one: 1, name: 'tricorder' }]);
    expect(outcome.results.map(({ command }) => command)).toEqual([
      'BEGIN',
      ...Array(outcome.results.length - 3).fill('SET'),
      'SELECT',
      'COMMIT',
    ]);
    expect(outcome.receivedAt).toBeGreaterThanOrEqual(outcome.sentAt);
    expect(before).toBe(await statements());
  });

  /** Sessions of ours on server a: the connection is kept and no second one is made. */
  async function statements(): Promise<number> {
    const { rows } = await admin.query(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'idle in transaction'",
    );
    return rows[0].n;
  }

  it('cannot write, and leaves a usable connection after an error', async () => {
    const node = client(a.dsn);
    const written = await node.batch(batchOf('CREATE TABLE never (x int)'));
    expect(written).toMatchObject({ ok: false, error: { code: 'query', sqlstate: '25006' } });
    const missing = await node.batch(batchOf('SELECT * FROM nowhere'));
    expect(missing).toMatchObject({ ok: false, error: { code: 'query', sqlstate: '42P01' } });
    const good = await node.batch(batchOf('SELECT 1 AS one'));
    expect(good).toMatchObject({ ok: true, connection: 1 });
  });

  it('leaves no setting behind in the session', async () => {
    const node = client(a.dsn);
    await node.batch(batchOf('SELECT 1'));
    const shown = await node.batch(
      "SELECT current_setting('statement_timeout') AS t, current_setting('search_path') AS s",
    );
    expect(shown.ok && shown.results[0]?.rows).toEqual([{ t: '0', s: '"$user", public' }]);
  });

  it('is cut off by the server when it is slow, and by our own clock when that fails', async () => {
    const node = client(a.dsn);
    const slow = await timed(
      node.batch(
        buildBatch([{ name: 'it', sql: 'SELECT pg_sleep(10)' }], { statementMs: 200, lockMs: 100 }).text,
      ),
    );
    expect(slow.value).toMatchObject({ ok: false, error: { code: 'timeout', sqlstate: '57014' } });
    expect(slow.ms).toBeLessThan(1500);
    const mute = await timed(node.batch('SELECT pg_sleep(10)', { deadlineMs: 300 }));
    expect(mute.value).toMatchObject({ ok: false, error: { code: 'timeout', sqlstate: null } });
    expect(mute.ms).toBeLessThan(1500);
    expect(await node.batch(batchOf('SELECT 1'))).toMatchObject({ ok: true, connection: 2 });
  });

  it('does not wait for a slow question on the other connection', async () => {
    const node = client(a.dsn);
    const slow = node.batch('SELECT pg_sleep(1)', { lane: 'extra', deadlineMs: 5000 });
    const quick = await timed(node.batch(batchOf('SELECT 1')));
    expect(quick.value.ok).toBe(true);
    expect(quick.ms).toBeLessThan(900);
    expect((await slow).ok).toBe(true);
    const { rows } = await admin.query(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'tricorder' AND query !~ 'sleep\\(10'",
    );
    expect(rows[0].n).toBe(2);
  });

  it('connects anew, within the same call, when its connection was killed', async () => {
    const node = client(a.dsn);
    expect((await node.batch(batchOf('SELECT 1'))).ok).toBe(true);
    await admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tricorder'",
    );
    expect(await node.batch(batchOf('SELECT 1'))).toMatchObject({ ok: true, connection: 2 });
  });
});

describe('failures', () => {
  it('refused: nobody listens', async () => {
    const outcome = await client('host=127.0.0.1 port=1 user=x dbname=x').batch(batchOf('SELECT 1'));
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: 'refused', message: '127.0.0.1:1 refused the connection (ECONNREFUSED).' },
    });
  });

  it('network: a name that nobody knows; a DSN that cannot be used', async () => {
    const unknown = await client('host=no-such-host.invalid user=x').batch(batchOf('SELECT 1'));
    expect(unknown).toMatchObject({ ok: false, error: { code: 'network' } });
    const malformed = await client('host=h port=hunter2').batch(batchOf('SELECT 1'));
    expect(malformed).toMatchObject({ ok: false, error: { code: 'dsn' } });
    expect(JSON.stringify(malformed)).not.toContain('hunter2');
  });

  it('timeout: a port that accepts and says nothing, within 5 s', async () => {
    const mute = createServer(() => {});
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number };
    const { value, ms } = await timed(
      client(`host=127.0.0.1 port=${port} user=x`).batch(batchOf('SELECT 1')),
    );
    expect(value).toMatchObject({ ok: false, error: { code: 'timeout' } });
    expect(ms).toBeLessThan(4500);
    mute.close();
  });

  it('timeout: a server that is stopped, in a query and in connecting', async () => {
    const node = client(b.dsn);
    const shown = await node.query('SHOW data_directory');
    const folder = shown.ok ? String(shown.result.rows[0]?.data_directory) : '';
    expect((await node.batch(batchOf('SELECT 1'))).ok).toBe(true);
    await signalServer(folder, 'SIGSTOP');
    try {
      const asking = await timed(node.batch(batchOf('SELECT 1')));
      expect(asking.value).toMatchObject({ ok: false, error: { code: 'timeout' } });
      expect(asking.ms).toBeLessThan(4000);
      const connecting = await timed(node.batch(batchOf('SELECT 1')));
      expect(connecting.value).toMatchObject({ ok: false, error: { code: 'timeout' } });
      expect(connecting.ms).toBeLessThan(4500);
    } finally {
      await signalServer(folder, 'SIGCONT');
    }
    await until('b answers again', async () => (await node.batch(batchOf('SELECT 1'))).ok);
  });

  it('no-database, and the server in its own words', async () => {
    const outcome = await client(a.dsn.replace('dbname=demo', 'dbname=elsewhere')).batch(batchOf('SELECT 1'));
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: 'no-database', sqlstate: '3D000', message: 'database "elsewhere" does not exist' },
    });
  });

  it('auth: wrong password, no password, unknown role', async () => {
    const password = "it's 100% s3cret";
    await admin.query("SET password_encryption = 'scram-sha-256'");
    await admin.query(`CREATE ROLE locked LOGIN PASSWORD 'it''s 100% s3cret'`);
    const { rows } = await admin.query('SHOW data_directory');
    const hba = `${rows[0].data_directory}/pg_hba.conf`;
    await admin.query(
      `COPY (VALUES ('host all locked 127.0.0.1/32 scram-sha-256'), ('host all all 127.0.0.1/32 trust')) TO '${hba}'`,
    );
    await admin.query('SELECT pg_reload_conf()');
    const base = `host=127.0.0.1 port=${a.port} dbname=demo user=locked`;
    await until('the new pg_hba.conf holds', async () => !(await client(base).batch(batchOf('SELECT 1'))).ok);
    const wrong = await client(`${base} password=hunter2hunter2`).batch(batchOf('SELECT 1'));
    expect(wrong).toMatchObject({ ok: false, error: { code: 'auth', sqlstate: '28P01' } });
    expect(JSON.stringify(wrong)).not.toContain('hunter2');
    const none = await client(base).batch(batchOf('SELECT 1'));
    expect(none).toMatchObject({
      ok: false,
      error: { code: 'auth', message: expect.stringMatching(/the DSN has none/) },
    });
    const right = await client(
      `postgres://locked:${encodeURIComponent(password)}@127.0.0.1:${a.port}/demo`,
    ).batch(batchOf('SELECT 1'));
    expect(right.ok).toBe(true);
    const quoted = await client(`${base} password='it\\'s 100% s3cret'`).batch(batchOf('SELECT 1'));
    expect(quoted.ok).toBe(true);
    const nobody = await client(base.replace('locked', 'nobody_at_all')).batch(batchOf('SELECT 1'));
    expect(nobody).toMatchObject({ ok: false, error: { code: 'auth', sqlstate: '28000' } });
  });
});

describe('several hosts', () => {
  it('takes the first that answers as target_session_attrs asks', async () => {
    const dsn = (attrs: string) =>
      `postgres://admin@127.0.0.1:1,127.0.0.1:${a.port},127.0.0.1:${b.port}/demo?target_session_attrs=${attrs}`;
    const port = async (attrs: string) => {
      const outcome = await client(dsn(attrs)).query('SHOW port');
      return outcome.ok ? outcome.result.rows[0]?.port : outcome.error.message;
    };
    expect(await port('any')).toBe(String(a.port));
    await admin.query('ALTER DATABASE demo SET default_transaction_read_only = on');
    try {
      expect(await port('read-write')).toBe(String(b.port));
      expect(await port('read-only')).toBe(String(a.port));
      expect(await port('primary')).toBe(String(a.port));
      expect(await port('prefer-standby')).toBe(String(a.port));
      expect(await port('standby')).toMatch(/is a primary, and target_session_attrs asks for standby/);
    } finally {
      await admin.query('SET default_transaction_read_only = off');
      await admin.query('ALTER DATABASE demo RESET default_transaction_read_only');
    }
  });
});

describe('query and session', () => {
  it('takes values as parameters', async () => {
    const outcome = await client(a.dsn).query('SELECT $1::text AS it, $2::int + 1 AS n', ["a'; DROP", 2]);
    expect(outcome.ok && outcome.result.rows).toEqual([{ it: "a'; DROP", n: 3 }]);
  });

  it('shares a transaction, and takes back one that was left open', async () => {
    const node = client(a.dsn);
    const outcome = await node.session(async (ask) => {
      await ask('CREATE TEMP TABLE seen (x int)');
      await ask('BEGIN');
      await ask('INSERT INTO seen VALUES (1)');
      return ask('SELECT count(*)::int AS n FROM seen');
    });
    expect(outcome).toMatchObject({ ok: true, value: { ok: true, result: { rows: [{ n: 1 }] } } });
    const after = await node.query('SELECT count(*)::int AS n FROM seen');
    expect(after).toMatchObject({ ok: true, result: { rows: [{ n: 0 }] } });
  });

  it('says so when it was closed', async () => {
    const node = client(a.dsn);
    node.close();
    expect(await node.query('SELECT 1')).toMatchObject({ ok: false, error: { code: 'network' } });
  });
});
