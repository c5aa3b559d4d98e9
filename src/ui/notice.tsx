import type { ReactNode } from 'react';
import { State, type StateName } from './state.tsx';

/** Something to say where it happened, between two hairlines; no toast flies in. */
export function Notice({
  state = 'info',
  title,
  children,
  actions,
}: {
  state?: StateName;
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <section className="notice" role={state === 'critical' || state === 'failed' ? 'alert' : 'status'}>
      <State of={state}>{title}</State>
      {children && <div className="q">{children}</div>}
      {actions && <div className="btns">{actions}</div>}
    </section>
  );
}

/** What an empty page or table says: what it would hold, and what to do next. */
export function Empty({
  title,
  children,
  actions,
}: {
  title: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="empty">
      <p className="hh">{title}</p>
      {children && <p className="q">{children}</p>}
      {actions && <div className="btns">{actions}</div>}
    </div>
  );
}

/** A bar where text will stand. It stands still. */
export function Skeleton({ width = 80 }: { width?: number | string }) {
  return <span className="sk" style={{ width }} aria-hidden="true" />;
}

/** Rows of a table that is on its way: as many as there will be, if that is known. */
export function SkeletonRows({ rows = 3, columns }: { rows?: number; columns: number }) {
  return Array.from({ length: rows }, (_, row) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no names
    <tr key={row}>
      {Array.from({ length: columns }, (_, column) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no names
        <td key={column}>
          <Skeleton width={column === 0 ? 64 : 48 + ((row * 7 + column * 13) % 4) * 12} />
        </td>
      ))}
    </tr>
  ));
}
