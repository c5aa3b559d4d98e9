/**
 * Statements of a plan: SQL text with holes where a node's DSN comes in. The holes are filled with masked DSNs to show the
 * statement, and with the real ones to run it, so that no password stands in a plan, a journal or an error.
 */
import { quoteLiteral } from './quote.ts';

/** The DSN by which the node's peers reach it, as a literal. */
export interface DsnHole {
  dsn: string;
}
export type SqlPart = string | DsnHole;
export type Sql = readonly SqlPart[];

/** Template tag: what is put in is SQL text already (quoted by core/engines/quote.ts), or another statement's parts. */
export function sql(texts: TemplateStringsArray, ...parts: (string | number | DsnHole | Sql)[]): Sql {
  const out: SqlPart[] = [];
  texts.forEach((text, index) => {
    out.push(text);
    const part = parts[index];
    if (part === undefined) return;
    if (typeof part === 'number') out.push(String(part));
    else if (typeof part === 'string' || 'dsn' in part) out.push(part);
    else out.push(...part);
  });
  return joinTexts(out);
}

export const dsnOf = (node: string): DsnHole => ({ dsn: node });

/** Neighbouring texts as one, so that plans are small and alike. */
function joinTexts(parts: SqlPart[]): Sql {
  const out: SqlPart[] = [];
  for (const part of parts) {
    const last = out.at(-1);
    if (typeof part === 'string' && typeof last === 'string') out[out.length - 1] = last + part;
    else if (part !== '') out.push(part);
  }
  return out;
}

/** The statement as text. `dsn` gives a node's DSN, real or masked; it is quoted here. Throws what `dsn` throws. */
export function renderSql(statement: Sql, dsn: (node: string) => string): string {
  return statement.map((part) => (typeof part === 'string' ? part : quoteLiteral(dsn(part.dsn)))).join('');
}
