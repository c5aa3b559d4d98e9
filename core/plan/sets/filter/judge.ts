/**
 * Whether a row filter can fail on any row. One that does stops every receiver for good: the provider's walsender ends at that row
 * each time, and removing the filter does not help (tried on 5.0.11 and 6.0.0). So only what is known to give a value
 * for every row is taken: columns of plain types, constants, comparisons, AND, OR, NOT, NULL tests, and a list of functions. It is
 * written anew from what was read, with pg_catalog named at each operator and function, so that it means what was judged whatever
 * search_path it is read under.
 */
import { quoteIdent, quoteLiteral } from '#core/engines/quote.ts';
import type { ObservedColumn } from '#core/model/observed.ts';
import { COMPARISONS, FAILING, SAFE_FUNCTIONS } from './functions.ts';
import {
  type Constant,
  type Expression,
  type FunctionCall,
  type Node,
  namesIn,
  type TypeCast,
} from './tree.ts';
import { commonType, type FilterType, filterType, isInteger, widens } from './types.ts';

export interface JudgedFilter {
  /** As it is given to the engine. */
  text: string;
  /** The columns that it looks at. */
  columns: string[];
  /** `=(integer,integer)` and `lower(text)`: what it calls of pg_catalog, for the server to say that it is immutable. */
  operators: string[];
  functions: string[];
  /** Columns whose collation must be deterministic: LIKE fails on others. */
  matched: string[];
}

export type Judged = { ok: true; filter: JudgedFilter } | { ok: false; why: string };

/** `tree`: the filter's one expression; `columns`: those of the table. */
export function judgeFilter(tree: Node, columns: readonly ObservedColumn[]): Judged {
  const judge = new Judge(columns);
  try {
    const value = judge.value(tree);
    if (value.type !== 'boolean') return { ok: false, why: `it gives ${value.type}, not true or false` };
    return { ok: true, filter: judge.filter(value.text) };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, why: error.message };
    throw error;
  }
}

class Refused extends Error {}

interface Value {
  text: string;
  type: FilterType;
  constant: boolean;
  /** Of a constant string. */
  string?: string;
  /** Of a constant whole number. */
  number?: number;
}

/** Read anew at each use: what they mean depends on the day on which the filter is set. */
const MOVING = /^\s*(now|today|tomorrow|yesterday)\b/i;

class Judge {
  readonly #columns: ReadonlyMap<string, ObservedColumn>;
  readonly #used = new Set<string>();
  readonly #matched = new Set<string>();
  readonly #operators = new Set<string>();
  readonly #functions = new Set<string>();

  constructor(columns: readonly ObservedColumn[]) {
    this.#columns = new Map(columns.map((each) => [each.name, each]));
  }

