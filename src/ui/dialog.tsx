import { X } from 'lucide-react';
import { type ReactNode, Suspense, useEffect } from 'react';
import { IconButton } from './button.tsx';
import type { DialogBoxProps } from './dialog-box.tsx';
import { lazyPart } from './lazy-part.tsx';

interface DialogProps extends DialogBoxProps {
  open: boolean;
}

const DialogBox = lazyPart(() => import('./dialog-box.tsx'));

/** A question that has to be answered first: focus stays inside, Escape closes it, and focus goes back to where it was. */
export function Dialog({ open, ...box }: DialogProps) {
  return open ? (
    <Suspense>
      <DialogBox {...box} />
    </Suspense>
  ) : null;
}

/** What Escape closes before a side panel. */
const OVERLAYS = '[role="dialog"], [role="menu"]';

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
      if (event.key === 'Escape' && !event.defaultPrevented && !document.querySelector(OVERLAYS)) onClose();
    };
    addEventListener('keydown', close);
    return () => removeEventListener('keydown', close);
  }, [onClose]);
  return (
    <aside className="side" aria-label={label}>
      <div className="section-head">
        <h2 className="object-name">{title}</h2>
        <span className="push-right">
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
    <div className="panel-block">
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
    <dl className="evidence" aria-label={label}>
      {of.map((fact, at) => (
        <div key={fact.key ?? at} className="contents">
          <dt>{fact.name}</dt>
          <dd>{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
