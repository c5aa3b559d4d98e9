import type { HTMLAttributes, ReactNode, TdHTMLAttributes } from 'react';

/** A ruled table. It scrolls inside its own box when it is too wide, never the page; `label` names it and the scrolling box. */
export function Table({
  label,
  head,
  children,
  className = '',
}: {
  label: string;
  head: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable by keyboard
    <section className="scroll" aria-label={label} tabIndex={0}>
      <table className={`t ${className}`} aria-label={label}>
        <thead>
          <tr>{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </section>
  );
}

interface RowProps extends HTMLAttributes<HTMLTableRowElement> {
  selected?: boolean;
  /** Called by click and by Enter; the row can then be focused. The first cell should hold a real link to the same place. */
  onOpen?: () => void;
}

export function Row({ selected = false, onOpen, className = '', ...rest }: RowProps) {
  return (
    <tr
      {...rest}
      className={`${selected ? 'sel' : ''} ${onOpen ? 'can' : ''} ${className}`}
      aria-selected={selected || undefined}
      onClick={(event) => {
        // A link or button in the row acts for itself, and selecting text is no click.
        if ((event.target as Element).closest('a,button,input,label') || getSelection()?.toString()) return;
        onOpen?.();
      }}
    />
  );
}

/** A cell with a number: at the right, its digits under each other. */
export function NumCell({ className = '', ...rest }: TdHTMLAttributes<HTMLTableCellElement>) {
  return <td {...rest} className={`r ${className}`} />;
}
