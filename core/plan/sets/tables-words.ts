/** Tables in sentences: by their names where they are few. */
import { quoteQualified } from '#core/engines/quote.ts';
import { countOf, formatNames } from '#core/model/format.ts';

interface Named {
  schema: string;
  table: string;
}

/** Quoted as SQL has them: what is not there may be a slip of the pen. */
export const namesOf = (tables: readonly Named[]): string =>
  formatNames(tables.map(({ schema, table }) => quoteQualified(schema, table)));

/** `s.t`, `3 tables`. */
export const tablesText = (tables: readonly Named[]): string => {
  const [only] = tables;
  return tables.length === 1 && only !== undefined
    ? `${only.schema}.${only.table}`
    : countOf(tables.length, 'table');
};

/** `s.t`, `s.a, s.b and 3 others`. */
export const listText = (tables: readonly Named[]): string =>
  formatNames(tables.map(({ schema, table }) => `${schema}.${table}`));

/** `one` for one, else `one of them`. */
export const oneOf = (tables: readonly unknown[], one: string): string =>
  tables.length === 1 ? one : 'one of the tables';
