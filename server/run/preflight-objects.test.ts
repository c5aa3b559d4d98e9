/** What a copy of the structure would meet on a receiver, and what it cannot bring: said before anything is copied, on servers that are there. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NamedObject } from '#core/model/observed-server.ts';
import type { Plan } from '#core/model/plan.ts';
import { inTheWay } from '#core/plan/servers/in-the-way.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { factsOf, request, until } from '#server/testing/deploy-orders.ts';
import {
  deleteDataDir,
  ended,
  newDataDir,
  openConsole,
  type TestConsole,
} from '#server/testing/test-console.ts';
import { readServer } from './observe-servers.ts';
import { Refusal } from './refusal.ts';

/** One of each kind that is on both, by what it is called; in an order in which they can be made. */
const ON_BOTH: Record<string, string> = {
  'schema s': 'CREATE SCHEMA s',
  'schema x': 'CREATE SCHEMA x',
  'aggregate public.total(integer)': 'CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int)',
  'operator public.===(integer,integer)':
    'CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)',
  'operator family public.fam USING btree': 'CREATE OPERATOR FAMILY fam USING btree',
  'operator class public.ops USING btree':
    'CREATE OPERATOR CLASS ops FOR TYPE int USING btree FAMILY fam AS STORAGE int',
  'collation public.coll': "CREATE COLLATION coll (locale = 'C')",
  'conversion public.conv': "CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8",
  'text search configuration public.tsc': 'CREATE TEXT SEARCH CONFIGURATION tsc (COPY = simple)',
  'text search dictionary public.tsd': 'CREATE TEXT SEARCH DICTIONARY tsd (TEMPLATE = simple)',
  'cast (integer AS pg_catalog.macaddr)': 'CREATE CAST (int AS macaddr) WITH INOUT',
  'foreign-data wrapper fdw': 'CREATE FOREIGN DATA WRAPPER fdw',
  'server sv': 'CREATE SERVER sv FOREIGN DATA WRAPPER fdw',
  'user mapping public on server sv': 'CREATE USER MAPPING FOR PUBLIC SERVER sv',
  'function public.handler()':
    "CREATE FUNCTION handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler'",
  'language plx': 'CREATE LANGUAGE plx HANDLER handler',
  'access method am': 'CREATE ACCESS METHOD am TYPE TABLE HANDLER heap_tableam_handler',
  'publication pub': 'CREATE PUBLICATION pub',
  'type public.pos': 'CREATE DOMAIN pos AS int',
  'type public.span': 'CREATE TYPE span AS RANGE (subtype = float8)',
  'composite type public.addr': 'CREATE TYPE addr AS (street text)',
};

/** Of other kinds, and of one name for PostgreSQL: what the source has, and the receiver. */
const OF_ONE_NAME: Record<string, readonly [theirs: string, own: string]> = {
  'view public.a (table there)': ['CREATE TABLE a (id int PRIMARY KEY)', 'CREATE VIEW a AS SELECT 1 AS id'],
  'sequence public.b_id_seq': [
    'CREATE TABLE b (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY)',
    'CREATE SEQUENCE b_id_seq',
  ],
  'view public.c_pkey (index there)': [
    'CREATE TABLE c (id int PRIMARY KEY)',
    'CREATE VIEW c_pkey AS SELECT 1',
  ],
  'type public.d (table there)': ['CREATE TABLE d (id int PRIMARY KEY)', "CREATE TYPE d AS ENUM ('x')"],
  'procedure public.f(integer) (function there)': [
    "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT $1'",
    "CREATE PROCEDURE f(int) LANGUAGE sql AS 'SELECT 1'",
  ],
  'composite type x.hstore (of extension hstore there)': [
    'CREATE EXTENSION hstore SCHEMA x',
    'CREATE TYPE x.hstore AS (v text)',
  ],
};

/** Names that may stand side by side. */
const BESIDE: readonly [theirs: string, own: string] = [
  'CREATE SEQUENCE side; CREATE SCHEMA mine_1; CREATE FUNCTION g(int) RETURNS int LANGUAGE sql AS $$SELECT 1$$',
  'CREATE TYPE side AS ENUM (); CREATE SCHEMA mine_2; CREATE FUNCTION g(text) RETURNS int LANGUAGE sql AS $$SELECT 1$$',
];

const dataDir = newDataDir();
let servers: BareServers;
let tricorder: TestConsole;
let spock: boolean;

beforeAll(async () => {
  servers = await startBareServers(2, { prepared: true, logged: true });
  spock = servers.engine.spockVersion !== null;
  tricorder = openConsole(dataDir);
  for (const text of Object.values(ON_BOTH)) for (const n of [1, 2]) await servers.sql(n, text);
  for (const [theirs, own] of [...Object.values(OF_ONE_NAME), BESIDE]) {
    await servers.sql(1, theirs);
    await servers.sql(2, own);
  }
  await servers.sql(1, 'INSERT INTO a SELECT generate_series(1, 10)');
}, 120_000);

