/** Servers that a deploy cannot set up: a standby, settings that ALTER SYSTEM may not or cannot change. */
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Plan } from '#core/model/plan.ts';
import { type BareOptions, type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { request } from '#server/testing/deploy-orders.ts';
import { deleteDataDir, newDataDir, openConsole, type TestConsole } from '#server/testing/test-console.ts';

let dataDir: string;
let servers: BareServers | null = null;
let tricorder: TestConsole;

beforeEach(() => {
  dataDir = newDataDir();
  tricorder = openConsole(dataDir);
});

afterEach(async () => {
  await tricorder.stop();
  await servers?.stop();
  servers = null;
  await deleteDataDir(dataDir);
});

async function started(options: BareOptions): Promise<BareServers> {
  servers = await startBareServers(2, options);
  return servers;
}

const codes = ({ problems }: Plan): string[] => problems.map(({ node, code }) => `${node} ${code}`);
const problem = ({ problems }: Plan, code: string) => problems.find((each) => each.code === code);

test('a standby is called one, and nothing else is said of why it cannot be written to', async () => {
  const at = await started({ prepared: true });
  await at.sql(1, 'CREATE TABLE t (id int PRIMARY KEY)');
  await at.sql(2, 'CREATE TABLE t (id int PRIMARY KEY)');
  await writeFile(join(at.dataFolder(2), 'standby.signal'), '');
  await at.restart(2);
  const found = await tricorder.runner.plan(request(at));
  expect(codes(found)).toContain('n2 standby');
  expect(codes(found)).not.toContain('n2 unreachable');
  expect(codes(found)).not.toContain('n2 read-only');
  expect(problem(found, 'standby')?.message).toContain(
    `n2 at 127.0.0.1:${at.port(2)} is a standby (in recovery)`,
  );
}, 120_000);

test('settings from the command line are shown with where they come from, and what to put there', async () => {
  const commandLine = ['-c', 'wal_level=replica', '-c', 'max_replication_slots=1'];
  const at = await started({ prepared: false, commandLine });
  const found = await tricorder.runner.plan(request(at));
  expect(codes(found)).toEqual(expect.arrayContaining(['n1 setting-fixed', 'n2 setting-fixed']));
  const { message = '', remedy = '' } = problem(found, 'setting-fixed') ?? {};
  expect(message).toContain('wal_level on n1 is replica and must be logical');
  expect(message).toContain('it comes from the command line that started the server');
  expect(message).toContain('max_replication_slots on n1 is 1');
  expect(remedy).toContain("wal_level = 'logical'");
  // No restart is asked for, which would not help.
  const check = found.checks.find(({ node, name }) => node === 'n1' && name === 'ALTER SYSTEM');
  expect(check).toMatchObject({ result: 'stop', value: expect.stringContaining('wal_level') });
}, 120_000);

test('allow_alter_system = off: what is right already is no matter, what the deploy would have to set is a stop', async ({
  skip,
}) => {
  const at = await started({ prepared: true });
  if (at.engine.major < 17) skip(`PostgreSQL ${at.engine.major} has no allow_alter_system`);
  for (const n of [1, 2]) {
    await at.sql(n, 'CREATE TABLE t (id int PRIMARY KEY)');
    const few = n === 1 ? 'max_wal_senders = 1\n' : '';
    await appendFile(join(at.dataFolder(n), 'postgresql.conf'), `\nallow_alter_system = off\n${few}`);
    await at.restart(n);
  }
  const plain = await tricorder.runner.plan(request(at, { ddlReplication: false }));
  expect(codes(plain)).toContain('n1 setting-fixed');
  expect(codes(plain)).not.toContain('n2 setting-fixed');
  const { message = '', remedy = '' } = problem(plain, 'setting-fixed') ?? {};
  expect(message).toContain('ALTER SYSTEM is not allowed (allow_alter_system = off)');
  expect(remedy).toMatch(/max_wal_senders = '\d+'/);
  // What comes at the end of a deploy is known before it begins; the stand-in has no automatic DDL to turn on.
  if (at.engine.spockVersion === null) return;
  const withDdl = await tricorder.runner.plan(request(at));
  expect(codes(withDdl)).toContain('n2 setting-fixed');
  const late = withDdl.problems.find(({ node, code }) => node === 'n2' && code === 'setting-fixed');
  expect(late?.remedy).toContain("spock.enable_ddl_replication = 'on'");
}, 120_000);
