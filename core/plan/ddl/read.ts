/** What a statement of DDL does, as far as a plan has to know it before any server sees it. */
import { quoteIdent, quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import { type LockMode, OF_ALTER } from './locks.ts';
import { type AlterCommand, type Fields, type RangeVar, type Statement, statementsIn } from './tree.ts';

export interface ReadStatement {
  /** `CREATE INDEX`. */
  name: string;
  /** Tables that it locks and that have to be there, by the names that regclass reads. */
  tables: { table: string; lock: LockMode }[];
  /** Relations that it makes, and must not be there. */
  makes: string[];
  /** Tables that it drops. */
  drops: string[];
  /** SQL, one boolean: the node has it. Null: that cannot be told from the catalogs. */
  so: string | null;
  /** It cannot run in a transaction. */
  alone: boolean;
  /** No row that another node writes can be refused because one node has it and another has not. */
  quiet: boolean;
  /** What is discarded while only some nodes have it and all write; null: nothing where the changes follow it in order. */
  breaks: string | null;
  /** The table is written anew, or read whole, under the lock. */
  whole: 'rewritten' | 'read' | null;
  /** What takes it back; null: nothing that would not lose something. */
  undo: string | null;
  /** Why it is no statement for such a plan, and what is. */
  refused: { why: string; remedy: string } | null;
}

export const readDdl = (tree: unknown): ReadStatement[] => statementsIn(tree).map(readStatement);

/** Without what would be an empty statement at its end. */
export const statementText = (sql: string): string => sql.trim().replace(/(?:\s*;)+$/, '');

const nameOf = ({ schemaname, relname }: RangeVar): string =>
  schemaname === undefined ? quoteIdent(relname) : quoteQualified(schemaname, relname);

const isThere = (relation: string): string => `to_regclass(${quoteLiteral(relation)}) IS NOT NULL`;
const isGone = (relation: string): string => `to_regclass(${quoteLiteral(relation)}) IS NULL`;

const NOTHING: Omit<ReadStatement, 'name'> = {
  tables: [],
  makes: [],
  drops: [],
  so: null,
  alone: false,
  quiet: false,
  breaks: null,
  whole: null,
  undo: null,
  refused: null,
};

type Reader = (fields: Fields) => Partial<ReadStatement>;

const quiet: Reader = () => ({ quiet: true });
const plain: Reader = () => ({});
const onTable =
  (lock: LockMode, more: Partial<ReadStatement> = {}): Reader =>
  ({ relation }) => ({ ...more, ...(relation && { tables: [{ table: nameOf(relation), lock }] }) });

/** What is not here is no statement for such a plan. */
const READERS: Record<string, [name: string, Reader]> = {
  CreateStmt: ['CREATE TABLE', createTable],
  AlterTableStmt: ['ALTER TABLE', alterTable],
  IndexStmt: ['CREATE INDEX', createIndex],
  DropStmt: ['DROP', drop],
  RenameStmt: ['RENAME', rename],
  ViewStmt: [
    'CREATE VIEW',
    ({ view, replace }) => ({ quiet: true, ...(view && replace !== true && made(nameOf(view))) }),
  ],
  CreateTableAsStmt: ['CREATE TABLE AS', createTableAs],
  RefreshMatViewStmt: ['REFRESH MATERIALIZED VIEW', onTable('ACCESS EXCLUSIVE', { quiet: true })],
  CreateSeqStmt: ['CREATE SEQUENCE', ({ sequence }) => (sequence ? made(nameOf(sequence)) : {})],
  AlterSeqStmt: ['ALTER SEQUENCE', plain],
  CreateSchemaStmt: [
    'CREATE SCHEMA',
    ({ schemaname = '' }) => ({ so: `to_regnamespace(${quoteLiteral(quoteIdent(schemaname))}) IS NOT NULL` }),
  ],
  CreateExtensionStmt: ['CREATE EXTENSION', extension],
  AlterExtensionStmt: ['ALTER EXTENSION', extension],
  CreateEnumStmt: [
    'CREATE TYPE',
    ({ typeName = [] }) => ({
      so: `to_regtype(${quoteLiteral(typeName.map((each) => quoteIdent(each.String?.sval ?? '')).join('.'))}) IS NOT NULL`,
    }),
  ],
  AlterEnumStmt: ['ALTER TYPE', plain],
  CompositeTypeStmt: ['CREATE TYPE', plain],
  CreateDomainStmt: ['CREATE DOMAIN', plain],
  AlterDomainStmt: [
    'ALTER DOMAIN',
    () => ({ breaks: 'values that the domain no longer takes are discarded on nodes that have it' }),
  ],
  CommentStmt: ['COMMENT', quiet],
  GrantStmt: ['GRANT or REVOKE', quiet],
  AlterDefaultPrivilegesStmt: ['ALTER DEFAULT PRIVILEGES', quiet],
  AlterOwnerStmt: ['ALTER … OWNER', quiet],
  AlterObjectSchemaStmt: [
    'SET SCHEMA',
    onTable('ACCESS EXCLUSIVE', {
      breaks: 'changes of the table are discarded on nodes where it has another name',
    }),
  ],
  CreateFunctionStmt: ['CREATE FUNCTION', quiet],
  AlterFunctionStmt: ['ALTER FUNCTION', quiet],
  DefineStmt: ['CREATE', quiet],
  CreateStatsStmt: ['CREATE STATISTICS', quiet],
  CreatePolicyStmt: ['CREATE POLICY', quiet],
  AlterPolicyStmt: ['ALTER POLICY', quiet],
  CreateTrigStmt: ['CREATE TRIGGER', onTable('SHARE ROW EXCLUSIVE', { quiet: true })],
  RuleStmt: ['CREATE RULE', onTable('ACCESS EXCLUSIVE', { quiet: true })],
  ClusterStmt: ['CLUSTER', onTable('ACCESS EXCLUSIVE', { quiet: true, whole: 'rewritten' })],
  ReindexStmt: ['REINDEX', reindex],
  VacuumStmt: ['VACUUM or ANALYZE', vacuum],
};

function readStatement({ kind, fields }: Statement): ReadStatement {
  const found = READERS[kind];
  if (found !== undefined) return { ...NOTHING, name: found[0], ...found[1](fields) };
  const words = NOT_DDL[kind];
  return {
    ...NOTHING,
    name: words?.[0] ?? kind.replace(/Stmt$/, ''),
    refused: {
      why: words?.[1] ?? 'it is no statement that defines an object of the database',
      remedy: words?.[2] ?? 'Run it by psql on the nodes where it is meant.',
    },
  };
}

const ROWS = 'it changes or reads rows, which replication sends by itself';
const BY_PSQL = 'Run it by psql on one node.';
const NOT_DDL: Record<string, [name: string, why: string, remedy: string]> = {
  SelectStmt: ['SELECT', ROWS, BY_PSQL],
  InsertStmt: ['INSERT', ROWS, BY_PSQL],
  UpdateStmt: ['UPDATE', ROWS, BY_PSQL],
  DeleteStmt: ['DELETE', ROWS, BY_PSQL],
  TruncateStmt: ['TRUNCATE', 'it empties a table, which replication sends by itself', BY_PSQL],
  CopyStmt: ['COPY', ROWS, BY_PSQL],
  DoStmt: ['DO', 'what a block of code does cannot be read from it', 'Write the statements themselves.'],
  CallStmt: ['CALL', 'what a procedure does cannot be read from it', 'Write the statements themselves.'],
  TransactionStmt: ['BEGIN or COMMIT', 'the plan makes the transaction', 'Leave it out.'],
  VariableSetStmt: [
    'SET',
    'a setting of the session does not travel with the statement',
    'Leave it out, and name schemas in the statement.',
  ],
  AlterSystemStmt: [
    'ALTER SYSTEM',
    'it is a setting of one server',
    'Change settings on the page of the node.',
  ],
};

const made = (relation: string): Partial<ReadStatement> => ({ makes: [relation], so: isThere(relation) });

function createTable({
  relation,
  tableElts = [],
  inhRelations = [],
  if_not_exists,
}: Fields): Partial<ReadStatement> {
  if (relation === undefined) return {};
  const constraints = tableElts.flatMap(({ ColumnDef, Constraint }) => [
    ...(Constraint ? [Constraint] : []),
    ...(ColumnDef?.constraints ?? []).flatMap((each) => each.Constraint ?? []),
  ]);
  const referenced = constraints.flatMap(({ pktable }) => pktable ?? []);
  return {
    ...made(nameOf(relation)),
    ...(if_not_exists === true && { makes: [] }),
    tables: [
      ...referenced.map((each) => ({ table: nameOf(each), lock: 'SHARE ROW EXCLUSIVE' as const })),
      ...inhRelations.flatMap(({ RangeVar: of }) =>
        of === undefined ? [] : [{ table: nameOf(of), lock: 'ACCESS EXCLUSIVE' as const }],
      ),
    ],
  };
}

function createTableAs({ objtype, into }: Fields): Partial<ReadStatement> {
  const relation = into?.rel;
  if (objtype === 'OBJECT_MATVIEW') return { quiet: true, ...(relation && made(nameOf(relation))) };
  return {
    refused: {
      why: 'its rows are read on each node by itself, and are not the same on all',
      remedy: 'Create the table first, put it into a set, then INSERT the rows on one node.',
    },
  };
}

function createIndex({
  idxname,
  relation,
  unique,
  concurrent,
  if_not_exists,
}: Fields): Partial<ReadStatement> {
  if (relation === undefined) return {};
  const index = idxname === undefined ? null : nameOf({ ...relation, relname: idxname });
  return {
    tables: [{ table: nameOf(relation), lock: concurrent === true ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE' }],
    makes: index === null || if_not_exists === true ? [] : [index],
    so:
      index === null
        ? null
        : `EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = to_regclass(${quoteLiteral(index)}) AND i.indisvalid)`,
    alone: concurrent === true,
    quiet: unique !== true,
    breaks: unique === true ? 'a row that is not unique is discarded on nodes that have the index' : null,
    whole: 'read',
    undo:
      index === null ? null : `DROP INDEX ${concurrent === true ? 'CONCURRENTLY ' : ''}IF EXISTS ${index}`,
  };
}

function drop({ objects = [], removeType = '', behavior, concurrent }: Fields): Partial<ReadStatement> {
  const names = objects.map((each) =>
    (each.List?.items ?? [each]).map((part) => quoteIdent(part.String?.sval ?? '')).join('.'),
  );
  const what = removeType.replace('OBJECT_', '').replaceAll('_', ' ');
  const relations = ['OBJECT_TABLE', 'OBJECT_INDEX', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_SEQUENCE'];
  const isTable = removeType === 'OBJECT_TABLE';
  const [only] = objects;
  return {
    name: removeType === 'OBJECT_EXTENSION' ? `EXTENSION ${only?.String?.sval ?? ''}` : `DROP ${what}`,
    ...(behavior === 'DROP_CASCADE' && {
      refused: {
        why: 'CASCADE takes along whatever hangs on it, which may be something else on each node',
        remedy: 'Drop what hangs on it by name first.',
      },
    }),
    tables: isTable ? names.map((table) => ({ table, lock: 'ACCESS EXCLUSIVE' as const })) : [],
    drops: isTable ? names : [],
    so: relations.includes(removeType) ? names.map(isGone).join(' AND ') : null,
    alone: concurrent === true,
    quiet: [
      'OBJECT_INDEX',
      'OBJECT_VIEW',
      'OBJECT_MATVIEW',
      'OBJECT_TRIGGER',
      'OBJECT_STATISTIC_EXT',
    ].includes(removeType),
    breaks: isTable ? 'changes of the table are discarded on nodes that have dropped it' : null,
  };
}

function rename({ renameType, relation, subname = '', newname = '' }: Fields): Partial<ReadStatement> {
  if (relation === undefined) return {};
  const table = nameOf(relation);
  const name = `RENAME ${(renameType ?? '').replace('OBJECT_', '').replaceAll('_', ' ')}`;
  if (renameType === 'OBJECT_COLUMN') {
    return {
      name,
      tables: [{ table, lock: 'ACCESS EXCLUSIVE' }],
      so: `${hasColumn(table, newname)} AND NOT ${hasColumn(table, subname)}`,
      breaks: 'a row that comes with the other name is discarded',
    };
  }
  const isIndex = renameType === 'OBJECT_INDEX';
  return {
    name,
    tables: isIndex ? [] : [{ table, lock: 'ACCESS EXCLUSIVE' }],
    makes: [nameOf({ ...relation, relname: newname })],
    so: isThere(nameOf({ ...relation, relname: newname })),
    quiet: isIndex,
    breaks: isIndex ? null : 'changes of the table are discarded on nodes where it has another name',
  };
}

const hasColumn = (table: string, column: string): string =>
  `EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass(${quoteLiteral(table)}) AND a.attname = ${quoteLiteral(column)} AND a.attnum > 0 AND NOT a.attisdropped)`;
const hasConstraint = (table: string, name: string): string =>
  `EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = to_regclass(${quoteLiteral(table)}) AND k.conname = ${quoteLiteral(name)})`;
const isNotNull = (table: string, column: string): string =>
  `EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass(${quoteLiteral(table)}) AND a.attname = ${quoteLiteral(column)} AND a.attnotnull)`;

const QUIET_CLAUSES = new Set([
  'AT_SetStatistics',
  'AT_SetRelOptions',
  'AT_ResetRelOptions',
  'AT_SetStorage',
  'AT_SetCompression',
  'AT_ColumnDefault',
  'AT_ValidateConstraint',
  'AT_ClusterOn',
  'AT_DropCluster',
  'AT_EnableTrig',
  'AT_DisableTrig',
  'AT_ChangeOwner',
]);

const BREAKING: Record<string, string> = {
  AT_DropColumn: 'a row that comes with the column is discarded on nodes that no longer have it',
  AT_AlterColumnType: 'a value that the type of another node does not take is discarded there',
  AT_SetNotNull: 'a row without a value is discarded on nodes that have it',
  AT_DropNotNull: 'a row without a value is discarded on nodes that still forbid it',
  AT_AddConstraint: 'a row that the constraint forbids is discarded on nodes that have it',
  AT_DropConstraint: 'a row that the constraint forbids is discarded on nodes that still have it',
  AT_AddIndexConstraint: 'a row that is not unique is discarded on nodes that have it',
};

/** Options of a column by which values are added up, or not, when two nodes change them. */
const DELTA = new Set(['log_old_value', 'delta_apply_function']);

function alterTable({ relation, cmds = [] }: Fields): Partial<ReadStatement> {
  if (relation === undefined) return {};
  const table = nameOf(relation);
  const clauses = cmds.flatMap(({ AlterTableCmd: each }) => each ?? []);
  const locks = clauses.map(({ subtype }) => OF_ALTER[subtype] ?? lockOfConstraint(subtype, clauses));
  const facts = clauses.map((each) => factOf(table, each));
  const options = clauses.flatMap(({ def }) => def?.List?.items ?? []);
  const breaks = [...new Set(clauses.flatMap(({ subtype }) => BREAKING[subtype] ?? []))];
  const isDelta = options.some(({ DefElem: of }) => DELTA.has(of?.defname ?? ''));
  const whole = clauses.some(({ subtype }) => subtype === 'AT_AlterColumnType')
    ? 'rewritten'
    : clauses.some(({ subtype }) =>
          ['AT_AddConstraint', 'AT_SetNotNull', 'AT_ValidateConstraint'].includes(subtype),
        )
      ? 'read'
      : null;
  return {
    tables: [{ table, lock: strongest(locks) }],
    so: facts.includes(null) || facts.length === 0 ? null : facts.join(' AND '),
    quiet: clauses.length > 0 && clauses.every(({ subtype }) => QUIET_CLAUSES.has(subtype)),
    breaks: breaks.length === 0 ? null : breaks.join('; '),
    whole,
    refused: isDelta
      ? {
          why: 'it changes whether values of two nodes are added up, which has to be so on all nodes at once',
          remedy: 'Change summed columns on the page of replication sets.',
        }
      : clauses.some(({ behavior, subtype }) => behavior === 'DROP_CASCADE' && subtype.startsWith('AT_Drop'))
        ? {
            why: 'CASCADE takes along whatever hangs on it, which may be something else on each node',
            remedy: 'Drop what hangs on it by name first.',
          }
        : null,
  };
}

const lockOfConstraint = (subtype: string, clauses: readonly AlterCommand[]): LockMode =>
  subtype === 'AT_AddConstraint' &&
  clauses.every((each) => each.subtype !== subtype || each.def?.Constraint?.contype === 'CONSTR_FOREIGN')
    ? 'SHARE ROW EXCLUSIVE'
    : 'ACCESS EXCLUSIVE';

const ORDER: readonly LockMode[] = [
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'ACCESS EXCLUSIVE',
];
const strongest = (locks: readonly LockMode[]): LockMode =>
  ORDER[Math.max(...locks.map((each) => ORDER.indexOf(each)), 0)] ?? 'ACCESS EXCLUSIVE';

/** SQL: the clause is done; null: that cannot be told. */
function factOf(table: string, { subtype, name = '', def }: AlterCommand): string | null {
  switch (subtype) {
    case 'AT_AddColumn':
      return hasColumn(table, def?.ColumnDef?.colname ?? '');
    case 'AT_DropColumn':
      return `NOT ${hasColumn(table, name)}`;
    case 'AT_SetNotNull':
      return isNotNull(table, name);
    case 'AT_DropNotNull':
      return `NOT ${isNotNull(table, name)}`;
    case 'AT_AddConstraint':
      return def?.Constraint?.conname === undefined ? null : hasConstraint(table, def.Constraint.conname);
    case 'AT_DropConstraint':
      return `NOT ${hasConstraint(table, name)}`;
    default:
      return null;
  }
}

function extension({ extname = '' }: Fields): Partial<ReadStatement> {
  return { so: null, quiet: true, makes: [], name: `EXTENSION ${extname}` };
}

function reindex({ relation, params = [] }: Fields): Partial<ReadStatement> {
  const isConcurrent = params.some(({ DefElem: of }) => of?.defname === 'concurrently');
  return {
    tables:
      relation === undefined
        ? []
        : [{ table: nameOf(relation), lock: isConcurrent ? 'SHARE UPDATE EXCLUSIVE' : 'SHARE' }],
    alone: isConcurrent || relation === undefined,
    quiet: true,
    whole: 'read',
  };
}

function vacuum({ rels = [], options = [], is_vacuumcmd }: Fields): Partial<ReadStatement> {
  const isFull = options.some(({ DefElem: of }) => of?.defname === 'full');
  return {
    name: is_vacuumcmd === true ? 'VACUUM' : 'ANALYZE',
    tables: rels.flatMap(({ VacuumRelation: of }) =>
      of?.relation === undefined
        ? []
        : [
            {
              table: nameOf(of.relation),
              lock: isFull ? 'ACCESS EXCLUSIVE' : ('SHARE UPDATE EXCLUSIVE' as const),
            },
          ],
    ),
    alone: is_vacuumcmd === true,
    quiet: true,
    whole: isFull ? 'rewritten' : 'read',
  };
}
