import { useRef } from 'react';

/** The value as it was when the key last changed: what is drawn from it stands still meanwhile, however often it is made anew. */
export function useHeld<T>(key: string, value: T): T {
  const held = useRef({ key, value });
  if (held.current.key !== key) held.current = { key, value };
  return held.current.value;
}
