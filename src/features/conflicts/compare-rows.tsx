/** Both versions of a row side by side; columns that differ are marked. */
import { Equal, EqualNot } from 'lucide-react';
import { useState } from 'react';
import { quoteIdent, quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import { useZone } from '#src/lib/clock.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { exactTime } from '#src/lib/time.ts';
import { Icon } from '#src/ui/icon.tsx';
import { type ConflictEvent, columnsOf, type Version } from './events.ts';

/** The time of day of an exact instant: `14:06:32.118 UTC`. */
const timeOf = (at: string, zone: 'utc' | 'local'): string => exactTime(at, zone).slice(11);

export function CompareRows({ event }: { event: ConflictEvent }) {
  const pairs = columnsOf(event);
  const differ = pairs?.filter((pair) => pair.differs).length;
  return (
    <div className="blk">
      <h2 className="t2">
        Rows
        {pairs && (
          <small>
            {differ} of {pairs.length} columns differ
          </small>
        )}
        <CopyLoser event={event} />
      </h2>
      <div className="scroll">
        <table className="t cmp">
          <thead>
            <tr>
              <th>Column</th>
              <th>
                <VersionHead version={event.local} side="local" event={event} />
              </th>
              <th>
                <VersionHead version={event.remote} side="remote" event={event} />
              </th>
            </tr>
          </thead>
          <tbody>
            {pairs?.map((pair) => (
              <tr key={pair.column} className={pair.differs ? 'ne' : ''}>
                <td>
                  <Icon of={pair.differs ? EqualNot : Equal} size={12} />
                  <span className="vh">{pair.differs ? 'differs: ' : 'same: '}</span>
                  <code>{safeName(pair.column)}</code>
                </td>
                <td>
                  <Value of={pair.local} gone={event.local.tuple === null} />
                </td>
                <td>
                  <Value of={pair.remote} gone={event.remote.tuple === null} />
                </td>
              </tr>
            ))}
            {!pairs && (
              <tr>
                <td className="f">As Spock wrote it</td>
                <td className="whole">
                  <code>{event.local.tuple?.text ?? 'no row'}</code>
                </td>
                <td className="whole">
                  <code>{event.remote.tuple?.text ?? 'no row'}</code>
                </td>
              </tr>
            )}
          </tbody>
        </table>
      </div>
    </div>
  );
}

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
      {version.origin !== null && ` ${side === 'local' ? 'on' : 'from'} ${safeName(version.origin)}`}
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
  if (gone) return <span className="f">no row</span>;
  if (of === undefined) return <span className="f">no such column</span>;
  if (of === null) return <code className="f">NULL</code>;
  return <code>{typeof of === 'object' ? JSON.stringify(of) : safeName(String(of))}</code>;
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
  const whose = loser.origin === null ? 'the lost row' : `${safeName(loser.origin)}’s row`;
  return (
    <button
      type="button"
      className="act ml-auto"
      onClick={async () => {
        await navigator.clipboard.writeText(statement);
        setCopied(true);
      }}
    >
      {copied ? 'Copied' : `Copy ${whose} as INSERT`}
    </button>
  );
}
