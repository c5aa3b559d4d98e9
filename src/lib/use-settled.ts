import { useEffect, useState } from 'react';
import { afterData } from './after-data.ts';

/** What the page waits for comes first. */
const AFTER_MS = 1000;
/** Whoever acts waits no longer. */
const ACTS = ['pointermove', 'pointerdown', 'keydown'];

/** False until the page has had time to show its data, or somebody acts. */
export function useSettled(): boolean {
  const [settled, setSettled] = useState(false);
  useEffect(() => {
    const settle = () => setSettled(true);
    const end = afterData(settle, AFTER_MS);
    for (const act of ACTS) addEventListener(act, settle, { once: true });
    return () => {
      end();
      for (const act of ACTS) removeEventListener(act, settle);
    };
  }, []);
  return settled;
}
