/** The part of PostgreSQL's parse tree of DDL that a plan looks at, as libpg_query prints it in JSON. */

export interface Name {
  String?: { sval?: string };
}

export interface RangeVar {
  schemaname?: string;
  relname: string;
}

export interface Option {
  defname?: string;
}

export interface Constraint {
  contype: string;
  conname?: string;
  pktable?: RangeVar;
}

export interface ColumnDef {
  colname?: string;
  constraints?: { Constraint?: Constraint }[];
}

export interface AlterCommand {
  subtype: string;
  name?: string;
  behavior?: string;
  missing_ok?: boolean;
  def?: {
    ColumnDef?: ColumnDef;
    Constraint?: Constraint;
    List?: { items?: { DefElem?: Option }[] };
  };
}

/** One statement: its kind, and what of its fields is looked at. */
export interface Fields {
  relation?: RangeVar;
  view?: RangeVar;
  sequence?: RangeVar;
  idxname?: string;
  schemaname?: string;
  extname?: string;
  typeName?: Name[];
  unique?: boolean;
  concurrent?: boolean;
  replace?: boolean;
  if_not_exists?: boolean;
  missing_ok?: boolean;
  behavior?: string;
  removeType?: string;
  renameType?: string;
  objtype?: string;
  subname?: string;
  newname?: string;
  objects?: ({ List?: { items: Name[] } } & Name)[];
  cmds?: { AlterTableCmd?: AlterCommand }[];
  tableElts?: { ColumnDef?: ColumnDef; Constraint?: Constraint }[];
  inhRelations?: { RangeVar?: RangeVar }[];
  params?: { DefElem?: Option }[];
  options?: { DefElem?: Option }[];
  rels?: { VacuumRelation?: { relation?: RangeVar } }[];
  is_vacuumcmd?: boolean;
  into?: { rel?: RangeVar };
}

export interface Statement {
  kind: string;
  fields: Fields;
}

/** In their order; none where the text is empty or a comment. */
export function statementsIn(parsed: unknown): Statement[] {
  const { stmts = [] } = parsed as { stmts?: { stmt?: Record<string, Fields> }[] };
  return stmts.flatMap(({ stmt = {} }) => Object.entries(stmt).map(([kind, fields]) => ({ kind, fields })));
}
