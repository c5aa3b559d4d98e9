/** What a row filter looks at, from the text in which pg_get_expr prints it. */

/**
 * What stands in an expression and is no column: strings, types after `::`, collations, the field of an EXTRACT, names before a dot or
 * a bracket (schemas, functions). A column that must be quoted is, so that a bare word in lower case is a column or none of these.
 */
const TOKENS = new RegExp(
  [
    "(?:E?'(?:[^']|'')*')",
    String.raw`(?:::\s*(?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))?(?:\(\d+(?:,\s*\d+)?\))?(?:\s+(?:varying|precision|with(?:out)? time zone))?(?:\(\d+\))?(?:\[\])*)`,
    String.raw`(?:COLLATE\s+(?:"(?:[^"]|"")+"|[\w$]+)(?:\.(?:"(?:[^"]|"")+"|[\w$]+))?)`,
    String.raw`(?:EXTRACT\(\s*[\w$]+\s+FROM)`,
    String.raw`(?:"(?:[^"]|"")+"|[\p{Ll}\p{Lo}_][\w$\p{L}]*)\s*[.(]`,
    String.raw`("(?:[^"]|"")+"|[\p{Ll}\p{Lo}_][\w$\p{L}]*)`,
  ].join('|'),
  'gu',
);

/**
 * The columns that a filter names. `columns` as in TableFacts, `name type`; a name that is none of them is no column.
 */
export function columnsOfFilter(filter: string, columns: readonly string[]): string[] {
  const found = new Set<string>();
  for (const [, token] of filter.matchAll(TOKENS)) {
    if (token === undefined) continue;
    const name = token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token;
    if (columns.some((column) => column.startsWith(`${name} `))) found.add(name);
  }
  return [...found];
}
