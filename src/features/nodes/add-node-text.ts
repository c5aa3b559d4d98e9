/** What stands in the form for a new node before anything is typed, and what is typed there. */

/** `n4` after `n1`, `n2`, `n3`: the first that is free of those that the last one's name suggests. */
export function freeNodeName(nodes: readonly string[]): string {
  const found = /^(.*?)(\d+)$/.exec(nodes.at(-1) ?? '');
  if (found === null) return '';
  const [, stem = '', digits = '1'] = found;
  for (let number = Number(digits) + 1; ; number++) {
    const name = `${stem}${number}`;
    if (!nodes.includes(name)) return name;
  }
}

/** Names with commas between them; one that holds a comma cannot be typed here. */
export const setsIn = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  ),
];
