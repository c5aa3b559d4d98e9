import type { KeyboardEvent } from 'react';

const STEPS: Partial<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 };

/**
 * Arrow keys (and j, k) move the focus through a list, or from one table to the next: give it to the container. An entry's own
 * element or first link carries `data-row`. Home and End go to the first and the last. What a table inside has done is left.
 */
export function moveRow(event: KeyboardEvent<HTMLElement>): void {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target))
    return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const step = STEPS[event.key];
  const to =
    event.key === 'Home'
      ? 0
      : event.key === 'End'
        ? rows.length - 1
        : step === undefined || at < 0
          ? -1
          : at + step;
  const row = rows[to];
  if (!row) return;
  event.preventDefault();
  row.focus();
  row.scrollIntoView({ block: 'nearest' });
}

export const isTyping = (target: EventTarget): boolean =>
  target instanceof HTMLElement &&
  target.matches('input:not([type=checkbox]),textarea,select,[contenteditable]');
