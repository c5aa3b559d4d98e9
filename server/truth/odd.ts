/** Catalogs that are not as one would like them, while they are read. */
import { describe, expect } from 'vitest';
import { CLUSTER, findingsOf, linkOf, type Mesh, NODES } from './mesh.ts';
import { type Trial, truth } from './suite.ts';

const SOON = 20_000;
/** 63 bytes, the longest name that there is, with all that may go wrong in it. */
const HOSTILE = `a "b" 'c' \\d {e} ,f;--\n表 é ${'x'.repeat(33)}`;

export function oddSuite(mesh: () => Mesh): void {
  describe('nothing is misread', () => {
    truth('with names in quotes, newlines, Unicode and 63 bytes', mesh, hostileNames, 90);
    truth('with a subscription to a node that the console has no DSN for', mesh, unknownPeer);
    truth('with two clusters of the same node names', mesh, twins);
    truth('after a failover to the second host of a DSN', mesh, failover);
    truth('when statistics are reset', mesh, reset);
  });
}

async function hostileNames({ mesh }: Trial): Promise<void> {
  expect(Buffer.byteLength(HOSTILE)).toBe(63);
  const quoted = `"${HOSTILE.replaceAll('"', '""')}"`;
  await mesh.settled();
  try {
    for (const node of NODES)
      await mesh.ddl(node, `CREATE TABLE ${quoted} (id int PRIMARY KEY, ${quoted} text)`);
    await mesh.sql('n1', 'SELECT spock.repset_create($1)', [HOSTILE]);
    await mesh.sql('n1', 'SELECT spock.repset_add_table($1, $2)', [HOSTILE, quoted]);
    await mesh.watcher.refresh();
    const snapshot = await mesh.until(
      'the set and the difference are there',
      (now) =>
        now.replicationSets.some((set) => set.node === 'n1' && set.name === HOSTILE && set.tables === 1) &&
        findingsOf(now, 'membership-differs', { table: HOSTILE }).length === 1,
      40_000,
    );
    expect(snapshot.nodes.every(({ state }) => state === 'up')).toBe(true);
    const row = mesh.watcher.tables().rows.find(({ table }) => table === HOSTILE);
    expect(row?.nodes.n1).toMatchObject({ sets: [HOSTILE], keyColumns: ['id'] });
  } finally {
    await mesh.sql('n1', 'SELECT spock.repset_drop($1)', [HOSTILE]).catch(() => undefined);
    await mesh.everywhere(`DROP TABLE IF EXISTS ${quoted} CASCADE`);
  }
}

async function unknownPeer({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  const record = mesh.registry.get(CLUSTER);
  if (record === undefined) throw new Error('the cluster is not in the registry');
  mesh.registry.replace(CLUSTER, { ...record, nodes: record.nodes.filter(({ name }) => name !== 'n3') });
  try {
    const snapshot = await mesh.until(
      'two nodes are watched',
      ({ nodes }) => nodes.length === 2 && nodes.every(({ state }) => state === 'up'),
      SOON,
    );
    expect(snapshot.links.map(({ provider, receiver }) => `${provider}>${receiver}`).sort()).toEqual([
      'n1>n2',
      'n2>n1',
    ]);
    expect(snapshot.links.every(({ state }) => state === 'replicating')).toBe(true);
    const odd = snapshot.subscriptions.filter(({ provider }) => provider !== 'n1' && provider !== 'n2');
    expect(odd.map(({ name, status }) => [name, status])).toEqual([
      ['sub_n1n3', 'unknown'],
      ['sub_n2n3', 'unknown'],
    ]);
    // The slots of n3 are not n1's to drop, whether anybody is at their other end or not.
    expect(findingsOf(snapshot, 'orphan-slot')).toEqual([]);
  } finally {
    mesh.registry.replace(CLUSTER, record);
    await mesh.settled();
  }
}

async function twins({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  const record = mesh.registry.get(CLUSTER);
  if (record === undefined) throw new Error('the cluster is not in the registry');
  const twin = { ...record, name: 'twin', sandbox: false, nodes: record.nodes.slice(0, 2) };
  mesh.registry.add(twin);
  try {
    const other = mesh.watchers.get('twin');
    await expect
      .poll(() => other?.snapshot.nodes.map(({ state }) => state), { timeout: SOON })
      .toEqual(['up', 'up']);
    expect(other?.snapshot.cluster).toBe('twin');
    const snapshot = await mesh.settled();
    expect(snapshot.cluster).toBe(CLUSTER);
    expect(snapshot.nodes).toHaveLength(3);
    expect(other?.snapshot.links).toHaveLength(2);
  } finally {
    mesh.registry.remove('twin');
  }
  expect(mesh.watchers.get('twin')).toBeUndefined();
  expect((await mesh.settled()).nodes).toHaveLength(3);
}

/** n3 by a DSN of two hosts, the first of which nobody listens at; then the first is n3 and the second another node. */
async function failover({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  const record = mesh.registry.get(CLUSTER);
  const dsn = record?.nodes.find(({ name }) => name === 'n3')?.dsn;
  if (record === undefined || dsn === undefined) throw new Error('n3 is not in the registry');
  const portOf = (text: string) => /port=(\d+)/.exec(text)?.[1] ?? '';
  const withPorts = (ports: string) =>
    dsn.replace(/host=\S+/, 'host=127.0.0.1,127.0.0.1').replace(/port=\d+/, `port=${ports}`);
  const use = (next: string) =>
    mesh.registry.replace(CLUSTER, {
      ...record,
      nodes: record.nodes.map((node) => (node.name === 'n3' ? { ...node, dsn: next } : node)),
    });
  try {
    use(withPorts(`1,${portOf(dsn)}`));
    await mesh.settled();
    use(withPorts(`${portOf(dsn)},${portOf(mesh.dsn('n2'))}`));
    await mesh.settled();
    await mesh.stop('n3');
    const snapshot = await mesh.until(
      'another node answers in the place of n3, and is not taken for it',
      ({ nodes }) => nodes.find(({ name }) => name === 'n3')?.state !== 'up',
      SOON,
    );
    expect(linkOf(snapshot, 'n1', 'n3').state).not.toBe('replicating');
    expect(findingsOf(snapshot, 'orphan-slot')).toEqual([]);
  } finally {
    mesh.registry.replace(CLUSTER, record);
    await mesh.start('n3');
    await mesh.settled(60_000);
  }
}

async function reset({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  for (const node of NODES) {
    await mesh.sql(node, 'SELECT pg_stat_reset(), pg_stat_reset_replication_slot(NULL)');
    await mesh.sql(node, 'SELECT spock.reset_channel_stats()').catch(() => undefined);
  }
  const { nodes, links } = await mesh.settled();
  for (const { walBytesPerSecond } of nodes) expect(walBytesPerSecond ?? 0).toBeGreaterThanOrEqual(0);
  for (const link of links) {
    for (const value of [link.lagBytes, link.lagSeconds, link.walHeldBytes, link.bytesPerSecond])
      expect(value ?? 0).toBeGreaterThanOrEqual(0);
  }
}
