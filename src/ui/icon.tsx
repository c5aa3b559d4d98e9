import type { LucideIcon } from 'lucide-react';

/** An icon at one of the sizes of the look: 14 beside text, 12 in cells and drawings, 16 in the rail. It never speaks: a word stands beside it. */
export function Icon({
  of: Of,
  size = 14,
  className = '',
}: {
  of: LucideIcon;
  size?: 12 | 14 | 16 | 20;
  className?: string;
}) {
  return <Of className={`icon ${size === 14 ? '' : `icon-${size}`} ${className}`} aria-hidden="true" />;
}
