/** The rail of a narrow window: it comes in from the left, and goes when a page was chosen. */
import type { ReactNode } from 'react';
import { DialogFrame } from '#src/ui/dialog-box.tsx';
import { Brand } from './brand.tsx';

export default function Drawer({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  return (
    <DialogFrame className="drawer" label="Menu" light onClose={onClose}>
      <nav className="rail" aria-label="Main">
        <Brand />
        {children}
      </nav>
    </DialogFrame>
  );
}
