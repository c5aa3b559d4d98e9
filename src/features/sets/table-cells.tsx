/** Cells of the tables × nodes grid. */

import { Sigma } from 'lucide-react';
import type { TableRow } from '#core/contract/tables.ts';
import { shownText } from '#core/model/shown-text.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { Chip } from '#src/ui/chip.tsx';
import { Icon } from '#src/ui/icon.tsx';
import { State } from '#src/ui/state.tsx';
import { tip, tipCut } from '#src/ui/tooltip.ts';
import { Unknown } from '#src/ui/value.tsx';
import { type Chip as ChipOf, cellOf, keyOf, verdictOf } from './cells.ts';

/** pgEdge's own short name where there is room for no more. */
export const shortSet = (set: string): string =>
  set === 'default_insert_only' ? 'insert_only' : safeName(set);

export function SetChip({ chip }: { chip: ChipOf }) {
  if (chip.missing) {
    return (
      <Chip look="missing" tip={`Not in set ${safeName(chip.set)}, which has it on other nodes`}>
        no {shortSet(chip.set)}
      </Chip>
    );
  }
  return (
    <Chip rowFilter={chip.rowFilter} columns={chip.columns} tip={shownText(chipTitle(chip))}>
      {shortSet(chip.set)}
    </Chip>
  );
}

const chipTitle = (chip: ChipOf): string =>
  [
    `Set ${safeName(chip.set)}`,
    chip.rowFilter && `rows where ${chip.rowFilter}`,
    chip.columns && `columns ${chip.columns.join(', ')}`,
  ]
    .filter(Boolean)
    .join('; ');

export function NodeCell({ row, node }: { row: TableRow; node: string }) {
  const cell = cellOf(row, node);
  switch (cell.kind) {
    case 'unread':
      return <Unknown>not read</Unknown>;
    case 'absent':
      return (
        <State of="warning" size={12}>
          no such table
        </State>
      );
    case 'in-no-set':
      return <span className="faint">in no set</span>;
    case 'chips':
      return cell.chips.map((chip) => <SetChip key={chip.set} chip={chip} />);
  }
}

/** The key's columns as one text; null where there is none. */
export const keyText = (row: TableRow): string | null => keyOf(row)?.map(safeName).join(', ') ?? null;

export function KeyCell({ row }: { row: TableRow }) {
  const key = keyOf(row);
  if (key !== null) {
    return (
      <code className="faint" {...tipCut(key.map(safeName).join(', '))}>
        {key.map(safeName).join(', ')}
      </code>
    );
  }
  if (row.replicaIdentity === 'full') return <span className="faint">whole row</span>;
  const sent = Object.values(row.nodes).some((node) => node !== null && node.sets.length > 0);
  return (
    <State of={sent ? 'info' : 'warning'} size={12}>
      {row.replicaIdentity === 'deferrable' ? 'deferrable key' : 'no key'}
    </State>
  );
}

export function VerdictCell({ row }: { row: TableRow }) {
  const verdict = verdictOf(row);
  if (verdict?.tone === 'warn') {
    return (
      <State of="warning" size={12}>
        {verdict.words}
      </State>
    );
  }
  const summed = [...new Set(Object.values(row.nodes).flatMap((node) => node?.deltaColumns ?? []))];
  if (summed.length > 0) {
    return (
      <span
        className="faint inline-flex items-center gap-1"
        {...tip(`Summed from all nodes: ${summed.map(safeName).join(', ')}`)}
      >
        <Icon of={Sigma} size={12} />
        <span className="sr-only">summed: </span>
        <code>{summed.map(safeName).join(', ')}</code>
      </span>
    );
  }
  return verdict && <span className="faint">{verdict.words}</span>;
}
