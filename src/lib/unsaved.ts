/** What was typed and is kept nowhere yet, for whoever is about to leave. */

interface Unsaved {
  /** What would be lost: `the address of n3`. */
  what: string;
  /** Asked at the moment of leaving: a form that is being saved, or was saved just now, holds nothing up. */
  isOpen: () => boolean;
}

const all = new Set<Unsaved>();

/** Enters a form; returns what takes it out. */
export function enterUnsaved(form: Unsaved): () => void {
  all.add(form);
  return () => all.delete(form);
}

export const unsavedNow = (): string[] => [...all].filter((form) => form.isOpen()).map((form) => form.what);
