/** Catalogs that are not as one would like them, while they are read. */
import { describe, expect } from 'vitest';
import type { Snapshot } from '#core/model/snapshot.ts';
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
    truth('with a clock that is an hour off', mesh, clockOff);
    truth('when a node gets another name between two polls', mesh, renamed);
    // The last of all tests: afterwards the mesh is one of two nodes.
    truth('when a node is dropped between two polls', mesh, dropped, 90);
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

/** n3 answers the question for its clock with an hour more, which is all of a clock that the console can see. */
async function clockOff({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  const rename = (from: string, to: string) => `ALTER FUNCTION pg_catalog.${from}() RENAME TO ${to}`;
  // The poll's statements are prepared, and hold the function that they were parsed with.
  const anew = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tricorder'";
  await mesh.sql(
    'n3',
    `SET allow_system_table_mods = on; ${rename('clock_timestamp', 'true_clock_timestamp')};
     CREATE FUNCTION pg_catalog.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
       AS $$ SELECT pg_catalog.true_clock_timestamp() + interval '1 hour' $$;
     RESET allow_system_table_mods; ${anew}`,
  );
  try {
    const snapshot = await mesh.until(
      'the clocks are said to be apart',
      (now) => findingsOf(now, 'clock-skew').length > 0,
      SOON,
    );
    expect(findingsOf(snapshot, 'clock-skew')).toMatchObject([
      {
        subject: { node: 'n3' },
        title: expect.stringMatching(/^The clock of n3 is 1 h ahead of that of n[12]$/),
      },
    ]);
    const offsets = new Map(snapshot.nodes.map((node) => [node.name, node.clockOffsetSeconds ?? Number.NaN]));
    expect(offsets.get('n3')).toBeCloseTo(3600, -1);
    for (const node of ['n1', 'n2']) expect(offsets.get(node)).toBeCloseTo(0, -1);
    // Nothing else goes by it.
    await mesh.settled();
    expect(new Set(mesh.snapshot().links.map(({ lagSeconds }) => lagSeconds))).toEqual(new Set([0]));
  } finally {
    await mesh.sql(
      'n3',
      `SET allow_system_table_mods = on; DROP FUNCTION pg_catalog.clock_timestamp();
       ${rename('true_clock_timestamp', 'clock_timestamp')}; RESET allow_system_table_mods; ${anew}`,
    );
  }
  await mesh.until('they go together', (now) => findingsOf(now, 'clock-skew').length === 0, SOON);
}

/** First in its own catalogs only, then in everybody's. */
async function renamed({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  const rename = (from: string, to: string) =>
    `UPDATE spock.node SET node_name = $$${to}$$ WHERE node_name = $$${from}$$`;
  const other = 'n3 "neu"';
  const isRead = (now: Snapshot) => now.nodes.length === NODES.length && now.links.every(isReplicating);
  const namesOf = (now: Snapshot) => now.nodes.map(({ name }) => name);
  try {
    for (const nodes of [['n3'], ['n1', 'n2']]) {
      await mesh.everywhere(rename('n3', other), nodes);
      await mesh.watcher.refresh();
      const snapshot = await mesh.until('all links replicate under the new name', isRead, SOON);
      expect(namesOf(snapshot)).toEqual([...NODES]);
      expect(findingsOf(snapshot, 'missing-link')).toEqual([]);
      expect(findingsOf(snapshot, 'orphan-slot')).toEqual([]);
      expect(snapshot.subscriptions.map(({ provider }) => provider)).not.toContain(null);
    }
  } finally {
    await mesh.everywhere(rename(other, 'n3'));
  }
  await mesh.settled();
}

const isReplicating = ({ state }: Snapshot['links'][number]): boolean => state === 'replicating';

async function dropped({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  for (const other of ['n1', 'n2']) {
    await mesh.unsubscribe(other, 'n3');
    await mesh.unsubscribe('n3', other);
  }
  for (const node of NODES) await mesh.sql(node, "SELECT spock.node_drop('n3', true)");
  await mesh.watcher.refresh();
  const snapshot = await mesh.until(
    'the links of n3 are missing',
    ({ links }) => links.filter(({ state }) => state === 'missing').length === 4,
    SOON,
  );
  // The server still answers; what it was is not taken for what it is.
  expect(snapshot.nodes.map(({ name, state }) => [name, state])).toEqual(NODES.map((name) => [name, 'up']));
  expect(snapshot.subscriptions.map(({ name }) => name)).toEqual(['sub_n1n2', 'sub_n2n1']);
  expect(snapshot.replicationSets.filter(({ node }) => node === 'n3')).toEqual([]);
  expect(findingsOf(snapshot, 'orphan-slot')).toEqual([]);
  for (const link of snapshot.links) {
    const isLeft = link.provider !== 'n3' && link.receiver !== 'n3';
    expect(link).toMatchObject(
      isLeft ? { state: 'replicating' } : { lagSeconds: null, lagBytes: null, walHeldBytes: null },
    );
  }
}
