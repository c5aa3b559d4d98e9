/** Tables × nodes: the same table on every node side by side, and where they differ. Shape of `GET …/tables`. */
import type { TableOnNode, TableRow } from '#core/contract/tables.ts';
import type { MembershipFacts, SlowFacts, TableFacts } from '#core/model/facts.ts';
import { formatTable } from '#core/model/format.ts';
import { compareKeys, pairKey } from '#core/model/keys.ts';

type Difference = TableRow['differences'][number];

/** The tables of one node; `tables` null: not read, so nothing is said about it. */
export interface NodeTables {
  node: string;
  tables: SlowFacts['tables'];
  /** False: `tables` holds the first by name only; what comes after was not read. */
  complete: boolean;
}

export interface TableComparison {
  /** By schema, then table. */
  rows: TableRow[];
  /** Nodes whose tables were read. */
  nodes: string[];
  /** Those of `nodes` of which only the first by name were read. */
  partial: string[];
  /**
   * Those of `rows` that a rule may have something to say of: few, so that the rules can run every second. Without a key;
   * or in no set, and of an identity that no set with UPDATE takes.
   */
  keyless: TableRow[];
  /** Without partitioned tables: they hold no rows themselves, their partitions are spoken of. */
  inNoSet: TableRow[];
  /** Of `inNoSet` the partitions whose table, or the one that is of, is in sets: these. */
  leftOut: ReadonlyMap<TableRow, { of: string; sets: string[] }>;
  differing: TableRow[];
}

/**
 * Puts the nodes' tables together. A node that was not read is no difference. Pure, and dear for many tables: it is
 * worked out again only when the facts of a node are other ones than the last time.
 */
export function compareTables(nodes: readonly NodeTables[]): TableComparison {
  const read = nodes.flatMap(({ node, tables, complete }) =>
    tables === null ? [] : [{ node, tables, complete }],
  );
  const first = read[0];
  if (first === undefined)
    return { rows: [], nodes: [], partial: [], keyless: [], inNoSet: [], leftOut: new Map(), differing: [] };
  const known = compared.get(first.tables) ?? [];
  const same = known.find(
    ({ of }) => of.length === read.length && of.every((was, index) => sameReading(was, read[index])),
  );
  if (same) return same.comparison;
  const comparison = compare(read);
  compared.set(first.tables, [{ of: read, comparison }, ...known].slice(0, KEPT));
  return comparison;
}

type ReadTables = { node: string; tables: TableFacts[]; complete: boolean };

/** The rules compare the nodes that were read now, the page shows the last facts of the others as well. */
const KEPT = 2;
const compared = new WeakMap<TableFacts[], { of: ReadTables[]; comparison: TableComparison }[]>();

const sameReading = (a: ReadTables, b: ReadTables | undefined) => a.node === b?.node && a.tables === b.tables;

function compare(read: ReadTables[]): TableComparison {
  const byName = new Map<string, Map<string, TableFacts>>();
  for (const { node, tables } of read) {
    for (const table of tables) {
      const key = pairKey(table.schema, table.table);
      const found = byName.get(key);
      if (found) found.set(node, table);
      else byName.set(key, new Map([[node, table]]));
    }
  }
  const all = read.map(({ node }) => node);
  const cut = read.filter(({ complete }) => !complete);
  const rows = [...byName.values()].map((onNodes) =>
    rowOf(onNodes, cut.length === 0 ? all : readNodes(read, onNodes)),
  );
  rows.sort(byTableName);
  const parents = new Set(rows.map(({ partitionOf }) => partitionOf));
  const inNoSet = rows.filter((row) => !isInASet(row) && !parents.has(`${row.schema}.${row.table}`));
  return {
    rows,
    nodes: all,
    partial: cut.map(({ node }) => node),
    keyless: rows.filter((row) => isKeyless(row) || (row.replicaIdentity === 'full' && !isInASet(row))),
    inNoSet,
    leftOut: leftOutOf(rows, inNoSet),
    differing: rows.filter(({ differs }) => differs),
  };
}

/** A partition that was made once its table was in a set is in none by itself: those are put in that are there. */
function leftOutOf(rows: TableRow[], inNoSet: TableRow[]): TableComparison['leftOut'] {
  const found = new Map<TableRow, { of: string; sets: string[] }>();
  const partitions = inNoSet.filter(({ partitionOf }) => partitionOf !== null);
  if (partitions.length === 0) return found;
  const byText = new Map(rows.map((row) => [`${row.schema}.${row.table}`, row]));
  for (const partition of partitions) {
    let above = byText.get(partition.partitionOf ?? '');
    while (above !== undefined && !isInASet(above)) above = byText.get(above.partitionOf ?? '');
    if (above === undefined) continue;
    const sets = Object.values(above.nodes).flatMap((table) => table?.sets ?? []);
    found.set(partition, { of: formatTable(above.schema, above.table), sets: sorted([...new Set(sets)]) });
  }
  return found;
}

const byTableName = (a: TableName, b: TableName) =>
  compareKeys(a.schema, b.schema) || compareKeys(a.table, b.table);

type TableName = Pick<TableFacts, 'schema' | 'table'>;

