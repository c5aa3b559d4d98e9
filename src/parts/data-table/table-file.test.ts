import { expect, it } from 'vitest';
import type { Column } from '#src/ui/table/column.ts';
import { csvOf, fileName, jsonOf } from './table-file.ts';

interface Row {
  name: string;
  size: number | null;
}
const columns: Column<Row>[] = [
  { id: 'name', head: 'Table', cell: () => null, value: (row) => row.name },
  { id: 'size', head: 'Size', name: 'Size, bytes', cell: () => null, value: (row) => row.size },
  { id: 'act', head: 'Act', cell: () => null },
];

it('writes CSV with a head, quoted where it has to be, and empty where nothing is known', () => {
  const rows = [
    { name: 'plain', size: 12 },
    { name: 'a "b", c\nd', size: null },
  ];
  expect(csvOf(columns, rows)).toBe('Table,"Size, bytes"\r\nplain,12\r\n"a ""b"", c\nd",\r\n');
});

it('writes no text that a spreadsheet would run', () => {
  const names = ['=1+1', '+1', '-1', '@x', '\t=1'];
  const cells = csvOf(
    columns.slice(0, 1),
    names.map((name) => ({ name, size: 0 })),
  )
    .split('\r\n')
    .slice(1, -1);
  expect(cells).toEqual(["'=1+1", "'+1", "'-1", "'@x", "'\t=1"]);
  expect(csvOf(columns.slice(1, 2), [{ name: '', size: -1 }])).toContain('\r\n-1\r\n');
});

it('writes JSON by the ids of columns, as it is', () => {
  expect(JSON.parse(jsonOf(columns, [{ name: '=x', size: null }]))).toEqual([{ name: '=x', size: null }]);
});

it('names the file by its table', () => {
  expect(fileName('Slots on this node', 'csv')).toBe('slots-on-this-node.csv');
  expect(fileName('…', 'json')).toBe('table.json');
});
