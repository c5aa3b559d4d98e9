/** Rows that a receiver's applications write before anybody subscribes to it: its own, and nothing that differs. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Row } from '#core/engines/engine.ts';
import { startTestNodes, type TestNodes } from '#server/testing/replicating.ts';
import { contextOn, type TestContext } from '#server/testing/step-context.ts';
import { readableTable } from './readable.ts';
import { Reader } from './reader.ts';
import { compareTable, LIMITS, type Verdict } from './table.ts';

let nodes: TestNodes;

beforeAll(async () => {
  nodes = await startTestNodes(2, { replicating: false });
  await nodes.everywhere(
    'CREATE TABLE written (id int PRIMARY KEY, v int); CREATE TABLE keyless (at int, v int)',
  );
}, 120_000);

afterAll(async () => {
  await nodes?.stop();
});

/** Lets things happen on a node right after the n-th of its queries that look rows up. */
class Hooked extends Reader {
  lookups = 0;
  after: (lookup: number) => Promise<unknown> = async () => {};

  override async read(node: string, query: string, statementMs: number): Promise<Row[]> {
    const read = await super.read(node, query, statementMs);
    if (node === 'n2' && query.includes(' AS own')) await this.after(++this.lookups);
    return read;
  }
}

async function compare(table: string, after?: (lookup: number) => Promise<unknown>): Promise<Verdict> {
  const dsns = Object.fromEntries(nodes.names.map((name, index) => [name, nodes.servers.dsn(index + 1)]));
  const { context, close }: TestContext = contextOn(nodes.servers, { dsns });
  try {
    const reader = new Hooked({
      changes: context.changes,
      sessions: context.sessions,
      dsn: (node) => context.dsn(node),
      signal: context.signal,
    });
    if (after !== undefined) reader.after = after;
    const readable = await readableTable({ schema: 'public', table, columns: [] }, nodes.names, reader);
    if ('why' in readable) throw new Error(readable.why);
    const work = { reader, providers: nodes.names, limits: LIMITS, own: 'n2', heard: () => {} };
    const verdict = await compareTable(readable, work);
    expect(reader.lookups).toBeGreaterThan(0);
    return verdict;
  } finally {
    close();
  }
}

test('its own rows are counted, and rows of others held against it', async () => {
  await nodes.sql('n1', 'INSERT INTO written VALUES (1, 1), (2, 2)');
  await nodes.sql('n2', 'INSERT INTO written VALUES (46, 1), (47, 1)');
  expect(await compare('written')).toMatchObject({
    kind: 'different',
    text: expect.stringContaining('2 rows differ: 2 not on n2 (key 1, 2)'),
  });
  await nodes.sql('n1', 'TRUNCATE written');
  expect(await compare('written')).toMatchObject({ kind: 'same', text: expect.stringContaining('2 ') });
});

test('a row of its own that its application deletes, or changes, once it was read is still its own', async () => {
  await nodes.everywhere('TRUNCATE written');
  await nodes.sql('n2', 'INSERT INTO written VALUES (46, 1), (47, 1), (48, 1)');
  const deleted = await compare('written', () =>
    nodes.sql('n2', 'DELETE FROM written WHERE id = 46; UPDATE written SET v = 2 WHERE id = 47'),
  );
  expect(deleted).toMatchObject({ kind: 'same' });
});

test('a row of its own without a key, deleted once it was read', async () => {
  await nodes.sql('n2', 'INSERT INTO keyless VALUES (1, 1), (1, 1), (2, 1)');
  expect(await compare('keyless', () => nodes.sql('n2', 'DELETE FROM keyless'))).toMatchObject({
    kind: 'same',
  });
});
