/** Things that are wrong with a cluster, made on a running one: each is said, and is no more once it is mended. */
import { describe, expect } from 'vitest';
import { findingsOf, linkOf, type Mesh } from './mesh.ts';
import { knowsSetting, type Trial, truth } from './suite.ts';

const SOON = 20_000;
/** A slot is an orphan when it has been at rest for a minute. */
const ORPHAN = 90_000;
/** Of 16 MB, and more than are kept for a slot. */
const SEGMENTS = 6;

export function findingsSuite(mesh: () => Mesh): void {
  describe('said, and no more once it is mended', () => {
    truth('a missing link', mesh, missingLink);
    truth('a disabled subscription', mesh, disabledSubscription);
    truth('a table in a set on some nodes only, one with other columns, one without a key', mesh, tables, 90);
    truth('a copy of data under way', mesh, copying, 90);
    truth('a node that refuses writes', mesh, readOnly);
    truth('replication slots used up', mesh, capacity, 90);
    truth('a slot that no subscription reads', mesh, orphanSlot, 150);
    truth('a lost slot', mesh, lostSlot, 150);
  });
}

async function missingLink({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  const subject = { provider: 'n1', receiver: 'n3' };
  await mesh.unsubscribe('n3', 'n1');
  try {
    const snapshot = await mesh.until(
      'the link is missing',
      (now) => findingsOf(now, 'missing-link', subject).length === 1,
      SOON,
    );
    expect(linkOf(snapshot, 'n1', 'n3')).toMatchObject({
      state: 'missing',
      lagSeconds: null,
      subscriptions: [],
    });
  } finally {
    await mesh.subscribe('n3', 'n1');
    await mesh.settled();
  }
  expect(findingsOf(mesh.snapshot(), 'missing-link')).toEqual([]);
}

async function disabledSubscription({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  await mesh.sql('n3', "SELECT spock.sub_disable('sub_n3n1', true)");
  try {
    const snapshot = await mesh.until(
      'it is said to be disabled',
      (now) => findingsOf(now, 'subscription-down', { subscription: 'sub_n3n1' }).length === 1,
      SOON,
    );
    expect(linkOf(snapshot, 'n1', 'n3').state).toBe('disabled');
    const sub = snapshot.subscriptions.find(({ name }) => name === 'sub_n3n1');
    expect(sub).toMatchObject({ status: 'disabled', enabled: false });
    await mesh.sql('n1', 'UPDATE pgbench_branches SET bbalance = bbalance + 1 WHERE bid = 1');
    await mesh.until('its lag grows', (now) => (linkOf(now, 'n1', 'n3').lagSeconds ?? 0) > 1.5, SOON);
  } finally {
    await mesh.sql('n3', "SELECT spock.sub_enable('sub_n3n1', true)");
    await mesh.settled();
  }
  await mesh.until('that is over', (now) => findingsOf(now, 'subscription-down').length === 0, SOON);
}

async function tables({ mesh }: Trial): Promise<void> {
  await mesh.table('stock', 'id int PRIMARY KEY, amount int');
  await mesh.everywhere('CREATE TABLE nokey (id int); SELECT pg_stat_force_next_flush()');
  await mesh.ddl('n2', "SELECT spock.repset_remove_table('default', 'stock')");
  await mesh.ddl('n3', 'ALTER TABLE stock ADD COLUMN shelf text');
  await mesh.watcher.refresh();
  try {
    const snapshot = await mesh.until(
      'all three are said',
      (now) =>
        findingsOf(now, 'membership-differs', { table: 'stock' }).length === 1 &&
        findingsOf(now, 'schema-drift', { table: 'stock' }).length === 1 &&
        findingsOf(now, 'no-replica-identity', { table: 'nokey' }).length === 1,
      40_000,
    );
    const [membership] = findingsOf(snapshot, 'membership-differs', { table: 'stock' });
    expect(membership?.remedy?.plan).toMatchObject({ kind: 'set-add-table', nodes: ['n2'], set: 'default' });
  } finally {
    await mesh.ddl('n2', "SELECT spock.repset_add_table('default', 'stock')");
    await mesh.ddl('n3', 'ALTER TABLE stock DROP COLUMN shelf');
    await mesh.everywhere('ALTER TABLE nokey ADD PRIMARY KEY (id); SELECT pg_stat_force_next_flush()');
    await mesh.watcher.refresh();
  }
  await mesh.until(
    'none is said any more',
    (now) =>
      findingsOf(now, 'membership-differs').length === 0 &&
      findingsOf(now, 'schema-drift', { table: 'stock' }).length === 0 &&
      findingsOf(now, 'no-replica-identity', { table: 'nokey' }).length === 0,
    40_000,
  );
}

/** A second subscription between the same nodes, whose copy waits for a lock on the receiver. */
async function copying({ mesh }: Trial): Promise<void> {
  await mesh.everywhere('CREATE TABLE bulk (id int PRIMARY KEY)', ['n2', 'n3']);
  await mesh.sql('n2', "SELECT spock.repset_create('copied')");
  await mesh.sql('n2', "SELECT spock.repset_add_table('copied', 'bulk')");
  await mesh.sql('n2', 'INSERT INTO bulk SELECT generate_series(1, 1000)');
  const lock = await mesh.client('n3');
  try {
    await lock.query('BEGIN; LOCK TABLE bulk IN ACCESS EXCLUSIVE MODE');
    await mesh.sql(
      'n3',
      `SELECT spock.sub_create(subscription_name := 'sub_copy', provider_dsn := $1, replication_sets := '{copied}',
         synchronize_data := true, forward_origins := '{}')`,
      [mesh.dsn('n2')],
    );
    const snapshot = await mesh.until(
      'the copy is under way',
      ({ subscriptions }) =>
        subscriptions.some(({ name, status }) => name === 'sub_copy' && status === 'initializing'),
      SOON,
    );
    const link = linkOf(snapshot, 'n2', 'n3');
    expect(link.state).toBe('initializing');
    expect(link.subscriptions).toEqual(['sub_copy', 'sub_n3n2']);
    expect(link.reason).toMatch(/sub_copy is /);
    await lock.query('COMMIT');
    await mesh.settled(40_000);
    await mesh.becomes('n3', 'SELECT count(*)::int FROM bulk', 1000);
  } finally {
    await lock.end();
    await mesh.sql('n3', "SELECT spock.sub_drop('sub_copy', true)");
    await mesh.sql('n2', "SELECT spock.repset_drop('copied')");
    await mesh.everywhere('DROP TABLE bulk CASCADE', ['n2', 'n3']);
  }
  const { links } = await mesh.settled();
  expect(links.every(({ subscriptions }) => subscriptions.length === 1)).toBe(true);
}

async function readOnly({ mesh, demand }: Trial): Promise<void> {
  demand('spock.readonly', await knowsSetting(mesh, 'n2', 'spock.readonly'));
  await mesh.sql('n2', "ALTER SYSTEM SET spock.readonly = 'all'");
  await mesh.sql('n2', 'SELECT pg_reload_conf()');
  try {
    const snapshot = await mesh.until(
      'n2 refuses writes',
      (now) => findingsOf(now, 'read-only', { node: 'n2' }).length === 1,
      5000,
    );
    expect(snapshot.nodes.map(({ name, readOnly: refuses }) => [name, refuses])).toEqual([
      ['n1', false],
      ['n2', true],
      ['n3', false],
    ]);
  } finally {
    await mesh.sql('n2', 'ALTER SYSTEM RESET spock.readonly');
    await mesh.sql('n2', 'SELECT pg_reload_conf()');
  }
  await mesh.until('it takes them again', (now) => findingsOf(now, 'read-only').length === 0, 5000);
  await mesh.settled(60_000);
}

async function capacity({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  const used = Number(await mesh.value('n1', 'SELECT count(*)::int FROM pg_replication_slots'));
  await mesh.sql('n1', "SELECT pg_create_physical_replication_slot('spare')");
  await mesh.sql('n1', `ALTER SYSTEM SET max_replication_slots = ${used + 1}`);
  try {
    await mesh.restart('n1');
    const snapshot = await mesh.until(
      'all slots are used',
      (now) =>
        findingsOf(now, 'capacity', { node: 'n1' }).some(({ title }) => title.includes('replication slots')),
      SOON,
    );
    const slots = snapshot.nodes[0]?.capacity.find(({ name }) => name === 'max_replication_slots');
    expect(slots).toEqual({ name: 'max_replication_slots', used: used + 1, max: used + 1 });
  } finally {
    await mesh.sql('n1', "SELECT pg_drop_replication_slot('spare')");
    await mesh.sql('n1', 'ALTER SYSTEM RESET max_replication_slots');
    await mesh.restart('n1');
    await mesh.settled(60_000);
  }
  await mesh.until(
    'there are enough',
    (now) => findingsOf(now, 'capacity', { node: 'n1' }).length === 0,
    SOON,
  );
}

/** The subscription goes from n3's catalogs behind everybody's back, as when its node could not reach n1 while it was dropped. */
async function orphanSlot({ mesh, need }: Trial): Promise<void> {
  await mesh.settled();
  await need('slots of the plugin spock_output', async () => {
    await mesh.sql('n1', "SELECT pg_create_logical_replication_slot('spare', 'spock_output')");
    await mesh.sql('n1', "SELECT pg_drop_replication_slot('spare')");
  });
  await mesh.sql('n1', "SELECT spock.repset_create('left_over')");
  await mesh.sql(
    'n3',
    `SELECT spock.sub_create(subscription_name := 'sub_gone', provider_dsn := $1,
       replication_sets := '{left_over}', forward_origins := '{}')`,
    [mesh.dsn('n1')],
  );
  await mesh.until(
    'it replicates',
    ({ subscriptions }) =>
      subscriptions.some(({ name, status }) => name === 'sub_gone' && status === 'replicating'),
    SOON,
  );
  const slot = String(
    await mesh.value('n3', "SELECT sub_slot_name::text FROM spock.subscription WHERE sub_name = 'sub_gone'"),
  );
  const subject = { node: 'n1', slot };
  try {
    await mesh.sql('n3', "SELECT spock.sub_disable('sub_gone', true)");
    await mesh.sql(
      'n3',
      `DELETE FROM spock.local_sync_status WHERE sync_subid = (SELECT sub_id FROM spock.subscription WHERE sub_name = 'sub_gone');
       DELETE FROM spock.subscription WHERE sub_name = 'sub_gone'`,
    );
    const snapshot = await mesh.until(
      'nobody will read it',
      (now) => findingsOf(now, 'orphan-slot', subject).length === 1,
      ORPHAN,
    );
    expect(findingsOf(snapshot, 'orphan-slot')).toHaveLength(1);
  } finally {
    await mesh.becomes('n1', `SELECT active FROM pg_replication_slots WHERE slot_name = '${slot}'`, false);
    await mesh.sql('n1', 'SELECT pg_drop_replication_slot($1)', [slot]);
    await mesh.sql('n1', "SELECT spock.repset_drop('left_over')");
  }
  await mesh.until('it is gone', (now) => findingsOf(now, 'orphan-slot').length === 0, SOON);
}

async function lostSlot({ mesh }: Trial): Promise<void> {
  await mesh.settled();
  const living = linkOf(mesh.snapshot(), 'n1', 'n2').slot;
  await mesh.sql('n1', "ALTER SYSTEM SET max_slot_wal_keep_size = '48MB'");
  await mesh.sql('n1', 'SELECT pg_reload_conf()');
  try {
    await mesh.stop('n3');
    await mesh.until('n3 is down', (now) => linkOf(now, 'n1', 'n3').state === 'down', 10_000);
    for (let segment = 0; segment < SEGMENTS; segment++) {
      const before = await mesh.value('n1', 'SELECT pg_current_wal_lsn()::text');
      await mesh.sql('n1', 'SELECT pg_switch_wal()');
      // Its note of what is running lets the slots of the living move on; they must, or they would be lost as well.
      await mesh.sql('n1', 'CHECKPOINT');
      await mesh.sql('n1', 'UPDATE pgbench_branches SET bbalance = bbalance + 1 WHERE bid = 1');
      const moved = `SELECT restart_lsn >= '${before}' FROM pg_replication_slots WHERE slot_name = '${living}'`;
      await mesh.becomes('n1', moved, true);
    }
    await mesh.sql('n1', 'CHECKPOINT');
    const lost = await mesh.until(
      'the slot of n3 is lost',
      (now) => findingsOf(now, 'slot-lost', { node: 'n1', receiver: 'n3' }).length === 1,
      SOON,
    );
    expect(linkOf(lost, 'n1', 'n3')).toMatchObject({ state: 'down', walStatus: 'lost', walHeldBytes: null });
    await mesh.start('n3');
    const back = await mesh.until(
      'n3 is back, and its link is not',
      (now) =>
        now.nodes.every(({ state }) => state === 'up') && linkOf(now, 'n2', 'n3').state === 'replicating',
      40_000,
    );
    expect(linkOf(back, 'n1', 'n3').state).toBe('down');
    expect(findingsOf(back, 'slot-lost')).toHaveLength(1);
  } finally {
    await mesh.sql('n1', 'ALTER SYSTEM RESET max_slot_wal_keep_size');
    await mesh.sql('n1', 'SELECT pg_reload_conf()');
    await mesh.start('n3');
    for (const receiver of ['n2', 'n3']) {
      const { slot } = linkOf(mesh.snapshot(), 'n1', receiver);
      const held = "SELECT wal_status = 'lost' FROM pg_replication_slots WHERE slot_name = $1";
      if ((await mesh.value('n1', held, [slot])) === false) continue;
      await mesh.unsubscribe(receiver, 'n1');
      await mesh.subscribe(receiver, 'n1');
    }
    await mesh.settled(60_000);
  }
  await mesh.until('nothing is lost', (now) => findingsOf(now, 'slot-lost').length === 0, SOON);
}
