/** What one may do with a table: choose its columns, and save its rows as a file. */
import { ChevronDown } from 'lucide-react';
import { useState } from 'react';
import { describeError } from '#src/api/errors.ts';
import { part } from '#src/lib/part.ts';
import { saveAs } from '#src/lib/save-as.ts';
import { buttonClass } from '#src/ui/button.tsx';
import { Icon } from '#src/ui/icon.tsx';
import { Menu } from '#src/ui/menu.tsx';
import { State } from '#src/ui/state.tsx';
import { type Column, nameOf } from '#src/ui/table/column.ts';
import type { TableState } from './table-state.ts';

const loadFiles = part(() => import('./table-file.ts'));

const KINDS = [
  { kind: 'csv', words: 'CSV', type: 'text/csv' },
  { kind: 'json', words: 'JSON', type: 'application/json' },
] as const;

interface Props<R> {
  label: string;
  state: TableState<R>;
  columns: readonly Column<R>[];
  /** All rows that the filter matches, in the order that is shown. */
  rowsOf: () => Promise<readonly R[]>;
}

export function TableMenu<R>({ label, state, columns, rowsOf }: Props<R>) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const save = async ({ kind, type }: (typeof KINDS)[number]) => {
    setBusy(true);
    setError(null);
    try {
      const [files, rows] = await Promise.all([loadFiles(), rowsOf()]);
      const text = kind === 'csv' ? files.csvOf(columns, rows) : files.jsonOf(columns, rows);
      saveAs(files.fileName(label, kind), text, type);
    } catch (fault) {
      setError(fault);
    }
    setBusy(false);
  };
  const free = columns.filter((column) => column.needed !== true);
  return (
    <span className="table-menu wide-only">
      {error !== null && (
        <span role="alert">
          <State of="critical">{describeError(error as Error).message}</State>
        </span>
      )}
      {free.length > 2 && (
        <Menu
          label={`Columns of ${label}`}
          align="end"
          buttonClass={buttonClass('bare', 'sm')}
          button={
            <>
              Columns <Icon of={ChevronDown} size={12} />
            </>
          }
          items={free.map((column) => ({
            key: column.id,
            checked: state.isShown(column),
            label: nameOf(column),
            onPick: () => state.toggle(column),
          }))}
        />
      )}
      <Menu
        label={`Export ${label}`}
        align="end"
        buttonClass={buttonClass('bare', 'sm')}
        button={
          <>
            {busy ? 'Exporting' : 'Export'} <Icon of={ChevronDown} size={12} />
          </>
        }
        items={KINDS.map((kind) => ({
          key: kind.kind,
          label: kind.words,
          disabled: busy,
          onPick: () => void save(kind),
        }))}
      />
    </span>
  );
}
