/** Findings about many tables offer one plan for all of them. */
import { describe, expect, test } from 'vitest';
import type { TableOnNode, TableRow } from '#core/contract/tables.ts';
import { membershipDiffers } from './membership-differs.ts';
import type { AdviceInput } from './rule.ts';
import { unreplicatedTable } from './unreplicated-table.ts';

const onNode = (sets: string[], of: Partial<TableOnNode['memberships'][number]> = {}): TableOnNode => ({
  sets,
  rowFilter: null,
  columns: null,
  deltaColumns: [],
  memberships: sets.map((set) => ({ set, rowFilter: null, columns: null, ...of })),
  tableColumns: ['id integer'],
  keyColumns: ['id'],
  rowsEstimate: 1,
});

const row = (table: string, nodes: TableRow['nodes'], change: Partial<TableRow> = {}): TableRow => ({
  schema: 'public',
  table,
  replicaIdentity: 'default',
  partitionOf: null,
  nodes,
  differs: false,
  differences: [],
  ...change,
});

const seen = (tables: { differing?: TableRow[]; inNoSet?: TableRow[] }): AdviceInput =>
  ({
    facts: { cluster: 'shop', subscriptions: [{}] },
    tables: { differing: [], inNoSet: [], leftOut: new Map(), ...tables },
  }) as unknown as AdviceInput;

const names = (count: number) => Array.from({ length: count }, (_, at) => `t${at}`);
const plansOf = (findings: ReturnType<typeof membershipDiffers>) =>
  findings.map(({ remedy }) => remedy?.plan);

describe('a membership that differs', () => {
  const differs = (table: string, of = {}) =>
    row(
      table,
      { n1: onNode(['default'], of), n2: onNode([]) },
      { differs: true, differences: ['membership'] },
    );

  test('is made alike with the columns and the filter of the node that has it', () => {
    const like = { rowFilter: "(region = 'eu'::text)", columns: ['id', 'region'] };
    expect(plansOf(membershipDiffers(seen({ differing: [differs('t', like)] })))).toEqual([
      {
        kind: 'set-tables',
        cluster: 'shop',
        nodes: ['n2'],
        set: 'default',
        add: [{ schema: 'public', table: 't', ...like }],
      },
    ]);
    expect(plansOf(membershipDiffers(seen({ differing: [differs('t')] })))).toMatchObject([
      { kind: 'set-add-table', nodes: ['n2'], set: 'default', table: 't' },
    ]);
  });

  test('of many tables is one plan, where they lack the same set on the same nodes', () => {
    const many = names(20).map((table) => differs(table));
    const [plan] = plansOf(membershipDiffers(seen({ differing: many })));
    expect(plan).toMatchObject({ kind: 'set-tables', nodes: ['n2'], set: 'default' });
    expect(plan?.kind === 'set-tables' && plan.add).toHaveLength(20);
    const other = row(
      'u',
      { n1: onNode([]), n2: onNode(['default']) },
      { differs: true, differences: ['membership'] },
    );
    expect(plansOf(membershipDiffers(seen({ differing: [...many, other] })))).toEqual([undefined]);
  });
});

test('many tables in no set are one plan; too many to be named are none', () => {
  const rows = (count: number) => names(count).map((table) => row(table, { n1: onNode([]), n2: onNode([]) }));
  const [plan] = plansOf(unreplicatedTable(seen({ inNoSet: rows(6) })));
  expect(plan).toEqual({
    kind: 'set-tables',
    cluster: 'shop',
    nodes: ['n1', 'n2'],
    set: 'default',
    add: names(6).map((table) => ({ schema: 'public', table })),
  });
  expect(plansOf(unreplicatedTable(seen({ inNoSet: rows(201) })))).toEqual([undefined]);
});
