/** The one character that no text of PostgreSQL can hold, and so no name, no DSN and no value of a row. */

/** Where a NUL stands in what was sent, and how to say it; null: nowhere. */
export function nulIn(input: unknown): { path: (string | number)[]; message: string } | null {
  const path = find(input, []);
  if (path === null) return null;
  const where = path.length === 0 ? 'What was sent' : path.join('.');
  return {
    path,
    message: `${where} contains the character NUL, which no text in PostgreSQL can contain. Send it without.`,
  };
}

function find(value: unknown, path: (string | number)[]): (string | number)[] | null {
  if (typeof value === 'string') return value.includes('\0') ? path : null;
  if (typeof value !== 'object' || value === null) return null;
  // Without recursion for each level: what is nested deeply is refused later, and must not end the stack here.
  const waiting: { value: object; path: (string | number)[] }[] = [{ value, path }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const isArray = Array.isArray(next.value);
    for (const [key, item] of Object.entries(next.value)) {
      const at = [...next.path, isArray ? Number(key) : key.replaceAll('\0', '\u2400')];
      if (key.includes('\0') || (typeof item === 'string' && item.includes('\0'))) return at;
      if (typeof item === 'object' && item !== null && at.length < 64)
        waiting.push({ value: item, path: at });
    }
  }
  return null;
}
