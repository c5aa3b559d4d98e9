/** What a server is asked of a row filter that was judged. */
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import type { ObservedSetTable } from '#core/model/observed.ts';
import type { JudgedFilter } from './judge.ts';

const texts = (list: readonly string[]): string => `ARRAY[${list.map(quoteLiteral).join(', ')}]::text[]`;

/** `doubt`, one row each: what is not as it was judged, in words. None: the server's own catalogs say that it is immutable. */
export function catalogQuestion(
  { schema, table }: Pick<ObservedSetTable, 'schema' | 'table'>,
  { operators, functions, matched }: JudgedFilter,
): string {
  return `SELECT 'operator ' || s.signature || ' is not immutable in pg_catalog' AS doubt FROM unnest(${texts(operators)}) s (signature)
     WHERE NOT EXISTS (SELECT FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode WHERE o.oid = to_regoperator('pg_catalog.' || s.signature) AND p.provolatile = 'i')
    UNION ALL
    SELECT 'function ' || s.signature || ' is not immutable in pg_catalog' FROM unnest(${texts(functions)}) s (signature)
     WHERE NOT EXISTS (SELECT FROM pg_proc p WHERE p.oid = to_regprocedure('pg_catalog.' || s.signature) AND p.provolatile = 'i' AND p.prokind = 'f')
    UNION ALL
    SELECT 'the collation of ' || a.attname || ' is not deterministic, on which LIKE fails' FROM pg_attribute a JOIN pg_collation l ON l.oid = a.attcollation
     WHERE a.attrelid = to_regclass(${quoteLiteral(quoteQualified(schema, table))}) AND a.attname = ANY (${texts(matched)}) AND NOT l.collisdeterministic`;
}

/** `rows`, `within`: how many there are, how many the filter lets through. `most`: only of so many; null: of all. */
export function rowsQuestion(
  { schema, table, kind = 'r' }: Pick<ObservedSetTable, 'schema' | 'table' | 'kind'>,
  filter: string,
  most: number | null,
): string {
  const from = `${kind === 'p' ? '' : 'ONLY '}${quoteQualified(schema, table)}`;
  const source = most === null ? from : `(SELECT * FROM ${from} LIMIT ${most}) s`;
  return `SELECT count(*) AS rows, count(*) FILTER (WHERE ${filter}) AS within FROM ${source}`;
}
