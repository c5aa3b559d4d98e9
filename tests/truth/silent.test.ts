/** Data that is lost, or will be, while every subscription says `replicating`: each is said, and is no more once it is put right. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Snapshot } from '#core/model/snapshot.ts';
import { demand, type FieldMesh, fieldTest, fresh, ofCode, startField, stateOf } from './field-mesh.ts';

let opened: FieldMesh | null = null;
const field = (): FieldMesh => {
  if (opened === null) throw new Error('the servers were not started');
  return opened;
};
beforeAll(async () => {
  opened = await startField({ nodes: 3 });
}, 180_000);
afterAll(async () => {
  await opened?.stop();
}, 60_000);

const SOON = 40_000;

describe('sets', () => {
  fieldTest('that no subscription takes', field, async (mesh) => {
    const table = fresh('ord');
    const set = fresh('orders_set');
    await mesh.everywhere(`CREATE TABLE ${table} (id int PRIMARY KEY)`);
    await mesh.everywhere(`SELECT spock.repset_create('${set}')`);
    await mesh.everywhere(`SELECT spock.repset_add_table('${set}', '${table}')`);
    const said = await mesh.until(
      'the set is said to be taken by nobody',
      (now) => ofCode(now, 'set-not-taken', { set }).length === 1,
      SOON,
    );
    expect(ofCode(said, 'set-not-taken', { set })[0]?.title).toBe(
      `${table} is in set ${set} of n1, n2 and n3, which no subscription uses`,
    );
    expect(said.health).not.toBe('ok');
    // The remedy, on one receiver of each node.
    for (const [receiver, provider] of [
      ['n2', 'n1'],
      ['n1', 'n2'],
      ['n1', 'n3'],
    ])
      await mesh.sql(receiver ?? '', `SELECT spock.sub_add_repset('sub_${receiver}${provider}', '${set}')`);
    await mesh.until('it is taken', (now) => ofCode(now, 'set-not-taken', { set }).length === 0, SOON);
    await mesh.everywhere(`DROP TABLE ${table} CASCADE`);
    await mesh.settled();
  });

  fieldTest('that send other kinds of changes on one node', field, async (mesh) => {
    await mesh.sql('n1', "SELECT spock.repset_alter('default', replicate_delete := false)");
    const said = await mesh.until(
      'the flags differ',
      (now) => ofCode(now, 'set-differs', { set: 'default' }).length === 1,
      SOON,
    );
    expect(ofCode(said, 'set-differs')[0]?.title).toBe('Set default sends DELETE on n2 and n3 but not on n1');
    await mesh.sql('n1', "SELECT spock.repset_alter('default', replicate_delete := true)");
    await mesh.until('they are alike', (now) => ofCode(now, 'set-differs').length === 0, SOON);
  });

  fieldTest('with a row filter on a column outside of the key', field, async (mesh) => {
    demand('a row filter outside of the key in a set that sends UPDATE', mesh.spock !== null);
    const table = fresh('rf');
    await mesh.everywhere(`CREATE TABLE ${table} (id int PRIMARY KEY, region text)`);
    await mesh.everywhere(
      `SELECT spock.repset_add_table('default', '${table}', row_filter := $$region = 'eu'$$)`,
    );
    const said = await mesh.until(
      'the filter is said to be unsafe',
      (now) => ofCode(now, 'filter-unsafe', { table }).length === 1,
      SOON,
    );
    expect(ofCode(said, 'filter-unsafe')[0]?.title).toBe(
      `The row filter of ${table} uses region, outside its key`,
    );
    await mesh.everywhere(`DROP TABLE ${table} CASCADE`);
    await mesh.until('it is gone', (now) => ofCode(now, 'filter-unsafe').length === 0, SOON);
  });
});

describe('tables', () => {
  fieldTest(
    'a partition that was made later is said to be left out, and is sent once its plan has run',
    field,
    async (mesh) => {
      const table = fresh('ev');
      const [old, made] = [`${table}_2025`, `${table}_2026`];
      const partition = (name: string, year: number) =>
        `CREATE TABLE ${name} PARTITION OF ${table} FOR VALUES FROM ('${year}-01-01') TO ('${year + 1}-01-01')`;
      await mesh.everywhere(
        `CREATE TABLE ${table} (id int, d date, PRIMARY KEY (id, d)) PARTITION BY RANGE (d); ${partition(old, 2025)}`,
      );
      for (const node of mesh.names) {
        await mesh.sql(node, `SELECT spock.repset_add_table('default', '${table}')`);
        // Spock 6 takes its partitions along.
        const sent = `EXISTS (SELECT FROM spock.tables WHERE relname = '${old}' AND set_name = 'default')`;
        if ((await mesh.one(node, `SELECT ${sent}`)) !== true)
          await mesh.sql(node, `SELECT spock.repset_add_table('default', '${old}')`);
      }
      await mesh.everywhere(partition(made, 2026));
      const code = 'unreplicated-table';
      const said = await mesh.until(
        'it is left out',
        (now) => ofCode(now, code, { table: made }).length === 1,
        SOON,
      );
      const [finding] = ofCode(said, code, { table: made });
      expect(finding).toMatchObject({
        severity: 'warning',
        effect: 'stops-data',
        title: `${made} is in no set, though it is a partition of ${table}, which is in default`,
      });
      expect(ofCode(said, code, { table: old })).toEqual([]);
      await mesh.sql('n1', `INSERT INTO ${table} VALUES (1, '2025-02-03'), (1, '2026-02-03')`);
      if (mesh.spock !== null) {
        await mesh.becomes('n2', `SELECT count(*)::int FROM ${old}`, 1);
        expect(await mesh.one('n2', `SELECT count(*)::int FROM ${made}`)).toBe(0);
      }
      const request = finding?.remedy?.plan;
      if (request === undefined) throw new Error('it offers no plan');
      const plan = await mesh.console.runner.plan(request);
      expect(plan.problems).toEqual([]);
      await mesh.console.runner.start(plan.id);
      await mesh.until('it is in the set', (now) => ofCode(now, code, { table: made }).length === 0, SOON);
      await mesh.sql('n1', `INSERT INTO ${table} VALUES (2, '2026-02-03')`);
      if (mesh.spock !== null) await mesh.becomes('n2', `SELECT count(*)::int FROM ${made}`, 1);
      await mesh.everywhere(`DROP TABLE ${table} CASCADE`);
      await mesh.settled();
    },
    180,
  );

  fieldTest(
    'whose key serves nobody are told, and offered nothing that Spock refuses',
    field,
    async (mesh) => {
      const [deferrable, full] = [fresh('def_pk'), fresh('ri_full')];
      await mesh.everywhere(
        `CREATE TABLE ${deferrable} (id int PRIMARY KEY DEFERRABLE, v text);
         CREATE TABLE ${full} (id int, v text); ALTER TABLE ${full} REPLICA IDENTITY FULL`,
      );
      const said = await mesh.until(
        'both are said',
        (now) =>
          [deferrable, full].every((table) => ofCode(now, 'no-replica-identity', { table }).length === 1),
        SOON,
      );
      expect(ofCode(said, 'no-replica-identity', { table: deferrable })[0]?.title).toBe(
        `${deferrable} has a deferrable primary key`,
      );
      for (const table of [deferrable, full]) {
        expect(ofCode(said, 'unreplicated-table', { table })).toEqual([]);
        const request = ofCode(said, 'no-replica-identity', { table })[0]?.remedy?.plan;
        if (request?.kind !== 'set-add-table') throw new Error(`${table} is offered no set`);
        expect((await mesh.console.runner.plan(request)).problems).toEqual([]);
        const updates = await mesh.console.runner.plan({ ...request, set: 'default' });
        expect(updates.problems.map(({ code }) => code)).toContain('no-key');
      }
      // The remedy that is shown, and what it leads to.
      const sql = ofCode(said, 'no-replica-identity', { table: deferrable })[0]?.remedy?.sql ?? [];
      for (const text of sql) await mesh.everywhere(text);
      await mesh.everywhere(`SELECT spock.repset_add_table('default', '${deferrable}')`);
      await mesh.until(
        'it has a key',
        (now) => ofCode(now, 'no-replica-identity', { table: deferrable }).length === 0,
        SOON,
      );
      await mesh.everywhere(`DROP TABLE ${deferrable}, ${full} CASCADE`);
      await mesh.settled();
    },
  );
});

describe('a migration', () => {
  fieldTest(
    'that runs everywhere is never called drift, whenever the nodes are read',
    field,
    async (mesh) => {
      const names: string[] = [];
      const about = (now: Snapshot) =>
        now.findings.filter(({ subject }) => subject.table !== undefined && names.includes(subject.table));
      // On the stand-in one is enough of what three are tried of on a real Spock.
      const rounds = mesh.spock === null ? 1 : 3;
      for (let round = 0; round < rounds; round++) {
        // Other phases of the slow polls than before.
        await mesh.watcher().node('n2')?.refresh();
        const table = fresh('mig');
        names.push(table);
        await Promise.all(
          mesh.names.map((node) =>
            mesh.sql(
              node,
              `CREATE TABLE ${table} (id int PRIMARY KEY); SELECT spock.repset_add_table('default', '${table}')`,
            ),
          ),
        );
        await mesh.during(17_000, (now) => expect(about(now).map(({ title }) => title)).toEqual([]));
      }
      for (const table of names) await mesh.everywhere(`DROP TABLE ${table} CASCADE`);
      await mesh.during(17_000, (now) => expect(about(now).map(({ title }) => title)).toEqual([]));
    },
    150,
  );

  fieldTest('that stopped after one node is said', field, async (mesh) => {
    const table = fresh('half');
    await mesh.sql(
      'n1',
      `CREATE TABLE ${table} (id int PRIMARY KEY); SELECT spock.repset_add_table('default', '${table}')`,
    );
    const said = await mesh.until(
      'it is only on n1',
      (now) => ofCode(now, 'schema-drift', { table }).length === 1,
      SOON,
    );
    expect(ofCode(said, 'schema-drift', { table })[0]?.title).toBe(`${table} is on n1, not on n2 and n3`);
    await mesh.sql('n1', `DROP TABLE ${table} CASCADE`);
    await mesh.until('it is gone', (now) => ofCode(now, 'schema-drift', { table }).length === 0, SOON);
  });
});

describe('an apply worker that fails', () => {
  fieldTest(
    'since a TRUNCATE … CASCADE meets a table that refers to it is named as well, or what is lost for it',
    field,
    async (mesh) => {
      const [parent, child] = [fresh('par'), fresh('chi')];
      await mesh.everywhere(
        `CREATE TABLE ${parent} (id int PRIMARY KEY); CREATE TABLE ${child} (p int REFERENCES ${parent})`,
      );
      await mesh.everywhere(`SELECT spock.repset_add_table('default', '${parent}')`);
      await mesh.settled();
      await mesh.sql('n1', `INSERT INTO ${parent} VALUES (1)`);
      await mesh.becomes('n2', `SELECT count(*)::int FROM ${parent}`, 1);
      await mesh.everywhere(`INSERT INTO ${child} VALUES (1)`);
      await mesh.sql('n1', `TRUNCATE ${parent} CASCADE`);
      const subject = { provider: 'n1', receiver: 'n2' };
      const lost = (now: Snapshot) => ofCode(now, 'discarded-transactions', subject).length > 0;
      const said = await mesh.until(
        'the loop is named, or what was thrown away',
        (now) => ofCode(now, 'apply-loop', subject).length === 1 || lost(now),
        130_000,
      );
      expect(ofCode(said, 'subscription-down', subject)).toEqual([]);
      expect(said.health).toBe('critical');
      if (!lost(said)) expect(stateOf(said, 'n1', 'n2')).toMatchObject({ state: 'down', failing: true });
      for (const node of ['n2', 'n3']) await mesh.sql(node, `DROP TABLE ${child}`);
      await mesh.settled(150_000);
      await mesh.until('nothing is said of it', (now) => ofCode(now, 'apply-loop').length === 0, SOON);
      await mesh.everywhere(
        `DROP TABLE IF EXISTS ${child}; DROP TABLE ${parent} CASCADE; TRUNCATE spock.exception_log CASCADE`,
      );
    },
    420,
  );

  fieldTest(
    'at each attempt is named, and its link has one state until it has stood for a minute',
    field,
    async (mesh) => {
      const type = fresh('mood');
      const table = fresh('mt');
      await mesh.everywhere(`CREATE TYPE ${type} AS ENUM ('sad', 'ok')`);
      await mesh.table(table, `id int PRIMARY KEY, m ${type}`);
      await mesh.settled();
      await mesh.sql('n1', `ALTER TYPE ${type} ADD VALUE 'happy'`);
      await mesh.sql('n1', `INSERT INTO ${table} VALUES (1, 'happy')`);
      const subject = { provider: 'n1', receiver: 'n2', subscription: 'sub_n2n1' };
      const said = await mesh
        .until('the loop is named', (now) => ofCode(now, 'apply-loop', subject).length === 1, 130_000)
        .catch(async (error: Error) => {
          // Spock may have thrown the transaction away instead, which is another finding.
          const gone = (await mesh.one('n2', 'SELECT count(*)::int FROM spock.exception_log')) !== 0;
          demand('trying again a change that it cannot read', !gone);
          throw error;
        });
      expect(stateOf(said, 'n1', 'n2')).toMatchObject({ state: 'down', failing: true });
      expect(ofCode(said, 'subscription-down', subject)).toEqual([]);
      expect(ofCode(said, 'apply-loop', subject)[0]?.remedy?.text).toContain('drop nothing');
      // Whatever a poll meets, the link has one state.
      await mesh.during(20_000, (now) => {
        expect(stateOf(now, 'n1', 'n2')).toMatchObject({ state: 'down', failing: true });
        expect(ofCode(now, 'apply-loop', subject)).toHaveLength(1);
      });
      const mendedAt = Date.now();
      for (const node of ['n2', 'n3']) await mesh.sql(node, `ALTER TYPE ${type} ADD VALUE 'happy'`);
      await mesh.until(
        'it replicates again',
        (now) => stateOf(now, 'n1', 'n2')?.state === 'replicating',
        120_000,
      );
      expect(Date.now() - mendedAt).toBeGreaterThan(50_000);
      await mesh.settled(120_000);
      await mesh.until('nothing is said of it', (now) => ofCode(now, 'apply-loop').length === 0, SOON);
      await mesh.everywhere(`DROP TABLE ${table} CASCADE; TRUNCATE spock.exception_log CASCADE`);
    },
    420,
  );
});
