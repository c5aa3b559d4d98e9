/**
 * What Spock itself does, or what is on its servers, and hardly shows: origins that have left, copies that are given up, versions without an
 * update, names that must be quoted, transactions that nobody ends. On the real engine; the stand-in refuses what it cannot do.
 */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { conflictsPage } from '#server/observe/inbox.ts';
import {
  connectTo,
  demand,
  type FieldMesh,
  fieldTest,
  fresh,
  ofCode,
  startField,
  stateOf,
} from './field-mesh.ts';

let opened: FieldMesh | null = null;
const field = (): FieldMesh => {
  if (opened === null) throw new Error('the servers were not started');
  return opened;
};
beforeAll(async () => {
  opened = await startField({
    nodes: 3,
    settings: ['max_prepared_transactions = 10', 'archive_mode = on', "archive_command = 'true'"].join('\n'),
  });
}, 180_000);
afterAll(async () => {
  await opened?.stop();
}, 60_000);

const SOON = 40_000;
const real = (mesh: FieldMesh) => demand('the real Spock', mesh.spock !== null);

describe('one server', () => {
  fieldTest('whose links are read and whose tables cannot be is not called well', field, async (mesh) => {
    const holder = await connectTo(mesh.dsn('n2'));
    try {
      await holder.query('BEGIN; LOCK TABLE spock.replication_set IN ACCESS EXCLUSIVE MODE');
      const said = await mesh.until(
        'it is said what cannot be read',
        (now) => ofCode(now, 'facts-unread', { node: 'n2' }).length === 1,
        60_000,
      );
      expect(ofCode(said, 'facts-unread')[0]?.evidence).toContainEqual({ name: 'SQLSTATE', value: '55P03' });
      expect(said.nodes.every(({ state }) => state === 'up')).toBe(true);
      expect(said.health).toBe('warning');
    } finally {
      await holder.end();
    }
    await mesh.until('it is read again', (now) => ofCode(now, 'facts-unread').length === 0, SOON);
  });

  fieldTest('where somebody holds a table that a worker wants', field, async (mesh) => {
    const table = fresh('wanted');
    for (const node of ['n1', 'n2', 'n3']) await mesh.sql(node, `CREATE TABLE ${table} (id int PRIMARY KEY)`);
    await mesh.sql('n1', `SELECT spock.repset_add_table('default', '${table}')`);
    const holder = await connectTo(mesh.dsn('n2'));
    try {
      await holder.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
      const { rows } = await holder.query('SELECT pg_backend_pid() AS pid');
      await mesh.sql('n1', `INSERT INTO ${table} VALUES (1)`);
      const said = await mesh.until(
        'it is said who holds it',
        (now) => ofCode(now, 'apply-blocked', { receiver: 'n2' }).length === 1,
        60_000,
      );
      expect(ofCode(said, 'apply-blocked')[0]).toMatchObject({
        severity: 'warning',
        remedy: { plan: { kind: 'session-cancel', node: 'n2', pid: rows[0]?.pid } },
      });
    } finally {
      await holder.end();
    }
    await mesh.until('it is applied', (now) => ofCode(now, 'apply-blocked').length === 0, SOON);
    for (const node of ['n1', 'n2', 'n3']) await mesh.sql(node, `DROP TABLE ${table} CASCADE`);
  });

  fieldTest('with a prepared transaction that nobody ends', field, async (mesh) => {
    const table = fresh('held');
    await mesh.sql('n2', `CREATE TABLE ${table} (id int)`);
    await mesh.sql('n2', `BEGIN; INSERT INTO ${table} VALUES (1); PREPARE TRANSACTION 'forgotten'`);
    const said = await mesh.until(
      'it is said',
      (now) => ofCode(now, 'xmin-held', { node: 'n2' }).length === 1,
      100_000,
    );
    expect(ofCode(said, 'xmin-held')[0]).toMatchObject({
      severity: 'info',
      remedy: { sql: ["ROLLBACK PREPARED 'forgotten'"] },
    });
    await mesh.sql('n2', "ROLLBACK PREPARED 'forgotten'");
    await mesh.until('it is ended', (now) => ofCode(now, 'xmin-held').length === 0, SOON);
    await mesh.sql('n2', `DROP TABLE ${table}`);
  });

  fieldTest(
    'that cannot archive',
    field,
    async (mesh) => {
      await mesh.sql('n1', "ALTER SYSTEM SET archive_command = 'false'");
      await mesh.sql('n1', 'SELECT pg_reload_conf()');
      await mesh.sql('n1', 'SELECT pg_switch_wal()');
      const said = await mesh.until(
        'its archiver is said to fail',
        (now) => ofCode(now, 'archiver-failing', { node: 'n1' }).length === 1,
        150_000,
      );
      expect(ofCode(said, 'archiver-failing')[0]?.title).toBe('n1 cannot archive its WAL');
      await mesh.sql('n1', 'ALTER SYSTEM RESET archive_command');
      await mesh.sql('n1', 'SELECT pg_reload_conf()');
      // The archiver sleeps for up to a minute after three failures.
      await mesh.until('it archives again', (now) => ofCode(now, 'archiver-failing').length === 0, 120_000);
    },
    300,
  );
});

