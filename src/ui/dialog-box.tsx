/** An open dialog, and the bare frame of one, over a page that waits. */
import { Dialog } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { IconButton } from './button.tsx';

/** Of an open dialog. */
export interface DialogBoxProps {
  onClose: () => void;
  title: ReactNode;
  children: ReactNode;
  /** Buttons at the foot, the primary one last. */
  actions?: ReactNode;
  className?: string;
}

export default function DialogBox({ onClose, title, children, actions, className = '' }: DialogBoxProps) {
  return (
    <DialogFrame className={`dialog ${className}`} onClose={onClose}>
      <div className="dialog-head">
        <Dialog.Title>{title}</Dialog.Title>
        <IconButton icon={X} label="Close" onClick={onClose} />
      </div>
      <div className="dialog-body">{children}</div>
      {actions && <div className="dialog-foot buttons">{actions}</div>}
    </DialogFrame>
  );
}

/** What gets the focus: what is to be typed, else the button that leaves all as it is. */
const FIRST = [
  ':is(input:not([type=checkbox], [type=radio]), select, textarea):enabled',
  '.dialog-foot button:enabled',
];

interface FrameProps {
  /** Its name, where no title stands in it. */
  label?: string;
  className: string;
  onClose: () => void;
  /** A press outside closes it: where nothing is typed that would be lost. */
  light?: boolean;
  children: ReactNode;
}

/** The popup alone. Mounted, it is open. */
export function DialogFrame({ label, className, onClose, light = false, children }: FrameProps) {
  const popup = useRef<HTMLDivElement>(null);
  const first = () =>
    FIRST.map((one) => popup.current?.querySelector<HTMLElement>(one)).find(Boolean) ?? popup.current;
  return (
    <Dialog.Root open onOpenChange={(open) => open || onClose()} disablePointerDismissal={!light}>
      <Dialog.Portal>
        <Dialog.Backdrop className="backdrop" />
        <Dialog.Popup ref={popup} className={className} aria-label={label} initialFocus={first}>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