/** The nodes of which it is known whether they have the table: it does not come after all that was read of them. */
function readNodes(read: ReadTables[], onNodes: Map<string, TableFacts>): string[] {
  const [table] = onNodes.values();
  return read.flatMap(({ node, tables, complete }) => {
    const last = tables.at(-1);
    const known = complete || onNodes.has(node) || (table && last && byTableName(table, last) <= 0);
    return known ? [node] : [];
  });
}

function rowOf(onNodes: Map<string, TableFacts>, nodes: string[]): TableRow {
  const all = [...onNodes.values()];
  const [first] = all;
  if (first === undefined) throw new Error('A table that is on no node was compared.');
  const differences = differencesOf(all);
  if (onNodes.size < nodes.length) differences.push('absent');
  return {
    schema: first.schema,
    table: first.table,
    replicaIdentity: weakestIdentity(all),
    partitionOf: first.partitionOf,
    nodes: Object.fromEntries(
      nodes.map((node) => {
        const table = onNodes.get(node);
        return [node, table === undefined ? null : onNode(table)];
      }),
    ),
    differs: differences.length > 0,
    differences,
  };
}

/** Nearly all tables agree, and are found to at a glance. */
const agree = (a: TableFacts, b: TableFacts): boolean =>
  sameList(a.columns, b.columns) &&
  sameList(a.deltaColumns, b.deltaColumns) &&
  a.memberships.length === b.memberships.length &&
  a.memberships.every((one, index) => {
    const other = b.memberships[index];
    return (
      one.set === other?.set && one.rowFilter === other.rowFilter && sameList(one.columns, other.columns)
    );
  });

const sameList = (a: string[] | null, b: string[] | null) =>
  a === b || (a?.length === b?.length && a?.every((word, index) => word === b?.[index]) === true);

function differencesOf(tables: TableFacts[]): Difference[] {
  const [first] = tables;
  if (first === undefined || tables.every((table) => agree(first, table))) return [];
  const differences: Difference[] = [];
  const differ = (what: Difference, value: (table: TableFacts) => unknown) => {
    if (new Set(tables.map((table) => JSON.stringify(value(table)))).size > 1) differences.push(what);
  };
  differ('membership', (table) => sorted(table.memberships.map(({ set }) => set)));
  if (tables.every(({ columns }) => columns !== null))
    differ('schema', ({ columns }) => sorted(columns ?? []));
  differ('row-filter', (table) => perSet(table, ({ rowFilter }) => rowFilter));
  differ('columns', (table) => perSet(table, ({ columns }) => columns && sorted(columns)));
  differ('delta-columns', ({ deltaColumns }) => sorted(deltaColumns));
  return differences;
}

/** Of the sets that have something of the kind, so that a missing membership is not two differences. */
function perSet(table: TableFacts, value: (membership: MembershipFacts) => unknown): unknown {
  return table.memberships
    .filter((membership) => value(membership) !== null)
    .map((membership) => [membership.set, value(membership)])
    .sort(([a], [b]) => compareKeys(String(a), String(b)));
}

/** In a set on at least one node. */
export const isInASet = (row: TableRow): boolean =>
  Object.values(row.nodes).some((table) => table !== null && table.sets.length > 0);

const KEYLESS: ReadonlySet<TableRow['replicaIdentity']> = new Set(['none', 'nothing', 'deferrable']);

/** No node sends it. */
export const isInNoSet = (row: TableRow): boolean => !isInASet(row);

/** Not alike on all nodes, or sent by none: what stands first where the worst does. */
export const needsLook = (row: TableRow): boolean => row.differs || isInNoSet(row);

/** No UPDATE or DELETE of it could find its row. */
export const isKeyless = ({ replicaIdentity }: Pick<TableRow, 'replicaIdentity'>): boolean =>
  KEYLESS.has(replicaIdentity);

const sorted = (words: string[]) => [...words].sort(compareKeys);

function onNode(table: TableFacts): TableOnNode {
  const memberships = [...table.memberships].sort((a, b) => compareKeys(a.set, b.set));
  return {
    sets: memberships.map(({ set }) => set),
    rowFilter: memberships.find(({ rowFilter }) => rowFilter !== null)?.rowFilter ?? null,
    columns: memberships.find(({ columns }) => columns !== null)?.columns ?? null,
    deltaColumns: table.deltaColumns,
    memberships,
    tableColumns: table.columns,
    keyColumns: table.keyColumns,
    rowsEstimate: table.rowsEstimate,
  };
}

const identities = { d: 'default', i: 'index', f: 'full', n: 'nothing' } as const;

/** How an UPDATE or DELETE finds its row: `none` when it cannot. */
export function identityOf(
  table: Pick<TableFacts, 'replicaIdentity' | 'keyColumns' | 'keyDeferrable'>,
): TableRow['replicaIdentity'] {
  const declared = identities[table.replicaIdentity as keyof typeof identities] ?? 'nothing';
  if (declared !== 'default' && declared !== 'index') return declared;
  if (table.keyColumns.length === 0) return 'none';
  return table.keyDeferrable === true ? 'deferrable' : declared;
}

/** The table is as well off as it is on the node where it is worst off. */
function weakestIdentity(tables: TableFacts[]): TableRow['replicaIdentity'] {
  const order: TableRow['replicaIdentity'][] = ['none', 'nothing', 'deferrable', 'full', 'index', 'default'];
  const found = tables.map(identityOf);
  return order.find((identity) => found.includes(identity)) ?? 'none';
}