  filter(text: string): JudgedFilter {
    return {
      text,
      columns: [...this.#used],
      matched: [...this.#matched],
      operators: [...this.#operators],
      functions: [...this.#functions],
    };
  }

  value(node: Node): Value {
    const [kind = 'nothing'] = Object.keys(node);
    if (node.ColumnRef) return this.#column(node.ColumnRef.fields.map((each) => each.String?.sval ?? null));
    if (node.A_Const) return constantOf(node.A_Const);
    if (node.TypeCast) return this.#cast(node.TypeCast);
    if (node.A_Expr) return this.#expression(node.A_Expr);
    if (node.BoolExpr) return this.#boolean(node.BoolExpr);
    if (node.NullTest) {
      const { text } = this.value(node.NullTest.arg);
      return truth(`(${text} IS ${node.NullTest.nulltesttype === 'IS_NULL' ? 'NULL' : 'NOT NULL'})`);
    }
    if (node.BooleanTest) {
      const { text } = this.#truth(node.BooleanTest.arg);
      return truth(`(${text} ${node.BooleanTest.booltesttype.replaceAll('_', ' ')})`);
    }
    if (node.CoalesceExpr) return this.#coalesce(node.CoalesceExpr.args);
    if (node.FuncCall) return this.#call(node.FuncCall);
    throw new Refused(`it has ${WORDS[kind] ?? 'an expression that is not known never to fail'}`);
  }

  #truth(node: Node): Value {
    const value = this.value(node);
    if (value.type === 'boolean') return value;
    throw new Refused(`${value.text} is ${value.type}, not true or false`);
  }

  #column(names: readonly (string | null)[]): Value {
    const [name] = names;
    if (name == null || names.length !== 1)
      throw new Refused('it names a column with its table: write the column alone');
    const column = this.#columns.get(name);
    if (column === undefined) throw new Refused(`the table has no column ${name}`);
    if (column.filledBy === 'generated') throw new Refused(`column ${name} is generated`);
    const type = filterType(column.type);
    if (type === null) {
      throw new Refused(
        `column ${name} is of type ${column.type}, whose comparisons are not known never to fail`,
      );
    }
    this.#used.add(name);
    const isVarchar = column.type.startsWith('character varying');
    const text = isVarchar ? `${quoteIdent(name)}::pg_catalog.text` : quoteIdent(name);
    return { text, type, constant: false };
  }

  #cast({ arg, typeName }: TypeCast): Value {
    const names = namesIn(typeName.names);
    const [schema, name] = names.length === 1 ? ['pg_catalog', names[0]] : names;
    const type = schema === 'pg_catalog' && name !== undefined ? filterType(name) : null;
    const said = names.at(-1) ?? '';
    if (type === null || typeName.arrayBounds !== undefined || (typeName.typmods ?? []).length > 0) {
      throw new Refused(`it casts to ${said}${typeName.arrayBounds ? '[]' : ''}, which is not on the list`);
    }
    const value = this.value(arg);
    if (value.constant) return asType(value, type);
    if (value.type === type) return value;
    if (!widens(value.type, type)) throw new Refused(`a cast from ${value.type} to ${type} can fail`);
    return { text: castTo(value.text, type), type, constant: false };
  }

  #boolean({ boolop, args }: NonNullable<Node['BoolExpr']>): Value {
    const texts = args.map((each) => this.#truth(each).text);
    if (boolop === 'NOT_EXPR') return truth(`(NOT ${texts.join()})`);
    return truth(`(${texts.join(boolop === 'AND_EXPR' ? ' AND ' : ' OR ')})`);
  }

  #expression({ kind, name, lexpr, rexpr }: Expression): Value {
    const names = namesIn(name);
    const operator = names.at(-1) ?? '';
    if (names.length > 1 && names[0] !== 'pg_catalog') {
      throw new Refused(`operator ${names.join('.')} is not of pg_catalog`);
    }
    if (lexpr === undefined || rexpr === undefined)
      throw new Refused(`operator ${operator} is not on the list`);
    const items = rexpr.List?.items ?? [];
    switch (kind) {
      case 'AEXPR_OP':
        return operator === '%' ? this.#remainder(lexpr, rexpr) : this.#compare(operator, lexpr, rexpr);
      case 'AEXPR_OP_ANY':
      case 'AEXPR_OP_ALL':
        return this.#anyOf(kind, operator, lexpr, rexpr);
      case 'AEXPR_IN':
        return this.#each(operator === '<>' ? ' AND ' : ' OR ', items, (each) =>
          this.#compare(operator, lexpr, each),
        );
      case 'AEXPR_LIKE':
        return this.#like(operator, lexpr, rexpr);
      case 'AEXPR_BETWEEN':
      case 'AEXPR_NOT_BETWEEN': {
        const [low, high] = items;
        if (low === undefined || high === undefined) break;
        const both = `(${this.#compare('>=', lexpr, low).text} AND ${this.#compare('<=', lexpr, high).text})`;
        return truth(kind === 'AEXPR_BETWEEN' ? both : `(NOT ${both})`);
      }
    }
    throw new Refused(`${OTHERS[kind] ?? operator} is not on the list`);
  }

  #each(joint: string, items: readonly Node[], of: (item: Node) => Value): Value {
    const texts = items.map((each) => of(each).text);
    return truth(texts.length === 1 ? (texts[0] ?? '') : `(${texts.join(joint)})`);
  }

  /** `= ANY (ARRAY[…])`, as the catalog prints IN. */
  #anyOf(kind: string, operator: string, lexpr: Node, rexpr: Node): Value {
    const array = (rexpr as { A_ArrayExpr?: { elements?: Node[] } }).A_ArrayExpr;
    const wanted = kind === 'AEXPR_OP_ANY' ? '=' : '<>';
    if (array === undefined || operator !== wanted)
      throw new Refused('ANY and ALL are not on the list but for IN');
    return this.#each(kind === 'AEXPR_OP_ANY' ? ' OR ' : ' AND ', array.elements ?? [], (each) =>
      this.#compare(operator, lexpr, each),
    );
  }

  #compare(operator: string, lexpr: Node, rexpr: Node): Value {
    if (!COMPARISONS.has(operator)) {
      throw new Refused(
        FAILING[operator] ?? `operator ${operator} is not on the list of those that cannot fail`,
      );
    }
    const [left, right] = [this.value(lexpr), this.value(rexpr)];
    const common = commonType(left.type, right.type);
    if (common === null) {
      throw new Refused(
        `to compare ${left.type} with ${right.type} takes a cast that can fail, or that depends on settings`,
      );
    }
    const type = common === 'unknown' ? 'text' : common;
    if ((type === 'text' || type === 'character') && !left.constant && !right.constant) {
      throw new Refused('it compares two texts of the row, which fails where their collations differ');
    }
    return truth(this.#operation(operator, asType(left, type), asType(right, type), type));
  }

  #operation(operator: string, left: Value, right: Value, type: FilterType): string {
    this.#operators.add(`${operator}(${type},${type})`);
    return `(${left.text} OPERATOR(pg_catalog.${operator}) ${right.text})`;
  }

  #remainder(lexpr: Node, rexpr: Node): Value {
    const [left, right] = [this.value(lexpr), this.value(rexpr)];
    if (right.number === undefined || right.number === 0) {
      throw new Refused(
        '% fails on a row where the divisor is 0: its right side must be a whole number other than 0',
      );
    }
    const type = commonType(left.type, right.type);
    if (!isInteger(left.type) || type === null) throw new Refused(`% of ${left.type} is not on the list`);
    return {
      text: this.#operation('%', asType(left, type), asType(right, type), type),
      type,
      constant: false,
    };
  }

  #like(operator: string, lexpr: Node, rexpr: Node): Value {
    const [left, pattern] = [this.value(lexpr), this.value(rexpr)];
    if (operator !== '~~' && operator !== '!~~') throw new Refused('ILIKE is not on the list');
    if (left.type !== 'text' || pattern.string === undefined) {
      throw new Refused(
        'LIKE is taken of text with a constant pattern only: a pattern of the row can end with a backslash',
      );
    }
    if (/(?:^|[^\\])(?:\\\\)*\\$/.test(pattern.string))
      throw new Refused('its pattern ends with a backslash');
    for (const name of this.#used) this.#matched.add(name);
    return truth(this.#operation(operator, left, asType(pattern, 'text'), 'text'));
  }

  #coalesce(args: readonly Node[]): Value {
    const values = args.map((each) => this.value(each));
    const type = values.reduce<FilterType | null>(
      (found, each) => (found === null ? null : commonType(found, each.type)),
      values[0]?.type ?? null,
    );
    if (type === null) throw new Refused('what COALESCE chooses from is of different types');
    const texts = values.map((each) => asType(each, type === 'unknown' ? 'text' : type).text);
    return {
      text: `COALESCE(${texts.join(', ')})`,
      type: type === 'unknown' ? 'text' : type,
      constant: false,
    };
  }

  #call(call: FunctionCall): Value {
    const names = namesIn(call.funcname);
    const name = names.at(-1) ?? '';
    const known = names.length === 1 || names[0] === 'pg_catalog' ? SAFE_FUNCTIONS[name] : undefined;
    if (known === undefined) {
      throw new Refused(
        `function ${names.join('.')} is not on the list of those that are immutable and cannot fail`,
      );
    }
    const { funcname: _name, args = [], ...more } = call as unknown as Record<string, unknown> & FunctionCall;
    const special = Object.keys(more).filter((each) => each !== 'location' && each !== 'funcformat');
    if (special.length > 0 || args.length !== known.takes.length) {
      throw new Refused(`function ${name} is taken with ${known.takes.join(', ')} only`);
    }
    const texts = args.map((each, at) => {
      const value = this.value(each);
      const type = known.takes[at] ?? 'unknown';
      if (
        (known.constants?.includes(at) === true && !value.constant) ||
        commonType(value.type, type) !== type
      ) {
        throw new Refused(`function ${name} is taken with ${known.takes.join(', ')} only`);
      }
      return asType(value, type).text;
    });
    if (name === 'starts_with') for (const used of this.#used) this.#matched.add(used);
    this.#functions.add(`${name}(${known.takes.join(',')})`);
    return {
      text: `pg_catalog.${quoteIdent(name)}(${texts.join(', ')})`,
      type: known.gives,
      constant: false,
    };
  }
}

