/** What was done, said for some seconds at the edge of the page. */
import { X } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { IconButton } from './button.tsx';
import { State } from './state.tsx';

/** Long enough to read it and to reach its link; it waits while the pointer or the focus is on it. */
const STAYS_MS = 8000;

export function ToastItem({
  text,
  link,
  onClose,
}: {
  text: ReactNode;
  /** Leads to what came of it. */
  link?: ReactNode;
  onClose: () => void;
}) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const close = useRef(onClose);
  close.current = onClose;
  const wait = () => clearTimeout(timer.current);
  const go = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => close.current(), STAYS_MS);
  };
  useEffect(() => {
    timer.current = setTimeout(() => close.current(), STAYS_MS);
    return () => clearTimeout(timer.current);
  }, []);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only waits while somebody is at it; its link and its button act
    <div className="toast" onPointerEnter={wait} onPointerLeave={go} onFocus={wait} onBlur={go}>
      <State of="done">{text}</State>
      {link}
      <IconButton icon={X} label="Close" onClick={onClose} />
    </div>
  );
}
