/** What is typed for options of a subscription. */

/** Null: no number of seconds. */
export function secondsIn(text: string): number | null {
  const value = text.trim() === '' ? 0 : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

/** Names with commas between them; one that holds a comma cannot be typed here. */
export const schemasIn = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
];
