/** Patterns of table names, as psql's `\d` takes them: `orders_*`, `sales.*`, `"Sales".items`. */

export interface TablePattern {
  text: string;
  /** LIKE patterns, escaped by a backslash. */
  schema: string;
  table: string;
}

const PUBLIC = 'public';

/**
 * `*` stands for any characters and `?` for one; between double quotes all is as it stands, outside of them letters are small
 * ones, as in SQL. Null: what is not `table` or `schema.table`.
 */
export function readPattern(text: string): TablePattern | null {
  const parts = partsOf(text.trim());
  if (parts === null || parts.length > 2 || parts.includes('')) return null;
  const [first = '', second] = parts;
  return second === undefined
    ? { text, schema: PUBLIC, table: first }
    : { text, schema: first, table: second };
}

/** Null: a quote is open at the end. */
function partsOf(text: string): string[] | null {
  const parts = [''];
  const put = (like: string) => parts.push((parts.pop() ?? '') + like);
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') {
      if (quoted && text.charAt(at + 1) === '"') {
        put('"');
        at++;
      } else quoted = !quoted;
    } else if (quoted) put(literal(char));
    else if (char === '.') parts.push('');
    else if (char === '*') put('%');
    else if (char === '?') put('_');
    else put(literal(char.toLowerCase()));
  }
  return quoted ? null : parts;
}

const literal = (char: string): string => (/[%_\\]/.test(char) ? `\\${char}` : char);

/** What LIKE would say. */
export function matcher({ schema, table }: TablePattern): (of: { schema: string; table: string }) => boolean {
  const [ofSchema, ofTable] = [regexOf(schema), regexOf(table)];
  return (of) => ofTable.test(of.table) && ofSchema.test(of.schema);
}

function regexOf(like: string): RegExp {
  const source = like.replace(/\\(.)|[%_]|[.*+?^${}()|[\]\\/-]/gsu, (found, escaped: string | undefined) => {
    if (escaped !== undefined) return escapedFor(escaped);
    return found === '%' ? '.*' : found === '_' ? '.' : escapedFor(found);
  });
  return new RegExp(`^${source}$`, 'su');
}

const escapedFor = (char: string): string => (/[.*+?^${}()|[\]\\/-]/.test(char) ? `\\${char}` : char);
