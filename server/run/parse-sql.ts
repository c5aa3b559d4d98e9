/** PostgreSQL's own parser, as WebAssembly ([decision 018](../../docs/decisions/018-a-parser.md)); started with the first text. */
import type { ParsedSql } from '#core/model/observed.ts';

/** What is longer is nobody's statement, and would take the console's one thread for long. */
const MOST_CHARACTERS = 1_000_000;

/** The tree of one or several statements as JSON, or the parser's words and where it stopped, in characters from 0. */
export async function parseSql(text: string): Promise<ParsedSql> {
  if (text.length > MOST_CHARACTERS) return { ok: false, message: 'the text is too long', at: null };
  const { hasSqlDetails, parse } = await import('libpg-query');
  try {
    return { ok: true, tree: await parse(text) };
  } catch (error) {
    const at = hasSqlDetails(error) ? (error.sqlDetails?.cursorPosition ?? null) : null;
    return { ok: false, message: error instanceof Error ? error.message : String(error), at };
  }
}
