import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import { answers } from '#server/sandbox/ports.ts';
import { processesIn } from '#server/sandbox/processes.ts';
import { type BareServers, startBareServers } from './bare-servers.ts';

const setting = async (servers: BareServers, n: number, name: string) =>
  (await servers.sql(n, `SELECT current_setting('${name}') AS is`))[0]?.is;

describe('servers as initdb leaves them', () => {
  let servers: BareServers;
  beforeAll(async () => {
    servers = await startBareServers(2, { prepared: false, settings: 'max_wal_senders = 3' });
  });
  afterAll(() => servers?.stop());

  test('lack what Spock needs, and take it by ALTER SYSTEM and a restart', async () => {
    expect(await setting(servers, 1, 'wal_level')).toBe('replica');
    expect(await setting(servers, 1, 'track_commit_timestamp')).toBe('off');
    expect(await setting(servers, 1, 'max_wal_senders')).toBe('3');
    await servers.sql(1, 'ALTER SYSTEM SET wal_level = logical');
    expect(await setting(servers, 1, 'wal_level')).toBe('replica');
    await servers.restart(1);
    expect(await setting(servers, 1, 'wal_level')).toBe('logical');
    expect(await setting(servers, 2, 'wal_level')).toBe('replica');
    expect(await servers.logOf(1)).toContain('received fast shutdown request');
  });

  test('are two: each with a port, a database and a superuser that has to give a password', async () => {
    const who =
      'SELECT current_database() AS db, inet_server_port() AS port, usesuper FROM pg_user WHERE usename = current_user';
    for (const n of [1, 2]) {
      expect(await servers.sql(n, who)).toEqual([{ db: 'orders', port: servers.port(n), usesuper: true }]);
    }
    expect(servers.port(1)).not.toBe(servers.port(2));
    const stranger = servers.dsn(1).replace(servers.password, 'wrong');
    const opened = await openConnection(connectionTargets(stranger), 5000, 5000);
    expect(opened).toMatchObject({ ok: false, error: { message: expect.stringMatching(/password/) } });
  });
});

describe('servers with the settings that Spock needs', () => {
  let servers: BareServers;
  beforeAll(async () => {
    servers = await startBareServers(2, { prepared: true });
  });
  afterAll(() => servers?.stop());

  test('take the extension', async () => {
    await servers.sql(1, 'CREATE EXTENSION spock');
    expect(await servers.sql(1, 'SELECT count(*)::int AS nodes FROM spock.node')).toEqual([{ nodes: 0 }]);
  });

  test('crash with what was committed kept, and stay down until they are started', async () => {
    await servers.sql(2, 'CREATE TABLE kept AS SELECT 1 AS a');
    await servers.crash(2);
    expect(await servers.running(2)).toBe(false);
    expect(await processesIn(servers.dataFolder(2))).toEqual([]);
    await expect(servers.sql(2, 'SELECT 1')).rejects.toThrow();
    await servers.start(2);
    expect(await servers.sql(2, 'SELECT a FROM kept')).toEqual([{ a: 1 }]);
    expect(await servers.logOf(2)).toContain('automatic recovery in progress');
  });

  test('freeze: the port takes connections and nothing answers, until they thaw', async () => {
    await servers.freeze(2);
    let answered = false;
    const asked = servers.sql(2, 'SELECT 1 AS a').finally(() => {
      answered = true;
    });
    expect(await answers(servers.port(2), 2000)).toBe(true);
    await servers.sql(1, 'SELECT pg_sleep(0.3)');
    expect(answered).toBe(false);
    await servers.thaw(2);
    expect(await asked).toEqual([{ a: 1 }]);
  });
});

describe('when the process that started them is killed', () => {
  /** Inside the project, so that packages are found. */
  const built = join(process.cwd(), 'build', `bare-test-${process.pid}`);
  afterAll(() => rmSync(built, { recursive: true, force: true }));

  test('no process and no folder is left, of a frozen server neither', async () => {
    await build({
      configFile: false,
      logLevel: 'error',
      publicDir: false,
      build: { ssr: 'server/testing/bare-servers-child.ts', outDir: built, target: 'node20' },
    });
    const file = readdirSync(built).find((name) => /^bare-servers-child\.m?js$/.test(name)) ?? '';
    const child = spawn(process.execPath, [join(built, file)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const line = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
    const folder = dirname(line.value ?? '');
    expect((await processesIn(folder)).length).toBeGreaterThan(2);
    child.kill('SIGKILL');
    await expect.poll(() => existsSync(folder), { timeout: 10_000 }).toBe(false);
    await expect.poll(() => processesIn(folder), { timeout: 5000 }).toEqual([]);
  });
});
