/** Values: numbers with their units, values that are old, and values that are not known. */

import type { ReactNode } from 'react';
import type { Quantity } from '#src/lib/units.ts';
import { tip } from './tooltip.ts';

/** A number with its unit set fainter; tabular digits keep its width. */
export function Num({ of }: { of: Quantity }) {
  return (
    <span className="whitespace-nowrap">
      {of.value}
      {of.unit !== '' && <span className="unit">{of.unit}</span>}
    </span>
  );
}

/** The word for what is not known. Never 0, never a dash alone. */
export function Unknown({ children = 'unknown' }: { children?: ReactNode }) {
  return <span className="faint">{children}</span>;
}

/** A value that was true when it was last read: dotted underline. Where and when stands once a row, see AgedNote in time.tsx. */
export function Aged({
  old = true,
  tip: text,
  children,
}: {
  old?: boolean;
  tip?: string;
  children: ReactNode;
}) {
  return old ? (
    <span className="aged" {...tip(text)}>
      {children}
    </span>
  ) : (
    children
  );
}

/** A value or the word unknown, marked as old when it is. `of` null is not known. */
export function Known<T>({
  of,
  old = false,
  show,
  unknown,
}: {
  of: T | null | undefined;
  old?: boolean;
  show: (value: T) => ReactNode;
  unknown?: ReactNode;
}) {
  if (of === null || of === undefined) return <Unknown>{unknown}</Unknown>;
  return <Aged old={old}>{show(of)}</Aged>;
}
