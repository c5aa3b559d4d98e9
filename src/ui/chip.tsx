import { Columns3, Funnel, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Icon } from './icon.tsx';
import { tip } from './tooltip.ts';

interface Props {
  children: ReactNode;
  /** The set sends only some rows: its filter, for the tooltip. */
  rowFilter?: string | null;
  /** The set sends only some columns. */
  columns?: string[] | null;
  look?: 'set' | 'missing' | 'chosen' | 'plain';
  /** What is to be known of it; by default what of a table it sends. */
  tip?: string;
}

/** A replication set on a node; a funnel says row filter, columns say column list. */
export function Chip({ children, rowFilter, columns, look = 'set', tip: text }: Props) {
  const looks = { set: '', missing: 'missing', chosen: 'chosen', plain: 'plain' };
  const about = [rowFilter && `Rows where ${rowFilter}`, columns && `Columns ${columns.join(', ')}`]
    .filter(Boolean)
    .join('; ');
  return (
    <span className={`chip ${looks[look]}`} {...tip(text ?? about)}>
      {look === 'missing' && <Icon of={TriangleAlert} />}
      {children}
      {rowFilter && (
        <>
          <Icon of={Funnel} />
          <span className="sr-only">with a row filter</span>
        </>
      )}
      {columns && (
        <>
          <Icon of={Columns3} />
          <span className="sr-only">with a column list</span>
        </>
      )}
    </span>
  );
}