const truth = (text: string): Value => ({ text, type: 'boolean', constant: false });

const castTo = (text: string, type: FilterType): string => `${text}::${SPELT[type] ?? `pg_catalog.${type}`}`;

/** Types of several words have no schema in SQL. */
const SPELT: Partial<Record<FilterType, string>> = {
  'double precision': 'pg_catalog.float8',
  real: 'pg_catalog.float4',
  boolean: 'pg_catalog.bool',
  smallint: 'pg_catalog.int2',
  integer: 'pg_catalog.int4',
  bigint: 'pg_catalog.int8',
  character: 'pg_catalog.bpchar',
  'timestamp without time zone': 'pg_catalog."timestamp"',
  'timestamp with time zone': 'pg_catalog.timestamptz',
};

function constantOf({ isnull, ival, fval, boolval, sval }: Constant): Value {
  if (isnull === true) return { text: 'NULL', type: 'unknown', constant: true };
  if (boolval !== undefined)
    return { text: boolval.boolval === true ? 'true' : 'false', type: 'boolean', constant: true };
  if (ival !== undefined) {
    const number = ival.ival ?? 0;
    return { text: number < 0 ? `(${number})` : String(number), type: 'integer', constant: true, number };
  }
  if (fval !== undefined) {
    // Whole numbers above int4 come as text too.
    const isWhole = /^-?\d+$/.test(fval.fval) && BigInt.asIntN(64, BigInt(fval.fval)) === BigInt(fval.fval);
    return { text: `(${fval.fval})`, type: isWhole ? 'bigint' : 'numeric', constant: true };
  }
  if (sval !== undefined) {
    const string = sval.sval ?? '';
    return { text: quoteLiteral(string), type: 'unknown', constant: true, string };
  }
  throw new Refused('it has a constant of bits, which is not on the list');
}

