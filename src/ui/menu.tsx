/** A small menu under its button. The menu itself comes after the page's data, or when the button is first pointed at. */
import { type KeyboardEvent, type ReactNode, Suspense, useRef, useState } from 'react';
import { lazyPart } from './lazy-part.tsx';
import type { MenuItem } from './menu-box.tsx';

const MenuBox = lazyPart(() => import('./menu-box.tsx'));

interface Props {
  /** What the button shows; it opens the menu. */
  button: ReactNode;
  buttonClass?: string;
  label: string;
  items: MenuItem[];
  align?: 'start' | 'end';
}

export function Menu({ button, buttonClass = 'button', label, items, align = 'start' }: Props) {
  const [open, setOpen] = useState(false);
  const anchor = useRef<HTMLButtonElement>(null);
  const keys = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    setOpen(true);
  };
  return (
    <>
      <button
        ref={anchor}
        type="button"
        className={buttonClass}
        aria-haspopup="menu"
        aria-expanded={open}
        onPointerEnter={MenuBox.load}
        onFocus={MenuBox.load}
        onKeyDown={keys}
        onClick={() => setOpen(!open)}
      >
        {button}
      </button>
      {open && (
        <Suspense>
          <MenuBox anchor={anchor} label={label} items={items} align={align} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
