/**
 * What a planner makes: steps with what is to be done in a form that the runner can carry out, resume and take back.
 * A `Plan` (core/model/plan.ts) is a draft as it is shown.
 */

import { quoteQualified, quoteRegclass } from '#core/engines/quote.ts';
import type { Plan, PlanCheck, PlanProblem, PlanRequest, PlanStep } from '#core/model/plan.ts';
import { checksumOf } from './checksum.ts';
import { renderSql, type Sql, sql } from './sql.ts';

/** Statements that belong together, and how one sees that they were done, or takes them back. */
export interface SqlUnit {
  statements: Sql[];
  /** One boolean: already so, nothing to do. It decides on resume what a crash left undone. */
  already: Sql | null;
  /** Takes the unit back; null: nothing of its own to take back. Run only where `already` says that it is so. */
  undo: Sql[] | null;
  /** All statements or none. Without it each commits by itself, outside a transaction block. */
  transaction: boolean;
  /** On the server's maintenance database, not the cluster's. */
  maintenance: boolean;
}

/** A fact to wait for: `query` gives one boolean on `node`. */
export interface Awaited {
  node: string;
  query: Sql;
  /** What is waited for, for the message when it does not come: `two links into n1 replicate`. */
  text: string;
}

/** What helps on `node` where a fact does not come: run once, if `needed` (one boolean) says so. */
export interface Wake {
  node: string;
  needed: Sql;
  statement: Sql;
}

/** A subscription whose copy fills the receiver: `unit` makes it, the copy goes on by itself and is waited for. */
export interface SeedAction {
  type: 'seed';
  /** The receiver. */
  node: string;
  provider: string;
  subscription: string;
  unit: SqlUnit;
  /** Copied; of a copy of the structure as well, all tables of the provider. */
  tables: { schema: string; table: string }[];
  structure: boolean;
  /** Copies bring no sequence's position: afterwards each is set to where the provider's stands. */
  sequences: { schema: string; sequence: string }[];
}

/** Columns by name, since their order may differ between the nodes. */
export interface ComparedTable {
  schema: string;
  table: string;
  columns: string[];
}

/** What a step does. The runner has a total map from type to executor. */
export type Action =
  | { type: 'sql'; node: string; units: SqlUnit[]; timeoutSeconds: number }
  | { type: 'wait'; awaited: Awaited[]; timeoutSeconds: number; wakes?: Wake[] }
  | { type: 'write-and-wait'; node: string; unit: SqlUnit; awaited: Awaited[]; timeoutSeconds: number }
  /** The operator restarts the server; `inForce` (one boolean) tells that the settings are in force afterwards. */
  | { type: 'restart'; node: string; inForce: Sql; how: string }
  | SeedAction
  | { type: 'register-cluster'; nodes: string[] }
  /** A mark from `node` to each of its receivers. */
  | { type: 'mark'; node: string; to: { node: string; subscription: string }[] }
  | { type: 'compare'; nodes: string[]; tables: ComparedTable[] }
  | { type: 'ask-findings' }
  | { type: 'sandbox-allocate'; nodes: { name: string; port: number }[] }
  | { type: 'sandbox-initdb' }
  | { type: 'sandbox-start'; node: string }
  | { type: 'sandbox-register' }
  | { type: 'sandbox-stop'; node: string }
  | { type: 'sandbox-delete' }
  | { type: 'forget-cluster' };
export type ActionType = Action['type'];

export interface DraftStep extends Omit<PlanStep, 'sql' | 'undoSql'> {
  action: Action;
}

export interface Draft {
  title: string;
  steps: DraftStep[];
  checks: PlanCheck[];
  problems: PlanProblem[];
}

/** A step with the fields that most steps leave at their defaults. */
export function step(
  fields: Pick<DraftStep, 'id' | 'title' | 'node' | 'action'> & Partial<DraftStep>,
): DraftStep {
  return { commands: [], after: [], risk: 'none', riskText: null, undo: null, done: false, ...fields };
}

/** A unit with the fields that most units leave at their defaults. */
export function unit(statements: Sql | Sql[], fields: Partial<SqlUnit> = {}): SqlUnit {
  const list = typeof statements[0] === 'string' || isHole(statements[0]) ? [statements as Sql] : statements;
  return {
    statements: list as Sql[],
    already: null,
    undo: null,
    transaction: false,
    maintenance: false,
    ...fields,
  };
}

const isHole = (part: unknown): boolean => typeof part === 'object' && part !== null && 'dsn' in part;

export function unitsOf(action: Action): SqlUnit[] {
  if (action.type === 'sql') return action.units;
  return action.type === 'write-and-wait' || action.type === 'seed' ? [action.unit] : [];
}

/** Queries that only look: what is waited for, or compared. */
function looksOf(action: Action): Sql[] {
  switch (action.type) {
    case 'wait':
    case 'write-and-wait':
      return action.awaited.map((each) => each.query);
    case 'restart':
      return [action.inForce];
    case 'mark':
      return [sql`SELECT spock.sync_event(true)`];
    case 'compare':
      return action.tables.map(checksumOf);
    default:
      return [];
  }
}

/** The statements of a step as they will run, DSNs as `masked` gives them. */
export function shownSql(action: Action, masked: (node: string) => string): string[] {
  const after =
    action.type === 'seed' ? action.sequences.map((each) => shownSetval(each, action.provider)) : [];
  return [
    ...unitsOf(action).flatMap((each) => shownStatements(each.statements, each.transaction, masked)),
    ...new Set(looksOf(action).map((query) => `${renderSql(query, masked)};`)),
    ...after,
  ];
}

/** The number is known when the copy has ended. */
const shownSetval = ({ schema, sequence }: { schema: string; sequence: string }, provider: string): string =>
  `SELECT setval(${quoteRegclass(schema, sequence)}, /* its last_value on ${provider.replaceAll('*/', '* /')} */);`;

/** The statements that take a step back, in the order in which they run. */
export function shownUndo(action: Action, masked: (node: string) => string): string[] {
  const own = [...unitsOf(action)]
    .reverse()
    .flatMap((each) => shownStatements(each.undo ?? [], false, masked));
  return action.type === 'seed' ? [...own, ...takenBack(action).map((text) => `${text};`)] : own;
}

/** What a copy has brought; the runner drops a structure by what was not there before, this names its tables. */
function takenBack({ tables, structure }: SeedAction): string[] {
  if (tables.length === 0) return [];
  const names = tables.map(({ schema, table }) => quoteQualified(schema, table)).join(', ');
  return [structure ? `DROP TABLE ${names} CASCADE` : `TRUNCATE ${names}`];
}

function shownStatements(
  statements: readonly Sql[],
  transaction: boolean,
  masked: (node: string) => string,
): string[] {
  const texts = statements.map((statement) => `${renderSql(statement, masked)};`);
  return transaction ? ['BEGIN;', ...texts, 'COMMIT;'] : texts;
}

/** The draft as a plan to be shown. */
export function shownPlan(
  draft: Draft,
  identity: { id: string; request: PlanRequest; cluster: string; createdAt: string },
  masked: (node: string) => string,
): Plan {
  return {
    id: identity.id,
    kind: identity.request.kind,
    cluster: identity.cluster,
    title: draft.title,
    request: identity.request,
    createdAt: identity.createdAt,
    steps: draft.steps.map(({ action, ...shown }) => ({
      ...shown,
      sql: shownSql(action, masked),
      undoSql: shownUndo(action, masked),
    })),
    checks: draft.checks,
    problems: draft.problems,
  };
}
