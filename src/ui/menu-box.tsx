/** What a menu opens: arrow keys, Home, End and first letters move, Enter picks, Escape and Tab close and give focus back. */
import { Menu } from '@base-ui/react/menu';
import { Check } from 'lucide-react';
import { Fragment, type ReactElement, type ReactNode, type RefObject, useEffect, useRef } from 'react';
import { Icon } from './icon.tsx';

export interface MenuItem {
  key: string;
  label: ReactNode;
  /** A link element without children: the item leads there. Else `onPick` is called. */
  link?: ReactElement;
  onPick?: () => void;
  /** It is on or off; picking it turns it, and the menu stays open. */
  checked?: boolean;
  /** It is the one that is open or chosen. */
  current?: boolean;
  /** It cannot be picked. */
  disabled?: boolean;
  /** A line above it. */
  ruled?: boolean;
}

interface Props {
  anchor: RefObject<HTMLButtonElement | null>;
  label: string;
  items: MenuItem[];
  align: 'start' | 'end';
  onClose: () => void;
}

export default function MenuBox({ anchor, label, items, align, onClose }: Props) {
  const popup = useRef<HTMLDivElement>(null);
  // The menu has no trigger of its own, so that it knows of no key that opened it: whoever opens it begins at its first item.
  useEffect(() => {
    const frame = requestAnimationFrame(() =>
      popup.current?.querySelector<HTMLElement>('[role^="menuitem"]')?.focus(),
    );
    return () => cancelAnimationFrame(frame);
  }, []);
  return (
    <Menu.Root
      open
      modal={false}
      onOpenChange={(open, details) => {
        // A press on the button closes it by the button itself.
        if (!open && !anchor.current?.contains(details.event?.target as Node)) onClose();
      }}
    >
      <Menu.Portal>
        <Menu.Positioner anchor={anchor} align={align} sideOffset={4} className="layer">
          <Menu.Popup ref={popup} className="menu-popup" aria-label={label} finalFocus={anchor}>
            {items.map((item) => (
              <Fragment key={item.key}>
                {item.ruled && <Menu.Separator className="menu-line" />}
                <Item item={item} onClose={onClose} />
              </Fragment>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Item({ item, onClose }: { item: MenuItem; onClose: () => void }) {
  const shared = {
    className: 'menu-item',
    'aria-current': item.current || undefined,
    onClick: () => {
      item.onPick?.();
      onClose();
    },
  };
  if (item.checked !== undefined) {
    return (
      <Menu.CheckboxItem
        className="menu-item"
        checked={item.checked}
        disabled={item.disabled}
        onCheckedChange={() => item.onPick?.()}
      >
        <span className="menu-mark">{item.checked && <Icon of={Check} size={12} />}</span>
        {item.label}
      </Menu.CheckboxItem>
    );
  }
  return item.link ? (
    <Menu.LinkItem {...shared} render={item.link}>
      {item.label}
    </Menu.LinkItem>
  ) : (
    <Menu.Item {...shared} disabled={item.disabled}>
      {item.label}
    </Menu.Item>
  );
}
