/** Pages of conflicts and exceptions from real servers. The rows are put there: what is tested is how they are read. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spock } from '#core/engines/spock/spock.ts';
import { silentLog } from '#server/log.ts';
import { type Mesh, type MeshNode, startMesh } from '#server/testing/mesh.ts';
import { conflictsPage, exceptionsPage, type InboxPage } from './inbox.ts';
import { NodeWatch } from './node-watch.ts';

let mesh: Mesh;
let nodes: NodeWatch[];

const watchOf = ({ name, dsn }: MeshNode) =>
  new NodeWatch({
    record: { name, dsn, peerDsn: null, walRoom: null },
    engine: spock,
    log: silentLog,
    onReading: () => {},
    onUrgent: () => {},
  });

beforeAll(async () => {
  mesh = await startMesh(2, { subscribed: false });
  for (const [index, node] of mesh.nodes.entries()) {
    await node.run(
      // Three rows share each moment; the two nodes lie half a second apart.
      `INSERT INTO spock.resolutions (node_name, log_time, relname, idxname, conflict_type, conflict_resolution,
         local_origin, local_tuple, remote_origin, remote_tuple, remote_xid, remote_lsn)
       SELECT '${node.name}', timestamptz '2026-01-01 00:00:00.123456+00' + (i / 3) * interval '1 s' + interval '${index * 500} ms',
         -- As Spock writes them, by quote_qualified_identifier().
         CASE WHEN i % 2 = 0 THEN 'public.acct' WHEN i % 4 = 1 THEN format('%I.%I', 'Sales Dept', 'order "lines"')
           ELSE format('%I.%I', 'a.b', 'c.d') END, 'acct_pkey',
         CASE WHEN i % 5 = 0 THEN 'update_missing' ELSE 'insert_exists' END, 'keep_local',
         0, '{"id":' || i || '}', 7, 'not json', '${700 + index}', '0/ABC'
       FROM generate_series(1, 40) i`,
      `INSERT INTO spock.exception_log (remote_origin, remote_commit_ts, command_counter, retry_errored_at, remote_xid,
         table_schema, table_name, operation, remote_new_tup, error_message)
       SELECT origin, timestamptz '2026-01-01 00:00:00+00' + (i / 4) * interval '1 s', i % 4,
         timestamptz '2026-01-02 00:00:00+00' + i * interval '1 ms', i, 'public', 'acct', 'INSERT',
         jsonb_build_array(jsonb_build_object('attname', 'id', 'atttype', 'int4', 'value', i)), 'it failed'
       FROM generate_series(1, 20) i, unnest(ARRAY[11, 12]) origin`,
    );
  }
  nodes = mesh.nodes.map(watchOf);
  await Promise.all(nodes.map((node) => node.poll()));
});
afterAll(async () => {
  for (const node of nodes ?? []) node.stop();
  await mesh?.stop();
});

type Page<T> = (query: { limit: number; cursor?: string }) => Promise<InboxPage<T>>;

async function walk<T>(page: Page<T>, limit: number): Promise<T[]> {
  const all: T[] = [];
  let cursor: string | null = null;
  do {
    const part: InboxPage<T> = await page(cursor === null ? { limit } : { limit, cursor });
    expect(part.missing).toEqual([]);
    expect(part.items.length).toBeLessThanOrEqual(limit);
    all.push(...part.items);
    cursor = part.nextCursor;
    if (cursor !== null) expect(cursor.length).toBeLessThan(500);
  } while (cursor !== null);
  return all;
}
const key = ({ node, id }: { node: string; id: string }) => `${node} ${id}`;

describe('conflicts', () => {
  const page: Page<Awaited<ReturnType<typeof conflictsPage>>['items'][number]> = (query) =>
    conflictsPage(nodes, query);

  it.each([1, 3, 7, 79, 80, 500])('come newest first, each once, by pages of %i', async (limit) => {
    const all = await walk(page, limit);
    expect(all).toHaveLength(80);
    expect(new Set(all.map(key)).size).toBe(80);
    const times = all.map(({ at }) => at);
    expect(times).toEqual([...times].sort().reverse());
  });

  it('keep what Spock wrote', async () => {
    const [first] = (await page({ limit: 1 })).items;
    expect(first).toMatchObject({
      node: 'n2',
      id: '40',
      at: '2026-01-01T00:00:13.623456Z',
      schema: 'public',
      table: 'acct',
      localOrigin: 'n2',
      localTuple: { json: { id: 40 } },
      // No node has this id: the number is all that is known.
      remoteOrigin: '7',
      remoteTuple: { json: null, text: 'not json' },
      remoteXid: '701',
      remoteLsn: '0/ABC',
    });
  });

  it('of a node that has left have the name that it had, where it is remembered', async () => {
    const names = (node: string, id: string) => (node === 'n2' && id === '7' ? 'n9' : null);
    const { items } = await conflictsPage(nodes, { limit: 2 }, names);
    expect(items.map(({ node, remoteOrigin }) => [node, remoteOrigin])).toEqual([
      ['n2', 'n9'],
      ['n2', 'n9'],
    ]);
    const failed = await exceptionsPage(nodes, { limit: 80 }, (_node, id) => (id === '11' ? 'n9' : null));
    expect(new Set(failed.items.map(({ origin }) => origin))).toEqual(new Set(['n9', '12']));
  });

  it('are filtered on the nodes', async () => {
    const count = async (filter: object) =>
      (await conflictsPage(nodes, { limit: 500, ...filter })).items.length;
    for (const table of ['Sales Dept.order "lines"', 'order "lines"', '"Sales Dept"."order ""lines"""'])
      expect(await count({ table }), table).toBe(20);
    for (const table of ['a.b.c.d', 'c.d', '"a.b"."c.d"']) expect(await count({ table }), table).toBe(20);
    expect(await count({ table: 'public.acct' })).toBe(40);
    expect(await count({ table: 'acct' })).toBe(40);
    for (const table of ['b.c.d', 'd', 'lines', '"', 'Sales Dept'])
      expect(await count({ table }), table).toBe(0);
    expect(await count({ table: "x'; DROP TABLE acct; --" })).toBe(0);
    expect(await count({ type: 'update_missing' })).toBe(16);
    expect(await count({ since: '2026-01-01T00:00:13.1Z' })).toBe(4);
  });

  it('name their tables as the catalog does, unquoted and whole', async () => {
    const { items } = await page({ limit: 500 });
    expect(new Set(items.map(({ schema, table }) => JSON.stringify([schema, table])))).toEqual(
      new Set(['["public","acct"]', '["Sales Dept","order \\"lines\\""]', '["a.b","c.d"]']),
    );
  });

  it('begin anew with a cursor that is none, or of another number of nodes', async () => {
    for (const cursor of ['nonsense!', '1.2.3', '']) {
      expect((await page({ limit: 1, cursor })).items[0]?.id).toBe('40');
    }
  });

  it('name the nodes that could not be asked', async () => {
    const dead = watchOf({
      ...(mesh.nodes[0] as MeshNode),
      name: 'dead',
      dsn: 'host=127.0.0.1 port=1 user=x',
    });
    const unread = watchOf({ ...(mesh.nodes[0] as MeshNode), name: 'unread' });
    await dead.poll();
    const { items, missing } = await conflictsPage([...nodes, dead, unread], { limit: 500 });
    expect(items).toHaveLength(80);
    expect(missing).toEqual([
      { node: 'dead', reason: expect.stringMatching(/refused/) },
      { node: 'unread', reason: expect.stringMatching(/not been read/) },
    ]);
    dead.stop();
    unread.stop();
  });
});

describe('exceptions', () => {
  const page: Page<Awaited<ReturnType<typeof exceptionsPage>>['items'][number]> = (query) =>
    exceptionsPage(nodes, query);

  it.each([1, 3, 7, 79, 80, 500])('come newest first, each once, by pages of %i', async (limit) => {
    const all = await walk(page, limit);
    expect(all).toHaveLength(80);
    expect(new Set(all.map(key)).size).toBe(80);
    const times = all.map(({ commitAt }) => commitAt ?? '');
    expect(times).toEqual([...times].sort().reverse());
  });

  it('keep what Spock wrote', async () => {
    const [first] = (await page({ limit: 1 })).items;
    expect(first).toMatchObject({
      node: 'n1',
      origin: '11',
      commitAt: '2026-01-01T00:00:05.000000Z',
      at: '2026-01-02T00:00:00.020000Z',
      schema: 'public',
      table: 'acct',
      operation: 'INSERT',
      remoteNewTuple: { json: { id: 20 } },
      message: 'it failed',
      status: null,
    });
  });

  it('are filtered on the nodes', async () => {
    const count = async (filter: object) =>
      (await exceptionsPage(nodes, { limit: 500, ...filter })).items.length;
    expect(await count({ table: 'public.acct' })).toBe(80);
    expect(await count({ table: 'acct' })).toBe(80);
    expect(await count({ type: 'DELETE' })).toBe(0);
    expect(await count({ since: '2026-01-01T00:00:05Z' })).toBe(4);
  });
});