/** A constant takes the type that it is compared in; the server reads it when the filter is set, not at each row. */
function asType(value: Value, type: FilterType): Value {
  if (!value.constant || value.type === type) return value;
  if (value.string !== undefined && MOVING.test(value.string) && /^(date|timestamp)/.test(type)) {
    throw new Refused(
      `${quoteLiteral(value.string)} is read once, when the filter is set: write the day itself`,
    );
  }
  if (isInteger(value.type) && isInteger(type)) return { ...value, type };
  return { ...value, text: castTo(value.text, type), type };
}

const WORDS: Record<string, string> = {
  SubLink: 'a subquery',
  CaseExpr: 'CASE, which is not on the list',
  ParamRef: 'a parameter',
  SQLValueFunction: 'the time or the user of the session, which is not immutable',
  A_ArrayExpr: 'an array, which is not on the list',
  A_Indirection: 'a field or an element, which is not on the list',
  RowExpr: 'a row, which is not on the list',
  CollateClause: 'COLLATE, which is not on the list',
  MinMaxExpr: 'GREATEST or LEAST, which are not on the list',
};

const OTHERS: Record<string, string> = {
  AEXPR_ILIKE: 'ILIKE',
  AEXPR_SIMILAR: 'SIMILAR TO',
  AEXPR_DISTINCT: 'IS DISTINCT FROM',
  AEXPR_NOT_DISTINCT: 'IS NOT DISTINCT FROM',
  AEXPR_NULLIF: 'NULLIF',
};
