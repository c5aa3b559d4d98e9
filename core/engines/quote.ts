/** The only place where a name or a value becomes SQL text. */

/** PostgreSQL cannot hold a NUL in any text; a name with one would be cut short on its way. */
function refuseNul(text: string, what: string): void {
  if (text.includes('\0'))
    throw new Error(
      `The ${what} ${JSON.stringify(text)} contains a NUL character, which PostgreSQL does not accept.`,
    );
}

/** A name as SQL, always in double quotes: no list of reserved words to keep. Throws for an empty name and for NUL. */
export function quoteIdent(name: string): string {
  if (name === '') throw new Error('A name in SQL cannot be empty.');
  refuseNul(name, 'name');
  return `"${name.replaceAll('"', '""')}"`;
}

/** `schema.name`, both quoted. */
export function quoteQualified(schema: string, name: string): string {
  return `${quoteIdent(schema)}.${quoteIdent(name)}`;
}

/**
 * A string as an SQL literal. One with a backslash is written as E'…' with the backslash doubled, so that it means the
 * same whatever standard_conforming_strings is. Throws for NUL.
 */
export function quoteLiteral(value: string): string {
  refuseNul(value, 'value');
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/**
 * The names in `schema.name` or `name` as PostgreSQL's quote_ident prints them, without their quotes; null where the text is
 * not one of both, as `a.b.c` written by hand.
 */
export function unquoteQualified(text: string): [schema: string | null, name: string] | null {
  const found = QUALIFIED.exec(text);
  if (found === null) return null;
  const [, quoted, plain, quotedSecond, plainSecond] = found;
  const first = quoted?.replaceAll('""', '"') ?? plain ?? '';
  const second = quotedSecond?.replaceAll('""', '"') ?? plainSecond;
  return second === undefined ? [null, first] : [first, second];
}

const QUALIFIED = /^(?:"((?:[^"]|"")+)"|([^".]+))(?:\.(?:"((?:[^"]|"")+)"|([^".]+)))?$/;

/** A table for a regclass argument: `'"public"."order lines"'::regclass`. */
export function quoteRegclass(schema: string, name: string): string {
  return `${quoteLiteral(quoteQualified(schema, name))}::regclass`;
}
