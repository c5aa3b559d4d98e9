/** Arrow keys through the rows of a table, also to those that are not drawn yet. */
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { isTyping } from '#src/lib/list-keys.ts';
import { type Line, nextRow } from '#src/ui/table/lines.ts';

/** What has the focus: something in the row, marked by `data-row`, or the row itself. */
export type RowFocus = 'inside' | 'row';

const STEPS: Partial<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  j: 1,
  k: -1,
  PageDown: 20,
  PageUp: -20,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

interface Options<R> {
  lines: readonly Line<R>[];
  body: RefObject<HTMLElement | null>;
  scrollTo: (line: number) => void;
  onOpen: (row: R) => void;
  onEscape: () => void;
}

/** The line that an element stands in; null: in none. */
export function lineOf(element: Element): number | null {
  const line = element.closest<HTMLElement>('tr[data-line]')?.dataset.line;
  return line === undefined ? null : Number(line);
}

/** `at` is the line that was moved to last: where a row itself is focused, that one is in the tab order. */
export function useRowKeys<R>({ lines, body, scrollTo, onOpen, onEscape }: Options<R>) {
  const [at, setAt] = useState<number | null>(null);
  const wanted = useRef<number | null>(null);
  useEffect(() => {
    if (wanted.current === null) return;
    const row = body.current?.querySelector<HTMLElement>(`tr[data-line="${wanted.current}"]`);
    if (!row) return;
    wanted.current = null;
    (targetIn(row) ?? row).focus({ preventScroll: true });
    row.scrollIntoView({ block: 'nearest' });
  });
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target)) return;
    const target = event.target as HTMLElement;
    const from = lineOf(target);
    if (from === null) return;
    if (event.key === 'Escape') onEscape();
    const line = lines[from];
    if (event.key === 'Enter' && line?.kind === 'row' && !target.closest('a,button,select')) {
      event.preventDefault();
      onOpen(line.row);
    }
    const step = STEPS[event.key];
    // A list of choices moves by the arrows itself.
    if (step === undefined || target.matches('select')) return;
    const to = nextRow(lines, from, step);
    // At the end the key goes on to whoever stands around the table.
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    wanted.current = to;
    setAt(to);
    scrollTo(to);
  };
  // A table may have become shorter since.
  return { at: at !== null && at < lines.length ? at : null, onKeyDown };
}

function targetIn(row: HTMLElement): HTMLElement | null {
  if (row.tabIndex === -1 || row.tabIndex === 0) {
    if (row.hasAttribute('tabindex')) return row;
  }
  return row.querySelector<HTMLElement>('[data-row]');
}
