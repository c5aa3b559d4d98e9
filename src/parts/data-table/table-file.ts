/** A table's rows as a file: values without units, all columns that have one. */
import { type CellValue, type Column, nameOf } from '#src/ui/table/column.ts';

type Valued<R> = Column<R> & { value: (row: R) => CellValue };
const valued = <R>(columns: readonly Column<R>[]): Valued<R>[] =>
  columns.filter((column): column is Valued<R> => column.value !== undefined);

/** RFC 4180, with a head. What is not known is empty. */
export function csvOf<R>(columns: readonly Column<R>[], rows: readonly R[]): string {
  const of = valued(columns);
  const lines = [
    of.map((column) => field(nameOf(column))),
    ...rows.map((row) => of.map((column) => field(column.value(row)))),
  ];
  return `${lines.map((line) => line.join(',')).join('\r\n')}\r\n`;
}

/** A list of objects, by the ids of columns. What is not known is null. */
export function jsonOf<R>(columns: readonly Column<R>[], rows: readonly R[]): string {
  const of = valued(columns);
  const objects = rows.map((row) =>
    Object.fromEntries(of.map((column) => [column.id, column.value(row) ?? null])),
  );
  return `${JSON.stringify(objects, null, 2)}\n`;
}

function field(value: CellValue): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  // A spreadsheet runs a text that begins so; names of tables come from the servers.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** `Subscriptions` of the label, in letters that every file system takes. */
export const fileName = (label: string, kind: 'csv' | 'json'): string =>
  `${
    label
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'table'
  }.${kind}`;
