/**
 * DDL in the simulated world: its parser knows two statements, a new column and a new index, and makes of them the tree that
 * PostgreSQL's makes; all else it calls no SQL.
 */
import { unquoteQualified } from '#core/engines/quote.ts';
import type { ObservedFacts, ParsedSql } from '#core/model/observed.ts';
import type { PlanRequest } from '#core/model/plan.ts';
import { statementText } from '#core/plan/ddl/read.ts';
import type { SimCluster, SimNode, SimTable } from './model.ts';
import { nodeOf } from './physics.ts';

const NAME = String.raw`(?:([a-z_]\w*)\.)?([a-z_]\w*)`;
const ADD_COLUMN = new RegExp(
  `^ALTER TABLE ${NAME} ADD (?:COLUMN )?(?:IF NOT EXISTS )?([a-z_]\\w*) ([a-z][a-z0-9 (),]*)$`,
  'i',
);
const CREATE_INDEX = new RegExp(`^CREATE INDEX (CONCURRENTLY )?([a-z_]\\w*) ON ${NAME} \\(`, 'i');

interface Read {
  schema: string;
  table: string;
  column: { name: string; type: string } | null;
  index: { name: string; concurrent: boolean } | null;
}

function readStatement(sql: string): Read | null {
  const text = statementText(sql);
  const column = ADD_COLUMN.exec(text);
  if (column !== null) {
    const [, schema = 'public', table = '', name = '', type = ''] = column;
    return { schema, table, column: { name, type }, index: null };
  }
  const index = CREATE_INDEX.exec(text);
  if (index === null) return null;
  const [, concurrently, name = '', schema = 'public', table = ''] = index;
  return { schema, table, column: null, index: { name, concurrent: concurrently !== undefined } };
}

export function parsedDdl(request: PlanRequest): Record<string, ParsedSql> {
  if (request.kind !== 'ddl') return {};
  const read = readStatement(request.sql);
  if (read === null)
    return { [request.sql]: { ok: false, message: 'syntax error at end of input', at: request.sql.length } };
  const relation = { schemaname: read.schema, relname: read.table };
  const stmt =
    read.column === null
      ? { IndexStmt: { idxname: read.index?.name, relation, concurrent: read.index?.concurrent === true } }
      : {
          AlterTableStmt: {
            relation,
            cmds: [
              {
                AlterTableCmd: { subtype: 'AT_AddColumn', def: { ColumnDef: { colname: read.column.name } } },
              },
            ],
          },
        };
  return { [request.sql]: { ok: true, tree: { stmts: [{ stmt }] } } };
}

const tableOf = (node: SimNode, { schema, table }: Pick<Read, 'schema' | 'table'>): SimTable | undefined =>
  node.tables.find((each) => each.schema === schema && each.name === table);

/** What a node says of the request's statement. */
export function ddlFactsOf(node: SimNode, request: PlanRequest): Pick<ObservedFacts, 'ddl'> {
  const read = request.kind === 'ddl' ? readStatement(request.sql) : null;
  if (read === null) return {};
  const table = tableOf(node, read);
  const name = `"${read.schema}"."${read.table}"`;
  return {
    ddl: {
      so: [isSo(table, read)],
      tables: [
        {
          table: name,
          there: table !== undefined,
          bytes: table?.rows == null ? null : table.rows * 120,
          sets: table?.sets ?? [],
        },
      ],
      made: read.index !== null && isSo(table, read) ? [read.index.name] : [],
      holders: [],
      roles: [],
      lockTimeoutMs: 0,
      discarded: 0,
    },
  };
}

const isSo = (table: SimTable | undefined, { column, index }: Read): boolean =>
  column === null
    ? table?.indexes?.includes(index?.name ?? '') === true
    : table?.columns.some((each) => each.startsWith(`${column.name} `)) === true;

/** Its tables do not say what is NOT NULL: all numbers are. */
export function summedOf(
  node: SimNode,
  of: { schema: string; table: string },
): NonNullable<ObservedFacts['summed']> {
  const table = tableOf(node, of);
  return (table?.columns ?? []).map((text) => {
    const [name = '', ...type] = text.split(' ');
    return {
      name,
      type: type.join(' '),
      notNull: true,
      generated: false,
      key: table?.key.includes(name) === true,
      summed: table?.deltaColumns.includes(name) === true,
    };
  });
}

const OPTIONS = /^ALTER TABLE (\S+) ALTER COLUMN "((?:[^"]|"")+)" (SET|RESET) \(log_old_value/;

/** Null: it is no DDL that the world knows. False: it was so already. */
export function runDdl(cluster: SimCluster, node: string, statement: string): boolean | null {
  const dropped = /^DROP INDEX (?:CONCURRENTLY )?IF EXISTS (.+)$/.exec(statement);
  const server = nodeOf(cluster, node);
  if (dropped !== null) {
    const [schema, index = ''] = unquoteQualified(dropped[1] ?? '') ?? [];
    for (const table of server?.tables ?? []) {
      if (table.schema === schema) table.indexes = (table.indexes ?? []).filter((each) => each !== index);
    }
    return true;
  }
  const options = OPTIONS.exec(statement);
  if (options !== null && server) {
    const [, relation = '', column = '', how] = options;
    const [schema, name] = unquoteQualified(relation) ?? [];
    const table = server.tables.find((each) => each.schema === schema && each.name === name);
    if (table === undefined) throw new Error(`relation ${relation} does not exist`);
    const others = table.deltaColumns.filter((each) => each !== column);
    table.deltaColumns = how === 'SET' ? [...others, column] : others;
    server.catalogMark += 1;
    return true;
  }
  const read = readStatement(statement);
  if (read === null) return null;
  const table = server && tableOf(server, read);
  if (!server || !table) throw new Error(`relation "${read.schema}.${read.table}" does not exist`);
  if (isSo(table, read)) throw new Error('it already exists');
  if (read.column !== null) table.columns = [...table.columns, `${read.column.name} ${read.column.type}`];
  if (read.index !== null) table.indexes = [...(table.indexes ?? []), read.index.name];
  server.catalogMark += 1;
  return true;
}
