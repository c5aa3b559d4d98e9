import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BareServers, startBareServers } from './bare-servers.ts';
import { photograph } from './photo.ts';
import { dsnBy, startProxy } from './proxy.ts';
import {
  COUNTERS,
  COUNTERS_NOW,
  NOTHING_WRONG,
  ROWS_OF_WRITERS,
  startWriter,
  tally,
  WRITERS_SCHEMA,
} from './writers.ts';

let servers: BareServers;
beforeAll(async () => {
  servers = await startBareServers(1, { prepared: true });
  await servers.sql(1, WRITERS_SCHEMA + COUNTERS);
});
afterAll(() => servers?.stop());

const ask = (text: string) => servers.sql(1, text);

test('a photo sees what is made, granted, written, set, and nothing else', async () => {
  await ask('CREATE TABLE seen (id int)');
  const before = await photograph(ask);
  expect(await photograph(ask)).toEqual(before);
  const changes: [string, string, keyof typeof before][] = [
    ['CREATE TYPE pair AS (a int, b int)', 'DROP TYPE pair', 'objects'],
    ['GRANT SELECT ON seen TO PUBLIC', 'REVOKE ALL ON seen FROM PUBLIC', 'acls'],
    ['INSERT INTO seen VALUES (1)', 'DELETE FROM seen', 'rows'],
    ['ALTER TABLE seen ADD c int', 'ALTER TABLE seen DROP c', 'relations'],
    ["ALTER SYSTEM SET work_mem = '5MB'", 'ALTER SYSTEM RESET work_mem', 'settings'],
    ["SELECT pg_replication_origin_create('o')", "SELECT pg_replication_origin_drop('o')", 'origins'],
    [
      "SELECT pg_create_logical_replication_slot('s', 'pgoutput')",
      "SELECT pg_drop_replication_slot('s')",
      'slots',
    ],
  ];
  for (const [make, undo, where] of changes) {
    await ask(make);
    expect((await photograph(ask))[where], make).not.toEqual(before[where]);
    await ask(undo);
    const { acls: _acls, ...rest } = await photograph(ask);
    const { acls: _before, ...wanted } = before;
    expect(rest, undo).toEqual(wanted);
  }
});

test('a proxy is cut, held and mended; a writer knows what it has committed', async () => {
  const proxy = await startProxy(servers.port(1));
  const writer = startWriter({ node: 1, dsn: dsnBy(servers.dsn(1), proxy.port), counters: true, pauseMs: 1 });
  try {
    await writer.writes(40);
    proxy.cut();
    await expect(servers.sql(1, 'SELECT 1')).resolves.toHaveLength(1);
    proxy.mend();
    await writer.writes(40);
    proxy.hold();
    const held = writer.committed;
    const more = writer.writes(10);
    proxy.mend();
    await more;
    expect(writer.committed).toBeGreaterThan(held);
  } finally {
    await writer.stop();
    await proxy.close();
  }
  const rows = (await ask(ROWS_OF_WRITERS)) as { node: number; seq: number; v: number }[];
  const counters = (await ask(COUNTERS_NOW)) as { id: number; n: number }[];
  expect(tally([writer], rows, counters)).toEqual(NOTHING_WRONG);
  expect(tally([writer], rows.slice(1), counters)).not.toEqual(NOTHING_WRONG);
});
