import type { LucideIcon } from 'lucide-react';
import type { ButtonHTMLAttributes } from 'react';
import { Icon } from './icon.tsx';
import { tipInside } from './tooltip.ts';

export type ButtonLook = 'primary' | 'default' | 'bare';
export type ButtonSize = 'sm' | 'md' | 'lg';

/** The class of a button, for links that look like one. One primary a page; an ellipsis at the end says that a plan opens first. */
export function buttonClass(look: ButtonLook = 'default', size: ButtonSize = 'md'): string {
  const looks = { primary: 'primary', default: '', bare: 'bare' };
  const sizes = { sm: 'small', md: '', lg: 'large' };
  return `button ${looks[look]} ${sizes[size]}`;
}

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: ButtonLook;
  size?: ButtonSize;
  icon?: LucideIcon;
  /** The click is under way: the button keeps its width and words, and takes no second click. */
  busy?: boolean;
}

export function Button({
  look = 'default',
  size = 'md',
  icon,
  busy = false,
  children,
  className = '',
  disabled,
  ...rest
}: Props) {
  return (
    <button
      type="button"
      {...rest}
      className={`${buttonClass(look, size)} ${className}`}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
    >
      {icon && <Icon of={icon} />}
      {children}
    </button>
  );
}

/** A square button that shows only an icon; `label` is its name for all who do not see it, and its tooltip. */
export function IconButton({
  icon,
  label,
  className = '',
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & { icon: LucideIcon; label: string }) {
  return (
    <button
      type="button"
      {...rest}
      className={`icon-button ${className}`}
      aria-label={label}
      {...tipInside(label)}
    >
      <Icon of={icon} />
    </button>
  );
}