afterAll(async () => {
  await tricorder?.stop();
  await servers?.stop();
  await deleteDataDir(dataDir);
});

const plan = (): Promise<Plan> => tricorder.runner.plan(request(servers, { dataFrom: 'n1' }));
const check = ({ checks }: Plan, node: string, name: string) =>
  checks.find((each) => each.node === node && each.name === name);
/** The stand-in copies no structure, which is a stop of its own. */
const codes = ({ problems }: Plan): string[] =>
  problems.map(({ node, code }) => `${node} ${code}`).filter((each) => each !== 'n2 standin-structure');

async function objectsOn(n: number): Promise<NamedObject[]> {
  const read = await readServer(servers.dsn(n));
  if (!read.ok) throw new Error(read.error);
  expect(read.facts.unread).toEqual([]);
  return read.facts.structure.objects;
}

/** All that somebody made in the database of n2: as if the database were new. */
async function emptied(): Promise<void> {
  await servers.sql(2, 'DROP DATABASE orders WITH (FORCE)', 'postgres');
  await servers.sql(2, 'CREATE DATABASE orders', 'postgres');
}

test('whatever the receiver has under a name that the copy would give is in the way, and nothing else', async () => {
  const found = inTheWay(await objectsOn(1), await objectsOn(2));
  expect(found).toEqual([...Object.keys(ON_BOTH), ...Object.keys(OF_ONE_NAME)].sort());
});

test('it is a stop of the plan', async () => {
  const found = await plan();
  expect(codes(found)).toEqual(['n2 objects-in-the-way']);
  const expected = Object.keys(ON_BOTH).length + Object.keys(OF_ONE_NAME).length;
  expect(check(found, 'n2', 'In the way')).toMatchObject({ result: 'stop', value: `${expected} objects` });
  await expect(tricorder.runner.start(found.id)).rejects.toThrow(Refusal);
});

test('an extension in another schema is a stop as well; in the same one it meets nothing', async () => {
  await emptied();
  await servers.sql(2, 'CREATE EXTENSION hstore SCHEMA public');
  expect(codes(await plan())).toEqual(['n2 extension-schema']);
  await servers.sql(2, 'DROP EXTENSION hstore; CREATE SCHEMA x; CREATE EXTENSION hstore SCHEMA x');
  expect(codes(await plan())).toEqual(['n2 objects-in-the-way']);
  await servers.sql(1, 'ALTER EXTENSION hstore SET SCHEMA public');
  await servers.sql(2, 'ALTER EXTENSION hstore SET SCHEMA public; DROP SCHEMA x');
  expect(codes(await plan())).toEqual([]);
});

test('what does not come is said: large objects, and rows of materialized views', async () => {
  await servers.sql(
    1,
    "SELECT lo_from_bytea(0, 'hello'); CREATE MATERIALIZED VIEW mv AS SELECT count(*) AS n FROM a; CREATE UNLOGGED TABLE un (id int PRIMARY KEY)",
  );
  const found = await plan();
  expect(codes(found)).toEqual([]);
  expect(check(found, 'n1', 'Large objects')).toMatchObject({
    result: 'know',
    value: expect.stringMatching(/^1 stay on n1 only/),
  });
  expect(check(found, 'n2', 'Materialized views')).toMatchObject({
    result: 'know',
    value: '1 are copied empty: REFRESH MATERIALIZED VIEW public.mv',
  });
  expect(check(found, 'n2', 'Unlogged tables')).toMatchObject({ result: 'know' });
});

test('where nothing is in the way all of it comes', async ({ skip }) => {
  if (!spock) skip('the stand-in copies no structure');
  const found = await plan();
  const run = await ended(tricorder, (await tricorder.runner.start(found.id)).id);
  expect(run.steps.flatMap(({ id, error }) => (error === null ? [] : [[id, error]]))).toEqual([]);
  expect(run.state).toBe('succeeded');
  expect(factsOf(run, 'compare').map(({ name }) => name)).toEqual(
    expect.arrayContaining(['public.a', 'public.b']),
  );
  await until(servers, 2, 'SELECT count(*) = 10 FROM a');
  // As it was said.
  const [view] = await servers.sql(2, "SELECT relispopulated AS filled FROM pg_class WHERE relname = 'mv'");
  expect(view).toEqual({ filled: false });
  // All that n1 has by name, n2 has now.
  const [theirs, own] = [await objectsOn(1), await objectsOn(2)];
  const lacking = theirs.filter(
    ({ type, identity }) => !own.some((each) => each.type === type && each.identity === identity),
  );
  expect(lacking).toEqual([]);
}, 120_000);
