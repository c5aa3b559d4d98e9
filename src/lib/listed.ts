/** `n1, n2 and n3`; more than `most` nodes are counted. */
export function listed(names: string[], most = 6): string {
  if (names.length > most) return `${names.length} nodes`;
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