describe('names that must be quoted', () => {
  fieldTest('are the catalog’s in the inbox and in findings, unquoted and whole', field, async (mesh) => {
    real(mesh);
    const tables = [
      ['Sales Dept', 'Order "Lines"'],
      ['a.b', 'c.d'],
    ] as const;
    const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
    for (const [schema, table] of tables) {
      const name = `${quoted(schema)}.${quoted(table)}`;
      await mesh.everywhere(
        `CREATE SCHEMA ${quoted(schema)}; CREATE TABLE ${name} (id int PRIMARY KEY, v text)`,
      );
      await mesh.everywhere(`SELECT spock.repset_add_table('default', '${name}')`);
    }
    await mesh.settled();
    // The same key on both, while neither hears of the other.
    for (const [receiver, provider] of [
      ['n1', 'n2'],
      ['n2', 'n1'],
    ])
      await mesh.sql(receiver ?? '', `SELECT spock.sub_disable('sub_${receiver}${provider}', true)`);
    for (const [schema, table] of tables)
      for (const node of ['n1', 'n2'])
        await mesh.sql(node, `INSERT INTO ${quoted(schema)}.${quoted(table)} VALUES (1, '${node}')`);
    for (const [receiver, provider] of [
      ['n1', 'n2'],
      ['n2', 'n1'],
    ])
      await mesh.sql(receiver ?? '', `SELECT spock.sub_enable('sub_${receiver}${provider}', true)`);
    await mesh.settled(120_000);
    const nodes = mesh.names.flatMap((name) => mesh.watcher().node(name) ?? []);
    const of = async (table: string) => (await conflictsPage(nodes, { limit: 100, table })).items;
    const seen = (await conflictsPage(nodes, { limit: 100 })).items;
    demand('recording conflicts of two inserts', seen.length > 0);
    for (const [schema, table] of tables) {
      for (const filter of [`${schema}.${table}`, table, `${quoted(schema)}.${quoted(table)}`]) {
        const items = await of(filter);
        expect(items.length, filter).toBeGreaterThan(0);
        for (const item of items) expect([item.schema, item.table]).toEqual([schema, table]);
      }
    }
    for (const [schema, table] of tables)
      await mesh.everywhere(
        `DROP TABLE ${quoted(schema)}.${quoted(table)} CASCADE; DROP SCHEMA ${quoted(schema)}`,
      );
    await mesh.settled();
  });
});

describe('the copy of a table', () => {
  fieldTest(
    'that Spock has given up is critical at once, and its plan copies it again',
    field,
    async (mesh) => {
      real(mesh);
      demand('giving up a copy (status f)', (mesh.spock ?? '') >= '6');
      const table = fresh('pop');
      await mesh.everywhere(`CREATE TABLE ${table} (id int PRIMARY KEY, v text)`);
      await mesh.sql('n1', `INSERT INTO ${table} VALUES (1, 'a'), (2, 'b')`);
      // A row that is in the way of the copy.
      await mesh.sql('n2', `INSERT INTO ${table} VALUES (2, 'b')`);
      await mesh.everywhere(`SELECT spock.repset_add_table('default', '${table}')`);
      await mesh.settled();
      await mesh.sql('n2', `SELECT spock.sub_resync_table('sub_n2n1', '${table}', false)`);
      const said = await mesh.until(
        'its changes are said to be thrown away',
        (now) => ofCode(now, 'sync-failed', { table }).length === 1,
        SOON,
      );
      expect(ofCode(said, 'sync-failed')[0]).toMatchObject({ severity: 'critical', effect: 'stops-data' });
      expect(stateOf(said, 'n1', 'n2')?.state).toBe('replicating');
      const request = ofCode(said, 'sync-failed')[0]?.remedy?.plan;
      if (request === undefined) throw new Error('it offers no plan');
      const plan = await mesh.console.runner.plan(request);
      expect(plan.problems).toEqual([]);
      await mesh.console.runner.start(plan.id);
      await mesh.becomes('n2', `SELECT count(*)::int FROM ${table}`, 2, 60_000);
      await mesh.until('it is said no more', (now) => ofCode(now, 'sync-failed').length === 0, SOON);
      await mesh.everywhere(`DROP TABLE ${table} CASCADE`);
      await mesh.settled();
    },
  );
});

