import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { IconButton } from './button.tsx';

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  children: ReactNode;
  /** Buttons at the foot, the primary one last. */
  actions?: ReactNode;
  className?: string;
}

/** A question that has to be answered first. The native element keeps focus inside, closes on Escape and gives focus back. */
export function Dialog({ open, onClose, title, children, actions, className = '' }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (open && dialog && !dialog.open) dialog.showModal();
    if (!open && dialog?.open) dialog.close();
  }, [open]);
  return (
    <dialog ref={ref} className={`dlg ${className}`} aria-labelledby={id} onClose={onClose}>
      {open && (
        <>
          <div className="hd">
            <h2 id={id}>{title}</h2>
            <span className="sp">
              <IconButton icon={X} label="Close" onClick={onClose} />
            </span>
          </div>
          <div className="dlg-body">{children}</div>
          {actions && <div className="dlg-foot btns">{actions}</div>}
        </>
      )}
    </dialog>
  );
}

/** What a chosen row holds, at the right of the page; below 1180 px it comes under. Escape closes it. */
export function SidePanel({
  title,
  label,
  onClose,
  children,
}: {
  title: ReactNode;
  label: string;
  onClose: () => void;
  children: ReactNode;
}) {
  useEffect(() => {
    const close = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && !document.querySelector('dialog[open]'))
        onClose();
    };
    addEventListener('keydown', close);
    return () => removeEventListener('keydown', close);
  }, [onClose]);
  return (
    <aside className="side" aria-label={label}>
      <div className="hd">
        <h2 className="id">{title}</h2>
        <span className="sp">
          <IconButton icon={X} label="Close" onClick={onClose} />
        </span>
      </div>
      {children}
    </aside>
  );
}

/** A block of a side panel: its 12 px heading and what it holds. */
export function SideBlock({ title, children }: { title?: ReactNode; children: ReactNode }) {
  return (
    <div className="blk">
      {title !== undefined && <h3>{title}</h3>}
      {children}
    </div>
  );
}

/** Facts as name and value, in a sunk box. */
export function Facts({
  of,
  label,
}: {
  of: { name: ReactNode; value: ReactNode; key?: string }[];
  label?: string;
}) {
  return (
    <dl className="ev" aria-label={label}>
      {of.map((fact, at) => (
        <div key={fact.key ?? at} className="contents">
          <dt>{fact.name}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
