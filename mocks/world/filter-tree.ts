/**
 * Row filters of the simulated world: it reads comparisons of a column with a constant, joined by AND, into the tree that
 * PostgreSQL's parser makes of them; of all else it says that it is no SQL.
 */
import type { FilterTried, ParsedSql } from '#core/model/observed.ts';
import type { TableIntoSet } from '#core/model/requests/sets.ts';
import type { SimTable } from './model.ts';

const COMPARISON = /^\(?\s*([a-z_]\w*)\s*(=|<>|<=|>=|<|>)\s*(?:(-?\d+)|'((?:[^']|'')*)'(?:::text)?)\s*\)?$/;

export function parsedFilter(text: string): ParsedSql {
  const parts = text.split(/\s+AND\s+/i).map((each) => COMPARISON.exec(each.trim()));
  const args = parts.flatMap((found) => (found === null ? [] : [comparison(found)]));
  const [first] = args;
  if (first === undefined || args.length < parts.length) {
    return { ok: false, message: 'syntax error at end of input', at: text.length };
  }
  const val = args.length === 1 ? first : { BoolExpr: { boolop: 'AND_EXPR', args } };
  return { ok: true, tree: { stmts: [{ stmt: { SelectStmt: { targetList: [{ ResTarget: { val } }] } } }] } };
}

function comparison([, column, operator, number, string]: RegExpExecArray) {
  const constant =
    number === undefined
      ? { sval: { sval: string?.replaceAll("''", "'") } }
      : { ival: { ival: Number(number) } };
  return {
    A_Expr: {
      kind: 'AEXPR_OP',
      name: [{ String: { sval: operator } }],
      lexpr: { ColumnRef: { fields: [{ String: { sval: column } }] } },
      rexpr: { A_Const: constant },
    },
  };
}

/** Its tables have no rows, only how many: about a third of them pass. */
export function triedFilter(table: SimTable, add: readonly TableIntoSet[]): { tried?: FilterTried } {
  const asked = add.find((each) => each.schema === table.schema && each.table === table.name);
  if (asked?.rowFilter == null) return {};
  const rows = table.rows ?? 0;
  return { tried: { ok: true, rows, within: Math.floor(rows / 3), whole: true } };
}

/** As a catalog prints what a plan sends: without pg_catalog, which is always searched. */
export const printedFilter = (filter: string): string =>
  filter
    .replaceAll(/OPERATOR\(pg_catalog\.([^)]+)\)/g, '$1')
    .replaceAll('::pg_catalog.', '::')
    .replaceAll(/"([a-z_]\w*)"/g, '$1');
