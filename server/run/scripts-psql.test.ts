/** The plan that is taken away: run by psql itself, it makes the same cluster. */
import { execFile, execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { request, SCHEMA, TABLES, until } from '#server/testing/deploy-orders.ts';
import { deleteDataDir, newDataDir, openConsole, type TestConsole } from '#server/testing/test-console.ts';

function hasPsql(): boolean {
  try {
    execFileSync('psql', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasPsql())('the psql script of a deploy', () => {
  const dataDir = newDataDir();
  let servers: BareServers;
  let tricorder: TestConsole;

  beforeAll(async () => {
    servers = await startBareServers(3, { prepared: true });
    tricorder = openConsole(dataDir);
    for (const n of [1, 2, 3]) await servers.sql(n, SCHEMA);
  }, 120_000);

  afterAll(async () => {
    await tricorder?.stop();
    await servers?.stop();
    await deleteDataDir(dataDir);
  });

  test('makes the cluster, with the passwords filled in', { timeout: 120_000 }, async () => {
    const delta = servers.engine.spockVersion !== null;
    const plan = await tricorder.runner.plan(request(servers, { tables: TABLES(delta) }));
    expect(plan.problems).toEqual([]);
    const { fileName, text } = tricorder.runner.script(plan.id, 'psql');
    expect(fileName).toBe('orders-deploy.sql');
    expect(text).not.toContain(servers.password);
    const file = join(dataDir, fileName);
    await writeFile(file, text.replaceAll('••••', servers.password));
    const ended = await promisify(execFile)('psql', ['-X', '-q', '-f', file, servers.dsn(1)], {
      // \connect has no password in it: psql takes it from here, as it would from ~/.pgpass.
      env: { PATH: process.env.PATH, PGCONNECT_TIMEOUT: '5', PGPASSWORD: servers.password },
    }).catch((error: { stderr: string }) => error);
    expect(ended.stderr.split('\n').filter((line) => /ERROR|FATAL|error:/.test(line))).toEqual([]);
    for (const n of [1, 2, 3]) {
      await until(
        servers,
        n,
        "SELECT count(*) = 2 FROM spock.sub_show_status() WHERE status = 'replicating'",
      );
    }
    await servers.sql(3, "INSERT INTO customer VALUES (1, 'by a script', 0)");
    for (const n of [1, 2])
      await until(servers, n, "SELECT count(*) = 1 FROM customer WHERE name = 'by a script'");
  });
});
