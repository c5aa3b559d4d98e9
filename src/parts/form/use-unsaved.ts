import { useEffect, useRef } from 'react';
import { enterUnsaved } from '#src/lib/unsaved.ts';

/** While `open`, leaving the page asks first. `what` is what would be lost; null: nothing that is worth a question. */
export function useUnsaved(open: boolean, what: string | null): void {
  const latest = useRef(open);
  latest.current = open;
  useEffect(() => {
    if (what !== null) return enterUnsaved({ what, isOpen: () => latest.current });
  }, [what]);
}
