import type { ReactNode } from 'react';
import { tipCut } from './tooltip.ts';

interface SectionHeadProps {
  title: ReactNode;
  /** Said small beside the title: scale, scope, count. */
  note?: ReactNode;
  /** A count right after the title. */
  count?: ReactNode;
  /** Controls at the right end. */
  children?: ReactNode;
  id?: string;
}

export function SectionHead({ title, note, count, children, id }: SectionHeadProps) {
  return (
    <div className="section-head">
      <h2 id={id}>{title}</h2>
      {count !== undefined && <span className="count">{count}</span>}
      {note !== undefined && <small {...tipCut(typeof note === 'string' ? note : null)}>{note}</small>}
      {children !== undefined && <span className="push-right controls">{children}</span>}
    </div>
  );
}
