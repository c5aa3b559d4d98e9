import { type ReactNode, useId } from 'react';

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
    <div className="hd">
      <h2 id={id}>{title}</h2>
      {count !== undefined && <span className="n">{count}</span>}
      {note !== undefined && <small title={typeof note === 'string' ? note : undefined}>{note}</small>}
      {children !== undefined && <span className="sp ctl">{children}</span>}
    </div>
  );
}

/** A part of the sheet, between two hairlines, named by its head. */
export function Section({
  children,
  className = 'sec',
  body,
  ...head
}: SectionHeadProps & { body: ReactNode; className?: string }) {
  const id = useId();
  return (
    <section className={className} aria-labelledby={id}>
      <SectionHead {...head} id={id}>
        {children}
      </SectionHead>
      {body}
    </section>
  );
}
