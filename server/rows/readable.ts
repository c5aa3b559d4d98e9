/** A table as it can be read on all nodes alike: what each of them says of it, and what follows for columns, key and hash. */

import type { Readable } from '#core/rows/blocks.ts';
import { comparedColumns } from '#core/rows/columns.ts';
import type { ComparedTable } from '#core/rows/compared-table.ts';
import { type Described, describe, readDescribed } from '#core/rows/describe.ts';
import { rowHashOf } from '#core/rows/hash.ts';
import { keyOf } from '#core/rows/key.ts';
import type { Reader } from './reader.ts';

const DESCRIBE_MS = 30_000;

export interface ReadableTable {
  schema: string;
  table: string;
  nodes: readonly string[];
  /** The table on each node, in their order. */
  on: readonly Readable[];
  /** Index of the node that seems to have most rows: blocks are cut there. */
  leader: number;
  /** Of the largest. */
  bytes: number;
  /** Rows, by the statistics; null: never counted. */
  estimate: number | null;
}

/** Why a table cannot be compared: it is missing somewhere, or a column is. */
export interface Unlike {
  why: string;
}

/** Throws StepFailure and `Ended`. */
export async function readableTable(
  { schema, table, columns, filter = null }: ComparedTable,
  nodes: readonly string[],
  reader: Reader,
): Promise<ReadableTable | Unlike> {
  const described = await Promise.all(
    nodes.map(async (node): Promise<Described> => {
      const [row] = await reader.read(node, describe(schema, table), DESCRIBE_MS);
      return readDescribed(String(row?.described));
    }),
  );
  const without = nodes.filter((_, index) => !['r', 'p'].includes(described[index]?.kind ?? ''));
  if (without.length > 0) return { why: `${without.join(', ')} has no table ${schema}.${table}` };
  const compared = comparedColumns(columns, nodes, described);
  if (!compared.ok) return { why: compared.why };
  const row = rowHashOf(compared.names, described);
  const key = keyOf(described, row);
  const sizes = described.map(({ bytes }) => bytes);
  const bytes = Math.max(...sizes);
  const estimates = described.flatMap(({ rows }) => (rows === null ? [] : [rows]));
  return {
    schema,
    table,
    nodes,
    on: described.map(({ kind }) => ({ schema, table, partitioned: kind === 'p', filter, row, key })),
    leader: sizes.indexOf(bytes),
    bytes,
    estimate: estimates.length === 0 ? null : Math.max(...estimates),
  };
}
