/** What was done, said for a while at the edge of the page. Whoever does something says it here; the toaster draws it. */

export interface Toast {
  /** What is so now, in one sentence. */
  text: string;
  /** Where one sees what came of it. */
  to?: string;
  /** What the link says; by default `Show`. */
  link?: string;
}

export interface ShownToast extends Toast {
  id: number;
}

/** More would cover the page. The oldest go first. */
const MOST = 3;

let toasts: readonly ShownToast[] = [];
let counter = 0;
const listeners = new Set<() => void>();

function set(next: readonly ShownToast[]): void {
  toasts = next;
  for (const each of listeners) each();
}

export function sayToast(toast: Toast): void {
  counter += 1;
  set([...toasts, { ...toast, id: counter }].slice(-MOST));
}

export function closeToast(id: number): void {
  if (toasts.some((toast) => toast.id === id)) set(toasts.filter((toast) => toast.id !== id));
}

export const shownToasts = (): readonly ShownToast[] => toasts;

export function onToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
