/** Tables that are on both servers and would not take each other's rows; columns that a copy cannot bring, triggers, sequences. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Plan } from '#core/model/plan.ts';
import { type BareServers, startBareServers } from '#server/testing/bare-servers.ts';
import { request, until } from '#server/testing/deploy-orders.ts';
import {
  deleteDataDir,
  ended,
  newDataDir,
  openConsole,
  type TestConsole,
} from '#server/testing/test-console.ts';

const dataDir = newDataDir();
let servers: BareServers;
let tricorder: TestConsole;

beforeAll(async () => {
  servers = await startBareServers(2, { prepared: true });
  tricorder = openConsole(dataDir);
}, 120_000);

afterAll(async () => {
  await tricorder?.stop();
  await servers?.stop();
  await deleteDataDir(dataDir);
});

async function both(text: string): Promise<void> {
  for (const n of [1, 2]) await servers.sql(n, text);
}

const plan = (): Promise<Plan> => tricorder.runner.plan(request(servers, { dataFrom: 'n1' }));
const problem = ({ problems }: Plan, code: string) => problems.find((each) => each.code === code);
const codes = ({ problems }: Plan): string[] => problems.map(({ node, code }) => `${node} ${code}`);

test('a constraint that one node has is a stop that names it, and so is a type that takes other values', async () => {
  await both(
    "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE con (id int PRIMARY KEY, v int, mail text, m mood)",
  );
  expect(codes(await plan())).toEqual([]);
  await servers.sql(2, 'ALTER TABLE con ADD CONSTRAINT small CHECK (v < 10), ADD UNIQUE (mail)');
  const found = await plan();
  expect(codes(found)).toEqual(['n2 schema-drift']);
  expect(problem(found, 'schema-drift')?.message).toContain('only n2 has CHECK ((v < 10))');
  expect(problem(found, 'schema-drift')?.message).toMatch(/only n2 has UNIQUE .*mail/);
  await servers.sql(2, 'ALTER TABLE con DROP CONSTRAINT small, DROP CONSTRAINT con_mail_key');
  await servers.sql(1, "ALTER TYPE mood ADD VALUE 'new'");
  expect(problem(await plan(), 'schema-drift')?.message).toContain('type public.mood is');
  await both('DROP TABLE con; DROP TYPE mood');
});

test('a trigger that fires for copied rows too is a stop; one that does not is none', async () => {
  await both('CREATE TABLE trg (id int PRIMARY KEY); CREATE TABLE audit (id int PRIMARY KEY)');
  await servers.sql(1, 'INSERT INTO trg VALUES (1)');
  await servers.sql(
    2,
    `CREATE FUNCTION log_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO audit VALUES (new.id); RETURN new; END';
     CREATE TRIGGER logged AFTER INSERT ON trg FOR EACH ROW EXECUTE FUNCTION log_it()`,
  );
  expect(codes(await plan())).toEqual([]);
  for (const how of ['ALWAYS', 'REPLICA']) {
    await servers.sql(2, `ALTER TABLE trg ENABLE ${how} TRIGGER logged`);
    const found = await plan();
    expect(codes(found), how).toEqual(['n2 always-triggers']);
    expect(problem(found, 'always-triggers')?.message).toContain('logged on public.trg');
  }
  await both('DROP TABLE trg, audit');
  await servers.sql(2, 'DROP FUNCTION log_it()');
});

test('a sequence that another int column takes numbers of is not converted', async () => {
  await both(
    `CREATE TABLE s1 (id serial PRIMARY KEY, v text); CREATE TABLE s2 (id int PRIMARY KEY DEFAULT nextval('s1_id_seq'), v text)`,
  );
  const asked = request(servers, {
    dataFrom: 'n1',
    sequences: [{ schema: 'public', sequence: 's1_id_seq' }],
  });
  const found = await tricorder.runner.plan(asked);
  // Whether the extension is to be had there, or not.
  expect(codes(found)).toEqual(expect.arrayContaining(['n1 sequence-shared', 'n2 sequence-shared']));
  expect(problem(found, 'sequence-shared')?.message).toContain(
    'public.s2.id (integer) takes numbers from public.s1_id_seq',
  );
  await both('ALTER TABLE s2 ALTER COLUMN id TYPE bigint');
  const wide = codes(await tricorder.runner.plan(asked));
  expect(wide.filter((each) => each.endsWith('sequence-shared'))).toEqual([]);
  await both('DROP TABLE s2; DROP TABLE s1');
});

test('generated columns are copied, or refused where Spock cannot copy them', async () => {
  await both(
    'CREATE TABLE gen (id int PRIMARY KEY, a int, b int GENERATED ALWAYS AS (a * 2) STORED); CREATE TABLE plain (id int PRIMARY KEY)',
  );
  await servers.sql(1, 'INSERT INTO gen (id, a) SELECT i, i FROM generate_series(1, 20) i');
  const found = await plan();
  const refused = servers.engine.spockVersion?.startsWith('5.0.') === true;
  if (refused) {
    expect(codes(found)).toEqual(['n2 generated-columns']);
    expect(problem(found, 'generated-columns')?.message).toContain('public.gen.b');
    expect(await servers.sql(2, 'SELECT FROM gen')).toEqual([]);
    return;
  }
  expect(codes(found)).toEqual([]);
  const run = await ended(tricorder, (await tricorder.runner.start(found.id)).id);
  expect(run.steps.flatMap(({ id, error }) => (error === null ? [] : [[id, error]]))).toEqual([]);
  expect(run.state).toBe('succeeded');
  await until(servers, 2, 'SELECT count(*) = 20 AND sum(b) = 2 * sum(a) FROM gen');
}, 120_000);
