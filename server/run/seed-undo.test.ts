/** What a copy brought is taken back and nothing else, on servers that are there: all catalogs and rows of both, before and after. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Run } from '#core/model/plan.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { request, until } from '#server/testing/deploy-orders.ts';
import { type Photo, photograph } from '#server/testing/photo.ts';
import {
  deleteDataDir,
  ended,
  newDataDir,
  openConsole,
  type TestConsole,
} from '#server/testing/test-console.ts';

/** One of each kind that a dump brings and that needs no library. */
const EVERYTHING = `
CREATE SCHEMA shop; COMMENT ON SCHEMA public IS 'of the source'; GRANT CREATE ON SCHEMA public TO app; GRANT USAGE ON SCHEMA shop TO app;
CREATE EXTENSION postgres_fdw; CREATE EXTENSION hstore SCHEMA shop;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1');
CREATE USER MAPPING FOR app SERVER elsewhere OPTIONS (user 'x', password 'mapped');
CREATE FOREIGN TABLE shop.far (id int) SERVER elsewhere;
CREATE TYPE addr AS (street text, no int); CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE span AS RANGE (subtype = float8);
CREATE COLLATION coll (locale = 'C'); CREATE TEXT SEARCH CONFIGURATION tsc (COPY = simple);
CREATE FUNCTION same(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = same);
CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int);
CREATE FUNCTION street(addr) RETURNS text LANGUAGE sql AS 'SELECT $1.street';
CREATE CAST (addr AS text) WITH FUNCTION street(addr);
CREATE TABLE a (id serial PRIMARY KEY, at addr, m mood, n positive, b_id int);
CREATE TABLE shop.b (id int PRIMARY KEY, a_id int REFERENCES a, v text COLLATE coll, tags shop.hstore);
ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES shop.b DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE parted (id int, v text, PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (1000);
CREATE VIEW seen AS SELECT id, v FROM shop.b; CREATE MATERIALIZED VIEW kept AS SELECT count(*) FROM a;
CREATE FUNCTION row_of(a) RETURNS int LANGUAGE sql AS 'SELECT $1.id';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touched BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE a ENABLE ROW LEVEL SECURITY; CREATE POLICY all_rows ON a USING (true);
CREATE RULE nothing AS ON DELETE TO shop.b DO INSTEAD NOTHING;
CREATE STATISTICS stat ON id, v FROM shop.b; CREATE INDEX b_v ON shop.b (lower(v));
CREATE PUBLICATION pub FOR TABLE a;
CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER watching ON ddl_command_end EXECUTE FUNCTION watch();
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO app; ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
INSERT INTO shop.b SELECT i, NULL, 'b' || i, NULL FROM generate_series(1, 50) i; INSERT INTO a (m, n, b_id) SELECT 'ok', i, i FROM generate_series(1, 50) i;
INSERT INTO parted SELECT i, 'x' FROM generate_series(1, 100) i;`;

const OTHERS = `CREATE SCHEMA reports; CREATE TABLE reports.own_notes (id int PRIMARY KEY, v text); INSERT INTO reports.own_notes VALUES (1, 'mine');
CREATE TABLE mine (id int PRIMARY KEY); CREATE FUNCTION helper() RETURNS int LANGUAGE sql AS 'SELECT 1';`;

let servers: BareServers;
let spock: boolean;
let dataDir: string;
let tricorder: TestConsole;

beforeEach(async () => {
  dataDir = newDataDir();
  servers = await startBareServers(2, { prepared: true, settings: 'logging_collector = on' });
  spock = servers.engine.spockVersion !== null;
  for (const n of [1, 2]) await servers.sql(n, 'CREATE ROLE app');
  tricorder = openConsole(dataDir);
}, 120_000);

afterEach(async () => {
  await tricorder.stop();
  await servers.stop();
  await deleteDataDir(dataDir);
});

