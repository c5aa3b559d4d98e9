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
      {children && <div className="muted">{children}</div>}
      {actions && <div className="buttons">{actions}</div>}
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
      <p className="empty-title">{title}</p>
      {children && <p className="muted">{children}</p>}
      {actions && <div className="buttons">{actions}</div>}
    </div>
  );
}

/** A bar where text will stand. It stands still. */
export function Skeleton({ width = 80 }: { width?: number | string }) {
  return <span className="skeleton" style={{ width }} aria-hidden="true" />;
}
