/** The first true error of a server's log, read through SQL on real servers. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { until } from '#server/testing/servers.ts';
import { contextOn, type TestContext } from '#server/testing/step-context.ts';
import { errorsSince, firstError, logMark } from './server-log.ts';

let servers: BareServers;
let test: TestContext;

const setting = async (name: string, value: string | null) => {
  await servers.sql(
    1,
    value === null ? `ALTER SYSTEM RESET ${name}` : `ALTER SYSTEM SET ${name} = '${value}'`,
  );
  await servers.sql(1, 'SELECT pg_reload_conf()');
};
/** An error that looks as one of Spock's own sessions: by its application_name. */
const failing = (message: string) =>
  servers
    .sql(
      1,
      `SET application_name = 'sub_n2n1_copy'; DO $$ BEGIN RAISE EXCEPTION '${message}' USING DETAIL = 'of it'; END $$`,
    )
    .catch(() => undefined);
const first = async (mark: Awaited<ReturnType<typeof logMark>>) =>
  until('the log', async () => (await firstError('n1', mark, test.context)).error ?? undefined);

describe('a server that collects its log', () => {
  beforeAll(async () => {
    servers = await startBareServers(1, { prepared: true, logged: true });
  }, 60_000);
  afterAll(() => servers?.stop());
  beforeEach(() => {
    test?.close();
    test = contextOn(servers);
  });

  it('is read from the mark on: the first error, with its DETAIL, and no password', async () => {
    await failing('of before');
    const mark = await logMark('n1', test.context);
    expect(mark.why).toBeNull();
    expect(await firstError('n1', mark, test.context)).toEqual({ error: null, why: null });
    await servers.sql(1, 'SELECT 1/0').catch(() => undefined); // an application's
    await failing('could not reach postgres://u:secret-word@h/db here');
    await failing('could not reach host=h password=secret-word here');
    expect(await first(mark)).toBe('could not reach postgres://u:••••@h/db here\nof it');
    const { errors } = await errorsSince('n1', mark, test.context);
    expect(errors).toHaveLength(2);
    // Spock writes X over what follows the word, to the end of the line.
    expect(errors[1]).toMatch(/^could not reach host=h password(=•••• here|X+)\nof it$/);
  });

  it('is read on through rotations', async () => {
    const mark = await logMark('n1', test.context);
    await failing('in the old file');
    const before = await servers.sql(1, 'SELECT pg_current_logfile() AS f');
    await servers.sql(1, `ALTER SYSTEM SET log_filename = 'next-%s.log'`);
    await servers.sql(1, 'SELECT pg_reload_conf()');
    await servers.sql(1, 'SELECT pg_rotate_logfile()');
    await until(
      'rotated',
      async () => (await servers.sql(1, 'SELECT pg_current_logfile() AS f'))[0]?.f !== before[0]?.f,
    );
    await failing('in the new file');
    expect(await first(mark)).toContain('in the old file');
    await until('both', async () => (await errorsSince('n1', mark, test.context)).errors.length === 2);
    await setting('log_filename', null);
  });

  it.each(['csvlog', 'jsonlog'])('is read in the format %s', async (format) => {
    await setting('log_destination', format);
    await until('the file', async () => {
      const [row] = await servers.sql(1, `SELECT pg_current_logfile('${format}') AS f`);
      return row?.f != null;
    });
    const mark = await logMark('n1', test.context);
    await failing(`in ${format}`);
    expect(await first(mark)).toBe(`in ${format}\nof it`);
    await setting('log_destination', null);
  });

  it('says which right is missing, and guesses nothing', async () => {
    await servers.sql(1, `CREATE ROLE watcher LOGIN PASSWORD 'w'`);
    const dsn = servers.dsn(1).replace(/user=\S+ password=\S+/, 'user=watcher password=w');
    const bare = contextOn(servers, { dsns: { n1: dsn } });
    const mark = await logMark('n1', bare.context);
    await failing('nobody reads it');
    expect(await firstError('n1', mark, bare.context)).toEqual({
      error: null,
      why: expect.stringContaining('it needs EXECUTE on pg_current_logfile(text)'),
    });
    expect(mark.why).toContain('pg_read_binary_file');
    bare.close();
    // With the rights that it names it is read.
    await servers.sql(
      1,
      `GRANT pg_read_server_files TO watcher; GRANT EXECUTE ON FUNCTION pg_current_logfile(text), pg_stat_file(text, boolean), pg_read_binary_file(text, bigint, bigint, boolean) TO watcher`,
    );
    const granted = contextOn(servers, { dsns: { n1: dsn } });
    const now = await logMark('n1', granted.context);
    await failing('somebody reads it');
    expect(
      await until('the log', async () => (await firstError('n1', now, granted.context)).error ?? undefined),
    ).toBe('somebody reads it\nof it');
    granted.close();
  });
});

