/** The part of PostgreSQL's parse tree that a row filter may consist of, as libpg_query prints it in JSON. */

interface Name {
  String?: { sval?: string };
}

export interface ColumnRef {
  fields: (Name & { A_Star?: unknown })[];
}

export interface Constant {
  isnull?: boolean;
  ival?: { ival?: number };
  fval?: { fval: string };
  boolval?: { boolval?: boolean };
  sval?: { sval?: string };
}

export interface TypeCast {
  arg: Node;
  typeName: { names: Name[]; typmods?: unknown[]; arrayBounds?: unknown[] };
}

export interface Expression {
  kind: string;
  name: Name[];
  lexpr?: Node;
  rexpr?: Node;
}

export interface FunctionCall {
  funcname: Name[];
  args?: Node[];
}

/** One kind each; what is not named here is refused. */
export interface Node {
  ColumnRef?: ColumnRef;
  A_Const?: Constant;
  TypeCast?: TypeCast;
  A_Expr?: Expression;
  BoolExpr?: { boolop: 'AND_EXPR' | 'OR_EXPR' | 'NOT_EXPR'; args: Node[] };
  NullTest?: { arg: Node; nulltesttype: 'IS_NULL' | 'IS_NOT_NULL' };
  BooleanTest?: { arg: Node; booltesttype: string };
  CoalesceExpr?: { args: Node[] };
  FuncCall?: FunctionCall;
  List?: { items: Node[] };
}

export const namesIn = (names: readonly Name[]): string[] => names.map((each) => each.String?.sval ?? '');

/** What the parser made of a filter, in brackets, as the one column of a query. */
interface Statements {
  stmts?: { stmt: { SelectStmt?: Record<string, unknown> }; stmt_len?: number }[];
}

/**
 * The one expression of `SELECT (…)`. Null: it is more than that, such as what closes the bracket and goes on.
 */
export function onlyExpression(parsed: unknown): Node | null {
  const { stmts = [] } = parsed as Statements;
  const [only] = stmts;
  const select = only?.stmt.SelectStmt;
  if (stmts.length !== 1 || select === undefined) return null;
  const { targetList, limitOption: _limit, op: _op, ...more } = select;
  const [column] = (targetList ?? []) as {
    ResTarget?: { name?: string; val?: Node; indirection?: unknown };
  }[];
  if (Object.keys(more).length > 0 || (targetList as unknown[]).length !== 1) return null;
  const target = column?.ResTarget;
  return target?.val === undefined || target.name !== undefined || target.indirection !== undefined
    ? null
    : target.val;
}
