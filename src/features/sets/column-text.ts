/** Names as they are typed into one line: `id, note, "Two, words"`. Null: a name is empty or a quote is open. */
export function namedColumns(text: string): string[] | null {
  const names: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")+)"|([^",\s][^",]*?))\s*(?:,|$)/y;
  while (pattern.lastIndex < text.length) {
    const found = pattern.exec(text);
    if (found === null) return null;
    names.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? '');
  }
  return names.length === 0 || /,\s*$/.test(text) ? null : names;
}
