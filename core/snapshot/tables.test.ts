import { describe, expect, test } from 'vitest';
import { TableRow } from '#core/contract/tables.ts';
import { decodeSlow } from '#core/engines/spock/decode-slow.ts';
import { recording, type Version } from '#core/testing/recorded.ts';
import { compareTables, type NodeTables } from './tables.ts';

function tablesOf(version: Version, scenario: string): NodeTables[] {
  return recording(version, scenario).nodes.map(({ name, slow }) => {
    const { tables, tablesComplete } = decodeSlow(slow, null);
    return { node: name, tables, complete: tablesComplete };
  });
}

const row = (nodes: NodeTables[], table: string) => {
  const found = compareTables(nodes).rows.find((candidate) => candidate.table === table);
  if (!found) throw new Error(`${table} is on no node.`);
  return found;
};

test('tables that agree differ in nothing', () => {
  const nodes = tablesOf('6.0.0', 'mesh');
  const { rows } = compareTables(nodes);
  expect(rows.map(({ table }) => table)).toEqual(['audit', 'orders', 'outbox', 'stock', 'Ünï "code" \\ x']);
  expect(rows.every(({ differs }) => !differs)).toBe(true);
  expect(rows.every((one) => TableRow.safeParse(one).success)).toBe(true);
  expect(row(nodes, 'orders')).toMatchObject({
    replicaIdentity: 'default',
    nodes: { n1: { keyColumns: ['id'] } },
  });
  expect(row(nodes, 'outbox').replicaIdentity).toBe('none');
  const { keyless, inNoSet, differing } = compareTables(nodes);
  expect(keyless.map(({ table }) => table)).toEqual(['outbox']);
  expect(inNoSet.map(({ table }) => table)).toEqual(['outbox', 'Ünï "code" \\ x']);
  expect(differing).toEqual([]);
});

test('columns that differ, and delta columns that differ', () => {
  const nodes = tablesOf('6.0.0', 'keys-and-drift');
  expect(row(nodes, 'stock')).toMatchObject({ differs: true, differences: ['schema', 'delta-columns'] });
  expect(row(nodes, 'stock').nodes.n3?.tableColumns).toContain('shelf text');
});

test('membership that differs, and a table that is absent', () => {
  const nodes = tablesOf('5.0.11', 'membership-and-schema-differ');
  expect(row(nodes, 'acct')).toMatchObject({ differences: ['membership'], nodes: { n2: { sets: [] } } });
  expect(row(nodes, 'only_n1')).toMatchObject({ differences: ['absent'], nodes: { n2: null, n3: null } });
});

describe('what was not read is no difference', () => {
  test('a node whose tables were not read has no entry', () => {
    const nodes = tablesOf('6.0.0', 'mesh').map((one) =>
      one.node === 'n3' ? { ...one, tables: null } : one,
    );
    const orders = row(nodes, 'orders');
    expect(Object.keys(orders.nodes)).toEqual(['n1', 'n2']);
    expect(orders.differs).toBe(false);
  });

  test('a table beyond what was read of a node is not absent there', () => {
    const nodes = tablesOf('6.0.0', 'mesh').map((one) =>
      one.node === 'n3' ? { ...one, complete: false, tables: one.tables?.slice(0, 2) ?? null } : one,
    );
    expect(row(nodes, 'stock').differences).toEqual([]);
    expect(Object.keys(row(nodes, 'stock').nodes)).toEqual(['n1', 'n2']);
    expect(compareTables(nodes).partial).toEqual(['n3']);
  });

  test('no node at all', () =>
    expect(compareTables([])).toMatchObject({ rows: [], nodes: [], differing: [] }));
});

test('it is worked out again only when a node was read again', () => {
  const nodes = tablesOf('6.0.0', 'mesh');
  const first = compareTables(nodes);
  expect(compareTables(nodes)).toBe(first);
  const [n1, ...others] = nodes;
  if (!n1) throw new Error('n1 was not recorded.');
  expect(compareTables([{ ...n1, tables: [...(n1.tables ?? [])] }, ...others])).not.toBe(first);
});
