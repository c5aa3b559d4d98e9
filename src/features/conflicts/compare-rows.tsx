/** Both versions of a row side by side; columns that differ are marked. */
import { Equal, EqualNot } from 'lucide-react';
import { useState } from 'react';
import { quoteIdent, quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import { shownText } from '#core/model/shown-text.ts';
import { useEngineWords } from '#src/api/hooks.ts';
import { useZone } from '#src/lib/clock.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { exactTime } from '#src/lib/time.ts';
import { DataTable } from '#src/parts/data-table/data-table.tsx';
import { Icon } from '#src/ui/icon.tsx';
import type { Column } from '#src/ui/table/column.ts';
import { type ColumnPair, type ConflictEvent, columnsOf, type Version } from './events.ts';
import { originName } from './origin-name.ts';

/** The time of day of an exact instant: `14:06:32.118 UTC`. */
const timeOf = (at: string, zone: 'utc' | 'local'): string => exactTime(at, zone).slice(11);

export function CompareRows({ event }: { event: ConflictEvent }) {
  const words = useEngineWords();
  const pairs = columnsOf(event);
  const differ = pairs?.filter((pair) => pair.differs).length;
  return (
    <div className="panel-block">
      <h2 className="detail-title">
        Rows
        {pairs && (
          <small>
            {differ} of {pairs.length} columns differ
          </small>
        )}
        <CopyLoser event={event} />
      </h2>
      <DataTable
        name="versions"
        label="Both versions of the row"
        className="compare-table"
        columns={versionColumns(event, words.name)}
        rows={pairs ?? [null]}
        keyOf={(pair) => pair?.column ?? ''}
        rowClass={(pair) => (pair?.differs ? 'differs' : undefined)}
      />
    </div>
  );
}

/** Null: the row as the engine wrote it, where that is not JSON. */
const versionColumns = (event: ConflictEvent, engine: string): Column<ColumnPair | null>[] => [
  {
    id: 'column',
    head: 'Column',
    cellClass: (pair) => (pair ? undefined : 'faint'),
    cell: (pair) =>
      pair ? (
        <>
          <Icon of={pair.differs ? EqualNot : Equal} size={12} />
          <span className="sr-only">{pair.differs ? 'differs: ' : 'same: '}</span>
          <code>{safeName(pair.column)}</code>
        </>
      ) : (
        `As ${engine} wrote it`
      ),
  },
  versionColumn(event, 'local'),
  versionColumn(event, 'remote'),
];

const versionColumn = (event: ConflictEvent, side: 'local' | 'remote'): Column<ColumnPair | null> => ({
  id: side,
  head: <VersionHead version={event[side]} side={side} event={event} />,
  cellClass: (pair) => (pair ? undefined : 'whole'),
  cell: (pair) =>
    pair ? (
      <Value of={pair[side]} gone={event[side].tuple === null} />
    ) : (
      <code>{shownText(event[side].tuple?.text ?? 'no row')}</code>
    ),
});

function VersionHead({
  version,
  side,
  event,
}: {
  version: Version;
  side: 'local' | 'remote';
  event: ConflictEvent;
}) {
  const zone = useZone();
  const won = event.won === null ? null : event.won === side;
  return (
    <>
      <b>{side === 'local' ? 'Local' : 'Remote'}</b>
      {version.origin !== null && ` ${side === 'local' ? 'on' : 'from'} ${originName(version.origin)}`}
      {won !== null && `, ${won ? 'won' : 'lost'}`}
      <small>
        {version.tuple === null && 'deleted, '}
        {version.at === null ? 'commit time not recorded' : `committed ${timeOf(version.at, zone)}`}
        {version.xid !== null && `, xid ${version.xid}`}
      </small>
    </>
  );
}

function Value({ of, gone }: { of: unknown; gone: boolean }) {
  if (gone) return <span className="faint">no row</span>;
  if (of === undefined) return <span className="faint">no such column</span>;
  if (of === null) return <code className="faint">NULL</code>;
  return <code>{safeName(typeof of === 'object' ? JSON.stringify(of) : String(of))}</code>;
}

/** The row that is in no table any more, as a statement that would write it again. Null: it is not JSON, or cannot be quoted. */
export function insertOf(event: ConflictEvent, version: Version): string | null {
  const row = version.tuple?.json;
  if (!row) return null;
  try {
    const table = event.schema === null ? quoteIdent(event.table) : quoteQualified(event.schema, event.table);
    const names = Object.keys(row).map(quoteIdent);
    return `INSERT INTO ${table} (${names.join(', ')}) VALUES (${Object.values(row).map(literal).join(', ')});`;
  } catch {
    // quote.ts refuses what SQL text cannot hold; then there is nothing to copy.
    return null;
  }
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  return quoteLiteral(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function CopyLoser({ event }: { event: ConflictEvent }) {
  const [copied, setCopied] = useState(false);
  if (event.won === null) return null;
  const loser = event.won === 'local' ? event.remote : event.local;
  const statement = insertOf(event, loser);
  if (statement === null) return null;
  const whose = loser.origin === null ? 'the lost row' : `${originName(loser.origin)}’s row`;
  return (
    <button
      type="button"
      className="text-action ml-auto"
      onClick={async () => {
        await navigator.clipboard.writeText(statement);
        setCopied(true);
      }}
    >
      {copied ? 'Copied' : `Copy ${whose} as INSERT`}
    </button>
  );
}