describe('versions', () => {
  fieldTest(
    'of catalogs and library without an update between them are named, and what is down for it',
    field,
    async (mesh) => {
      real(mesh);
      const version = await mesh.one('n1', "SELECT extversion FROM pg_extension WHERE extname = 'spock'");
      await mesh.sql('n1', "UPDATE pg_extension SET extversion = '1.2.3' WHERE extname = 'spock'");
      try {
        await mesh.servers.restart(1);
        const said = await mesh.until(
          'both versions are named, and a link into n1 is down for it',
          (now) =>
            ofCode(now, 'version-skew', { node: 'n1' }).length === 1 &&
            ofCode(now, 'subscription-down', { receiver: 'n1' }).length > 0,
          90_000,
        );
        const [skew] = ofCode(said, 'version-skew', { node: 'n1' });
        expect(skew).toMatchObject({
          severity: 'critical',
          effect: 'stops-data',
          title: `n1 runs Spock ${mesh.spock} with the catalogs of 1.2.3`,
        });
        expect(ofCode(said, 'subscription-down', { receiver: 'n1' })[0]?.detail).toContain(
          'Spock does not start on n1',
        );
      } finally {
        await mesh.sql('n1', `UPDATE pg_extension SET extversion = '${version}' WHERE extname = 'spock'`);
        await mesh.servers.restart(1);
      }
      await mesh.settled(120_000);
      await mesh.until('they go together', (now) => ofCode(now, 'version-skew').length === 0, SOON);
    },
    300,
  );
});

describe('a node that leaves', () => {
  // The last: afterwards there are two.
  fieldTest(
    'leaves the transactions of it behind that others have discarded',
    field,
    async (mesh) => {
      real(mesh);
      const table = fresh('acct');
      await mesh.table(table, 'id int PRIMARY KEY, bal int');
      await mesh.sql('n1', `INSERT INTO ${table} VALUES (50, 1)`);
      for (const node of ['n2', 'n3']) await mesh.becomes(node, `SELECT count(*)::int FROM ${table}`, 1);
      await mesh.sql(
        'n2',
        `BEGIN; SELECT spock.repair_mode(true); DELETE FROM ${table} WHERE id = 50; COMMIT`,
      );
      await mesh.sql('n3', `UPDATE ${table} SET bal = 77 WHERE id = 50`);
      const logged = await mesh
        .becomes('n2', 'SELECT count(*) > 0 FROM spock.exception_log', true, 15_000)
        .then(
          () => true,
          () => false,
        );
      demand('discarding an update whose row is missing', logged);
      const code = 'discarded-transactions';
      const before = await mesh.until(
        'it is said',
        (now) => ofCode(now, code, { receiver: 'n2', provider: 'n3' }).length === 1,
        SOON,
      );
      for (const other of ['n1', 'n2']) {
        await mesh.sql(other, `SELECT spock.sub_drop('sub_${other}n3')`);
        await mesh.sql('n3', `SELECT spock.sub_drop('sub_n3${other}')`);
      }
      const record = mesh.console.registry.get('field');
      if (record === undefined) throw new Error('field is not registered');
      mesh.console.registry.replace('field', {
        ...record,
        nodes: record.nodes.filter(({ name }) => name !== 'n3'),
      });
      const after = await mesh.until(
        'it goes on being said of a node that has left',
        (now) =>
          now.nodes.length === 2 &&
          ofCode(now, code, { receiver: 'n2' }).some(({ title }) => title.endsWith('of n3, which has left')),
        SOON,
      );
      expect(ofCode(after, code)[0]?.id).toBe(
        ofCode(before, code, { receiver: 'n2', provider: 'n3' })[0]?.id,
      );
      expect(after.health).toBe('critical');
    },
    180,
  );
});
