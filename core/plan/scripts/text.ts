/** Text as shells and psql read it. */
import type { Plan } from '#core/model/plan.ts';

/** For a comment: names may hold line breaks, which would end it. */
export const oneLine = (text: string): string => text.replace(/[\r\n]+/g, ' ');

/** What whoever runs the script has to know before, a line each. */
export const knowLines = ({ checks }: Plan): string[] =>
  checks
    .filter((check) => check.result === 'know')
    .map(({ node, name, value }) =>
      oneLine(`Know this: ${node === null ? '' : `${node}, `}${name}: ${value}`),
    );

/** A word for sh, in single quotes. */
export const shWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const PSQL_ESCAPES: Record<string, string> = {
  "'": "''",
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/**
 * An argument of a psql meta-command: within single quotes a quote is doubled and backslashes are read as in C; an argument
 * cannot go on behind the end of its line (psql's reference, "Meta-Commands").
 */
export const psqlArgument = (text: string): string =>
  `'${text.replace(/['\\\n\r\t]/g, (found) => PSQL_ESCAPES[found] as string)}'`;