describe('a copy that fails', () => {
  beforeAll(async () => {
    servers = await startBareServers(2, { prepared: true, logged: true });
    test = contextOn(servers);
    for (const n of [1, 2]) {
      await servers.sql(n, `CREATE EXTENSION spock; SELECT spock.node_create('n${n}', '${servers.dsn(n)}')`);
    }
  }, 60_000);
  afterAll(async () => {
    test.close();
    await servers.stop();
  });

  it('of rows: the row that does not fit is told, not what follows from it', async () => {
    for (const n of [1, 2]) {
      await servers.sql(
        n,
        `CREATE TYPE mood AS ENUM ('sad', 'ok'${n === 1 ? ", 'new'" : ''}); CREATE TABLE t (id int PRIMARY KEY, m mood);
         SELECT spock.repset_add_table('default', 't')`,
      );
    }
    await servers.sql(1, `INSERT INTO t VALUES (1, 'new')`);
    const mark = await logMark('n2', test.context);
    await servers.sql(
      2,
      `SELECT spock.sub_create('sub_n2n1', '${servers.dsn(1)}', synchronize_data := true)`,
    );
    const error = await until(
      'the cause',
      async () => (await firstError('n2', mark, test.context)).error ?? undefined,
    );
    expect(error).toMatch(/^invalid input value for enum (public\.)?mood: "new"/);
  }, 60_000);

  it('of the structure: what the restore met is told', async ({ skip }) => {
    if (servers.engine.spockVersion === null) skip('the stand-in copies no structure');
    await servers.sql(
      2,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type ~ 'spock (apply|sync)'`,
    );
    await servers.sql(
      1,
      `CREATE SCHEMA ext; CREATE TYPE ext.addr AS (street text); CREATE TABLE public.home (id int PRIMARY KEY, a ext.addr)`,
    );
    await servers.sql(2, `CREATE DATABASE other`, 'postgres');
    await servers.sql(
      2,
      `CREATE EXTENSION spock; SELECT spock.node_create('n3', '${servers.dsn(2, 'other')}'); CREATE SCHEMA ext; CREATE TYPE ext.addr AS (street text)`,
      'other',
    );
    const mark = await logMark('n2', test.context);
    await servers.sql(
      2,
      `SELECT spock.sub_create('sub_n3n1', '${servers.dsn(1)}', synchronize_structure := true, synchronize_data := true)`,
      'other',
    );
    const error = await until(
      'the cause',
      async () => (await firstError('n2', mark, test.context)).error ?? undefined,
      60,
    );
    expect(error).toMatch(/already exists/);
    expect(error).toMatch(/"(ext|addr)"/);
  }, 120_000);
});

describe('a server that does not', () => {
  it('is said to', async () => {
    servers = await startBareServers(1, { prepared: true });
    test = contextOn(servers);
    const mark = await logMark('n1', test.context);
    expect(await firstError('n1', mark, test.context)).toEqual({
      error: null,
      why: 'the log of n1 cannot be read by SQL: logging_collector is off, so only its host has it',
    });
    test.close();
    await servers.stop();
  }, 60_000);
});
