/** What was recorded of real clusters, through the sections that their capabilities ask for. */
import { describe, expect, test } from 'vitest';
import type { Capabilities } from '#core/engines/engine.ts';
import { recording, scenariosOf, type Version, versions } from '#core/testing/recorded.ts';
import { spock } from './spock.ts';

const everything = versions.flatMap((version) =>
  scenariosOf(version).map((scenario) => [version, scenario] as const),
);

function facts(version: Version, scenario: string, node: string) {
  const found = recording(version, scenario).nodes.find(({ name }) => name === node);
  if (!found) throw new Error(`${node} was not recorded in ${scenario}.`);
  return {
    capabilities: found.capabilities,
    fast: spock.decodeFast(found.capabilities, found.fast),
    slow: spock.decodeSlow(found.capabilities, found.slow, null),
  };
}

describe.each(everything)('%s %s', (version, scenario) => {
  test('is decoded whole, and every value has its kind', () => {
    for (const { capabilities, fast, slow } of recording(version, scenario).nodes) {
      const decoded = spock.decodeFast(capabilities, fast);
      expect(decoded.walLsn).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
      expect(decoded.timeline).toBe(1);
      for (const slot of decoded.slots) {
        // slots-used-up has a physical slot and one of another plugin besides Spock's own.
        const ofSpock = slot.plugin === 'spock_output';
        expect(slot.name.startsWith('spk_demo_')).toBe(ofSpock);
        expect(slot.database).toBe(slot.type === 'physical' ? null : ofSpock ? 'demo' : slot.database);
        if (ofSpock) expect(slot.confirmedFlushLsn).toMatch(/\//);
      }
      for (const sub of decoded.subscriptions ?? []) {
        expect(sub.name).toMatch(/^sub_n\dn\d$/);
        expect(sub.providerName).toBe(`n${sub.name.at(-1)}`);
        expect(sub.replicationSets).toContain('default');
        expect(sub.applyDelaySeconds).toBe(0);
        expect(sub.skipLsn).toBeNull();
      }
      const said = spock.decodeSlow(capabilities, slow, null);
      expect(said.engineVersion).toBe(version);
      for (const table of said.tables ?? []) {
        for (const { set } of table.memberships) expect(said.sets?.map(({ name }) => name)).toContain(set);
      }
    }
  });
});

describe('what each version has', () => {
  test.each(versions)('%s: three nodes, two subscriptions each, three sets and one more', (version) => {
    const { fast, slow } = facts(version, 'healthy', 'n1');
    expect(fast.localNode).toBe('n1');
    expect(fast.peers.map(({ name }) => name).sort()).toEqual(['n1', 'n2', 'n3']);
    expect(fast.subscriptions?.map(({ name, reportedStatus }) => [name, reportedStatus]).sort()).toEqual([
      ['sub_n1n2', 'replicating'],
      ['sub_n1n3', 'replicating'],
    ]);
    expect(slow.sets?.map(({ name }) => name).sort()).toEqual([
      'ddl_sql',
      'default',
      'default_insert_only',
      'eu_only',
    ]);
    expect(slow.tables?.find(({ table }) => table === 'acct')?.memberships.map(({ set }) => set)).toEqual([
      'default',
    ]);
    expect(fast.lastConflictId).toBe(0);
    expect(fast.exceptions).toEqual([]);
  });

  test('worker states from 5.0 on; before that they are unknown, not down', () => {
    expect(facts('4.0.11', 'healthy', 'n1').fast.subscriptions?.map((sub) => sub.workerStatus)).toEqual([
      null,
      null,
    ]);
    expect(facts('5.0.11', 'healthy', 'n1').fast.subscriptions?.map((sub) => sub.workerStatus)).toEqual([
      'running',
      'running',
    ]);
  });

  test('the creation time and skip_schema from 5.0 on', () => {
    expect(facts('4.0.11', 'healthy', 'n1').fast.subscriptions?.[0]).toMatchObject({
      createdAt: null,
      skipSchema: null,
    });
    expect(facts('6.0.0', 'healthy', 'n1').fast.subscriptions?.[0]?.createdAt).toBeGreaterThan(
      Date.parse('2026-11-21'),
    );
  });

  test('the ids of 6.0 are the same on several nodes, and workers are matched within one', () => {
    const ids = ['n1', 'n2', 'n3'].map((node) =>
      facts('6.0.0', 'healthy', node)
        .fast.subscriptions?.map(({ id }) => id)
        .sort(),
    );
    expect(ids).toEqual([
      ['1', '2'],
      ['1', '2'],
      ['1', '2'],
    ]);
    const pids = facts('6.0.0', 'healthy', 'n2').fast.subscriptions?.map(({ workerPid }) => workerPid);
    expect(new Set(pids).size).toBe(2);
  });
});

test('a hostile table name, a row filter, a column list, a partition, a sequence and a delta column', () => {
  for (const version of ['5.0.11', '6.0.0'] as const) {
    const { slow } = facts(version, 'rich-catalog-missing-link-forward-all', 'n1');
    const table = (name: string) => slow.tables?.find((candidate) => candidate.table === name);
    expect(table('Weird "name" – ünïcode')?.memberships.map(({ set }) => set)).toEqual(['default']);
    expect(table('filtered')?.memberships).toEqual([
      {
        set: 'eu_only',
        rowFilter: "((region = 'eu'::text) AND (amount > (10)::numeric))",
        columns: ['id', 'region', 'amount'],
      },
    ]);
    expect(table('part_eu')?.partitionOf).toBe('public.part');
    expect(table('acct')?.deltaColumns).toEqual(['bal']);
    expect(table('nokey')?.keyColumns).toEqual([]);
    expect(slow.sets?.find(({ name }) => name === 'default')?.sequences).toEqual(['s1']);
  }
});

test('an extension without a node: nothing is there, and that is known', () => {
  for (const version of versions) {
    const { fast, slow } = facts(version, 'extension-only', 'n1');
    expect(fast).toMatchObject({ localNode: null, localNodeId: null, peers: [], subscriptions: [] });
    expect(slow.sets).toEqual([]);
  }
});

test('the copy under way is told letter by letter, and what is done is not', () => {
  const { fast } = facts('5.0.11', 'initial-copy-under-way', 'n2');
  const sync = fast.subscriptions?.find(({ name }) => name === 'sub_n2n1')?.sync ?? [];
  expect(sync.find(({ table }) => table === null)?.status).toMatch(/^[isdcwu]$/);
  expect(fast.subscriptions?.find(({ name }) => name === 'sub_n2n3')?.sync).toEqual([]);
});

test('the newest exception of each origin, and the resolutions, newest first', () => {
  const { fast, slow } = facts('6.0.0', 'subscription-disabled-by-exception', 'n2');
  expect(fast.exceptions?.find(({ disables }) => disables)?.message).toContain('skip_lsn');
  expect(slow.conflicts?.map(({ id }) => id)).toEqual(['2', '1']);
  expect(fast.lastConflictId).toBe(2);
});

describe('a role that may not see', () => {
  test.each(['5.0.11', '6.0.0'] as const)(
    '%s with pg_monitor only: nothing of Spock is asked, all of it is unseen',
    (version) => {
      const { capabilities, fast, slow } = facts(version, 'role-pg_monitor-only', 'n1');
      const asked = [...spock.fastStatements(capabilities), ...spock.slowStatements(capabilities, null)];
      for (const { sql } of asked) expect(sql).not.toMatch(/FROM spock\./);
      expect(fast).toMatchObject({
        subscriptions: null,
        exceptions: null,
        lastConflictId: null,
        localNode: null,
      });
      expect(fast.walLsn).not.toBeNull();
      expect(fast.slots.length).toBeGreaterThan(0);
      expect(slow).toMatchObject({ interfaces: null, sets: null, counters: null, conflicts: null });
      expect(capabilities.unseen).toContain('spock.subscription');
      expect(capabilities.unseen).toContain('spock.sub_show_status()');
    },
  );

  test('a refused column is left out of the query and named', () => {
    const all = facts('6.0.0', 'healthy', 'n1').capabilities;
    const columns = new Map(all.columns);
    columns.set('spock.node_interface', new Set(['if_id', 'if_name', 'if_nodeid']));
    const watching: Capabilities = { ...all, columns };
    const asked = spock
      .slowStatements(watching, null)
      .map(({ sql }) => sql)
      .join('\n');
    expect(asked).toContain('if_name');
    expect(asked).not.toContain('if_dsn');
    expect(asked).not.toContain('provider_dsn');
  });

  test("a status function of the DBA's own is used instead of sub_show_status()", () => {
    const all = facts('6.0.0', 'healthy', 'n1').capabilities;
    const functions = new Set([...all.functions, 'tricorder_status.subscription_status']);
    functions.delete('spock.sub_show_status');
    const status = spock.fastStatements({ ...all, functions }).find(({ name }) => name === 'sub_show_status');
    expect(status?.sql).toContain('FROM tricorder_status.subscription_status()');
  });
});

test('no statement ever asks for provider_dsn, tuples, or a count of the exceptions', () => {
  for (const version of versions) {
    const { capabilities } = facts(version, 'healthy', 'n1');
    const fast = spock.fastStatements(capabilities);
    const all = [...fast, ...spock.slowStatements(capabilities, null)];
    for (const { sql } of all) {
      expect(sql).not.toMatch(/provider_dsn|local_tup|remote_new_tup|remote_tuple|local_tuple/);
      expect(sql).not.toContain(';');
    }
    for (const { sql } of fast) expect(sql).not.toMatch(/count\s*\(/i);
  }
});

test('while no catalog was written the tables are those of before, the very same', () => {
  const { nodes } = recording('6.0.0', 'healthy');
  const [node] = nodes;
  if (!node) throw new Error('n1 was not recorded.');
  const first = spock.decodeSlow(node.capabilities, node.slow, null);
  const asked = spock.slowStatements(node.capabilities, first);
  expect(asked.find(({ name }) => name === 'tables')?.sql).toContain('IS DISTINCT FROM');
  const again = spock.decodeSlow(
    node.capabilities,
    { ...node.slow, tables: [], replication_set_table: [] },
    first,
  );
  expect(again.tables).toBe(first.tables);
  const changed = {
    ...node.slow,
    catalog_mark: [{ mark: 'another' }],
    tables: [],
    replication_set_table: [],
  };
  expect(spock.decodeSlow(node.capabilities, changed, first).tables).toEqual([]);
});

test('where the tables are left out of a poll, those that are known stand, and are asked for in the next', () => {
  const [node] = recording('6.0.0', 'mesh').nodes;
  if (!node) throw new Error('n1 was not recorded.');
  const first = spock.decodeSlow(node.capabilities, node.slow, null);
  const names = spock.slowStatements(node.capabilities, first, false).map(({ name }) => name);
  expect(names).not.toContain('tables');
  expect(names).not.toContain('replication_set_table');
  const { tables: _left, replication_set_table: _out, ...others } = node.slow;
  const rows = { ...others, catalog_mark: [{ mark: 'another' }] };
  const second = spock.decodeSlow(node.capabilities, rows, first);
  expect(second.tables).toBe(first.tables);
  // Not the mark that was seen: what it stands for was not read.
  expect(second.catalogMark).toBe(first.catalogMark);
  expect(spock.decodeSlow(node.capabilities, rows, null).tables).toBeNull();
});

test('of more tables than are read, the sets are counted whole', () => {
  const [node] = recording('6.0.0', 'mesh').nodes;
  if (!node) throw new Error('n1 was not recorded.');
  const [table] = node.slow.tables ?? [];
  const many = Array.from({ length: 20_000 }, (_, index) => ({ ...table, oid: index, relname: `t${index}` }));
  const members = Array.from({ length: 100_000 }, (_, reloid) => ({ reloid, set_name: 'default' }));
  const rows = { ...node.slow, tables: many, replication_set_table: members };
  const facts = spock.decodeSlow(node.capabilities, rows, null);
  expect(facts).toMatchObject({ tablesComplete: false, tablesInSets: { default: 100_000 } });
  expect(spock.decodeSlow(node.capabilities, node.slow, null)).toMatchObject({ tablesComplete: true });
});

test('how long the server took for the tables is told where they were read, and only there', () => {
  const [node] = recording('6.0.0', 'mesh').nodes;
  if (!node) throw new Error('n1 was not recorded.');
  const rows = {
    ...node.slow,
    catalog_mark: [{ mark: 'one', tables_begin: '2026-01-01 00:00:00.100+00' }],
    tables_end: [{ tables_end: '2026-01-01 00:00:00.475+00' }],
  };
  const read = spock.decodeSlow(node.capabilities, rows, null);
  expect(read.tablesMs).toBe(375);
  expect(spock.decodeSlow(node.capabilities, rows, read).tablesMs).toBeUndefined();
});

test('catalogs with NULLs and nothing at all are decoded without a fault', () => {
  const { capabilities } = facts('6.0.0', 'healthy', 'n1');
  const empty = Object.fromEntries(
    [...spock.fastStatements(capabilities), ...spock.slowStatements(capabilities, null)].map(({ name }) => [
      name,
      [{}],
    ]),
  );
  expect(spock.decodeFast(capabilities, empty)).toMatchObject({ walLsn: null, clock: null, localNode: null });
  expect(spock.decodeFast(capabilities, {}).subscriptions).toBeNull();
  expect(spock.decodeSlow(capabilities, empty, null).engineVersion).toBeNull();
  expect(spock.decodeSlow(capabilities, {}, null).tables).toBeNull();
});

test('a conflict or an exception moves the mark by which the slow poll is called early', () => {
  const { capabilities, fast } = facts('6.0.0', 'healthy', 'n2');
  expect(spock.slowMark(fast)).toBe(spock.slowMark({ ...fast, walLsn: '0/1', clock: 1 }));
  expect(spock.slowMark(fast)).not.toBe(spock.slowMark(facts('6.0.0', 'transaction-discarded', 'n2').fast));
  expect(capabilities.unseen).toEqual([]);
});