const photo = (n: number): Promise<Photo> => photograph((text) => servers.sql(n, text));
const stepOf = (run: Run, id: string) => run.steps.find((step) => step.id === id);
const errorsOf = (run: Run) => run.steps.flatMap(({ id, error }) => (error === null ? [] : [[id, error]]));

/** Starts it, cancels when the step has ended, and waits for the end. `since`: what somebody does on n2 once it is under way. */
async function seeded(step: string, since?: string): Promise<Run> {
  const plan = await tricorder.runner.plan(request(servers, { dataFrom: 'n1' }));
  expect(plan.problems).toEqual([]);
  const { id } = await tricorder.runner.start(plan.id);
  if (since !== undefined) await servers.sql(2, since);
  for await (const run of tricorder.runner.events(id, AbortSignal.timeout(100_000))) {
    const state = stepOf(run, step)?.state;
    if (state !== 'waiting' && state !== 'running') break;
  }
  await tricorder.runner.cancel(id).catch(() => undefined);
  return ended(tricorder, id);
}

const rollback = async (id: string, dropWritten = false): Promise<Run> =>
  ended(tricorder, (await tricorder.runner.rollback(id, dropWritten)).id);

describe('a copy of a structure', () => {
  test('is taken back, whatever kinds of objects came, and made again', { timeout: 240_000 }, async ({
    skip,
  }) => {
    if (!spock) skip('the stand-in copies no structure');
    await servers.sql(1, EVERYTHING);
    await servers.sql(
      2,
      "CREATE SCHEMA reports; CREATE TYPE reports.own AS ENUM ('x'); GRANT USAGE ON SCHEMA public TO app",
    );
    const before = [await photo(1), await photo(2)];
    const run = await seeded('seed:n2');
    expect(errorsOf(run)).toEqual([]);
    expect((await photo(2)).rows).toMatchObject({ a: before[0]?.rows.a });
    const back = await rollback(run.id);
    expect(errorsOf(back)).toEqual([]);
    expect(back.leftToDo).toEqual([]);
    expect(await photo(2)).toEqual(before[1]);
    expect(await photo(1)).toEqual(before[0]);
    const again = await seeded('seed:n2');
    expect(errorsOf(again)).toEqual([]);
  });

  test('what others made or wrote meanwhile stays, and is said', { timeout: 240_000 }, async ({ skip }) => {
    if (!spock) skip('the stand-in copies no structure');
    await servers.sql(
      1,
      `CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE orders (id int PRIMARY KEY, v text); CREATE TABLE seen (id int PRIMARY KEY);
       INSERT INTO t SELECT i, 'x' FROM generate_series(1, 100) i; INSERT INTO seen SELECT i FROM generate_series(1, 10) i`,
    );
    const source = await photo(1);
    const run = await seeded('seed:n2');
    expect(errorsOf(run)).toEqual([]);
    await servers.sql(
      2,
      `${OTHERS} INSERT INTO orders VALUES (1, 'own'), (2, 'own'); CREATE VIEW over AS SELECT * FROM seen`,
    );
    const back = await rollback(run.id);
    expect(stepOf(back, 'seed:n2')?.error?.code).toBe('written-since');
    expect(back.leftToDo.map(({ code, object }) => `${code} ${object}`)).toEqual(
      expect.arrayContaining(['written-since table public.orders', 'others-depend table public.seen']),
    );
    const rows = (await photo(2)).rows;
    expect(Object.keys(rows).sort()).toEqual(['mine', 'orders', 'reports.own_notes', 'seen']);
    expect(rows.orders).toMatch(/^2\//);
    const [helper] = await servers.sql(2, 'SELECT helper() AS n');
    expect(helper?.n).toBe(1);
    await servers.sql(2, 'DROP VIEW over');
    const whole = await rollback(run.id, true);
    expect(errorsOf(whole)).toEqual([]);
    expect(Object.keys((await photo(2)).rows).sort()).toEqual(['mine', 'reports.own_notes']);
    expect(await photo(1)).toEqual(source);
  });

  test('whose restore ends after the subscription was taken back is taken back too', {
    timeout: 240_000,
  }, async ({ skip }) => {
    if (!spock) skip('the stand-in copies no structure');
    await servers.sql(1, 'CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY)');
    await servers.sql(
      2,
      "CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF current_setting('application_name') = 'pg_restore' THEN PERFORM pg_sleep(0.7); END IF; END $$; CREATE EVENT TRIGGER slowly ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION slow()",
    );
    const before = [await photo(1), await photo(2)];
    const plan = await tricorder.runner.plan(request(servers, { dataFrom: 'n1' }));
    expect(plan.problems).toEqual([]);
    const { id } = await tricorder.runner.start(plan.id);
    await until(
      servers,
      2,
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'pg_restore'",
    );
    await tricorder.runner.cancel(id);
    expect((await ended(tricorder, id)).state).toBe('cancelled');
    const back = await rollback(id);
    expect(errorsOf(back)).toEqual([]);
    expect(back).toMatchObject({ state: 'rolled-back', leftToDo: [] });
    expect(await photo(2)).toEqual(before[1]);
    expect(await photo(1)).toEqual(before[0]);
  });

  test('that failed leaves what others made, when it is taken back and when it is tried again', {
    timeout: 240_000,
  }, async ({ skip }) => {
    if (!spock) skip('the stand-in copies no structure');
    await servers.sql(
      1,
      'CREATE ROLE only_here; CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE last (id int PRIMARY KEY)',
    );
    await servers.sql(
      2,
      "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF current_setting('application_name') = 'pg_restore' THEN RAISE EXCEPTION 'no DDL here'; END IF; END $$; CREATE EVENT TRIGGER refused ON ddl_command_start EXECUTE FUNCTION refuse()",
    );
    const run = await seeded('seed:n2');
    expect(stepOf(run, 'seed:n2')?.error?.message).toContain('no DDL here');
    await servers.sql(2, OTHERS);
    await servers.sql(2, 'DROP EVENT TRIGGER refused');
    const resumed = await ended(tricorder, (await tricorder.runner.resume(run.id)).id);
    expect(errorsOf(resumed)).toEqual([]);
    expect(resumed.state).toBe('succeeded');
    const rows = (await photo(2)).rows;
    expect(Object.keys(rows)).toEqual(expect.arrayContaining(['mine', 'reports.own_notes', 't', 'last']));
    expect(rows['reports.own_notes']).toMatch(/^1\//);
  });
});

describe('a copy of rows', () => {
  const TABLES = `CREATE TABLE t (id int PRIMARY KEY, v text); CREATE TABLE orders (id int PRIMARY KEY, v text)`;

  test.each(['rollback', 'resume'] as const)(
    'that fails leaves what an application wrote, on %s',
    {
      timeout: 240_000,
    },
    async (next) => {
      for (const n of [1, 2]) await servers.sql(n, TABLES);
      await servers.sql(
        1,
        "INSERT INTO t VALUES (1, 'new'); INSERT INTO orders SELECT i, 'x' FROM generate_series(100, 200) i",
      );
      const run = await seeded(
        'seed:n2',
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not so'; END $$; CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no(); ALTER TABLE t ENABLE ALWAYS TRIGGER no",
      );
      expect(stepOf(run, 'seed:n2')?.error?.code).toMatch(/^copy-/);
      expect(stepOf(run, 'seed:n2')?.error?.message).toContain('not so');
      await servers.sql(2, "INSERT INTO orders VALUES (1, 'own'), (2, 'own'); DROP TRIGGER no ON t");
      if (!spock) {
        // PostgreSQL's own copy is one transaction a table: orders was filled before t failed, and holds rows of both.
        if (next === 'resume') {
          const resumed = await ended(tricorder, (await tricorder.runner.resume(run.id)).id);
          expect(resumed.state).toBe('failed');
          expect(stepOf(resumed, 'seed:n2')?.error?.code).toBe('written-since');
        }
        // What the kept table stands on stays with it.
        const left = (await rollback(run.id)).leftToDo.filter(({ code }) => code !== 'after-others');
        expect(left).toMatchObject([{ code: 'written-since', object: 'table public.orders' }]);
        expect(await servers.sql(2, 'SELECT v FROM orders WHERE id < 10')).toHaveLength(2);
        expect(await servers.sql(2, 'SELECT * FROM t')).toEqual([]);
        expect(await servers.sql(1, 'SELECT * FROM orders')).toHaveLength(101);
        return;
      }
      if (next === 'resume') {
        // Nothing of the copy is in the table: it is made anew beside them, and n1 gets them by the slot that was made at the hold.
        const resumed = await ended(tricorder, (await tricorder.runner.resume(run.id)).id);
        expect(resumed.state).toBe('succeeded');
        for (const n of [1, 2]) {
          expect(await servers.sql(n, "SELECT FROM orders WHERE v = 'own'")).toHaveLength(2);
          expect(await servers.sql(n, 'SELECT FROM orders')).toHaveLength(103);
        }
        return;
      }
      const back = await rollback(run.id);
      expect(back.leftToDo).toEqual([]);
      expect(back.state).toBe('rolled-back');
      expect(await servers.sql(2, 'SELECT v FROM orders')).toHaveLength(2);
      expect(await servers.sql(2, 'SELECT * FROM t')).toEqual([]);
      expect(await servers.sql(1, 'SELECT * FROM orders')).toHaveLength(101);
    },
  );

  test('that is cut off is no success, and is made anew by a resume', { timeout: 240_000 }, async () => {
    for (const n of [1, 2]) await servers.sql(n, TABLES);
    await servers.sql(1, "INSERT INTO t SELECT i, repeat('x', 200) FROM generate_series(1, 60000) i");
    const plan = await tricorder.runner.plan(request(servers, { dataFrom: 'n1' }));
    expect(plan.problems).toEqual([]);
    const { id } = await tricorder.runner.start(plan.id);
    await servers.sql(
      2,
      'CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.02); RETURN new; END $$; CREATE TRIGGER slow BEFORE INSERT ON t FOR EACH ROW WHEN (new.id % 200 = 0) EXECUTE FUNCTION slow(); ALTER TABLE t ENABLE ALWAYS TRIGGER slow',
    );
    await until(
      servers,
      1,
      "SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity WHERE query LIKE 'COPY %' AND pid <> pg_backend_pid() AND now() - query_start > '0.2 s'",
    );
    let run = await ended(tricorder, id);
    if (run.state === 'failed') {
      expect(stepOf(run, 'seed:n2')?.error?.code).toMatch(/^copy-/);
      run = await ended(tricorder, (await tricorder.runner.resume(id)).id);
    }
    expect(errorsOf(run)).toEqual([]);
    expect(run.state).toBe('succeeded');
    expect(await servers.sql(2, 'SELECT count(*)::int AS n FROM t')).toEqual([{ n: 60000 }]);
  });

  test('is taken back with its sequences as they were', { timeout: 240_000 }, async () => {
    for (const n of [1, 2]) await servers.sql(n, 'CREATE TABLE s (id serial PRIMARY KEY, v text)');
    await servers.sql(1, "INSERT INTO s (v) SELECT 'x' FROM generate_series(1, 50)");
    const before = [await photo(1), await photo(2)];
    const run = await seeded('seed:n2');
    expect(errorsOf(run)).toEqual([]);
    const back = await rollback(run.id);
    expect(errorsOf(back)).toEqual([]);
    expect(await photo(2)).toEqual(before[1]);
    expect(await photo(1)).toEqual(before[0]);
  });
});
