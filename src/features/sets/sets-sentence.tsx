/** What is so about the tables of a cluster, in one breath. */
import type { TablePage } from '#core/contract/tables.ts';
import { safeName } from '#src/lib/safe-name.ts';
import { plural } from '#src/lib/units.ts';
import { Say } from '#src/ui/sentence.tsx';
import { State } from '#src/ui/state.tsx';
import { differenceText } from './row-text.ts';

export function SetsSentence({
  page,
  named,
  top,
  link,
}: {
  page: TablePage;
  /** The first tables that differ. */
  named: TablePage['items'];
  top: React.ReactNode;
  link: (schema: string, table: string, children: React.ReactNode) => React.ReactNode;
}) {
  const { all, differ, noKey, inNoSet } = page.counts;
  const nodes = Object.keys(page.observedAt).length;
  const state = differ > 0 ? 'warning' : 'ok';
  const shown = named.slice(0, 2);
  return (
    <Say
      top={
        <>
          <State of={state}>{state === 'ok' ? 'Alike' : 'Warning'}</State>
          <span className="faint">{top}</span>
        </>
      }
    >
      {all === 0
        ? 'No node has a table that could be replicated.'
        : differ === 0
          ? `${page.partial.length === 0 ? 'All' : 'The first'} ${plural(all, 'table')} are in the same sets on ${plural(nodes, 'node')}.`
          : `${all - differ} of ${plural(all, 'table')} replicate the same way. `}
      {shown.map((row, index) => (
        <span key={`${row.schema}.${row.table}`}>
          {index > 0 && '; '}
          {link(row.schema, row.table, <u>{safeName(row.table)}</u>)} {differenceText(row)}
        </span>
      ))}
      {differ > 0 && (differ > shown.length ? `; ${differ - shown.length} more differ. ` : '. ')}
      {all > 0 && restText(noKey, inNoSet, differ === 0)}
      {page.partial.length > 0 &&
        ` ${page.partial.map(safeName).join(', ')} ${page.partial.length === 1 ? 'has' : 'have'} more than the first by name, which are read; nothing is known of the others.`}
    </Say>
  );
}

function restText(noKey: number, inNoSet: number, space: boolean): string {
  const said: string[] = [];
  if (noKey > 0) said.push(`${noKey} ${noKey === 1 ? 'has' : 'have'} no key`);
  if (inNoSet > 0) said.push(`${inNoSet} ${inNoSet === 1 ? 'is' : 'are'} in no set`);
  return said.length === 0 ? '' : `${space ? ' ' : ''}${said.join(', ')}.`;
}
