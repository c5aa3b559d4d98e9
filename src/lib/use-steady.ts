import { useRef } from 'react';

/**
 * The value before, as long as the new one says the same (as JSON): what is drawn from it is not drawn again. For small values that are
 * made anew with every poll.
 */
export function useSteady<T>(value: T): T {
  const text = JSON.stringify(value);
  const kept = useRef({ text, value });
  if (kept.current.text !== text) kept.current = { text, value };
  return kept.current.value;
}
