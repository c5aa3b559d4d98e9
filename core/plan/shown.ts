/** A plan as it is shown: the statements of its steps and of their undo, DSNs masked. */
import type { Changes } from '#core/engines/changes.ts';
import { quoteIdent, quoteLiteral, quoteQualified, quoteRegclass } from '#core/engines/quote.ts';
import { changesOf } from '#core/engines/registry.ts';
import { renderSql, type Sql } from '#core/engines/sql.ts';
import type { SqlUnit } from '#core/engines/units.ts';
import type { Plan, PlanRequest } from '#core/model/plan.ts';
import { dropSlot } from '#core/plan/slot-sql.ts';
import { sumOfAll } from '#core/rows/shown.ts';
import type {
  Action,
  ExecutablePlan,
  ExecutableStep,
  HeldNode,
  HoldAction,
  JoinCopyAction,
  PlannedSlot,
  SeedAction,
} from './executable.ts';
import { unitsOf } from './executable.ts';

/** Of the engine whose statements a step has. */
export const changesOfStep = (
  plan: Pick<ExecutablePlan, 'engine'>,
  step: Pick<ExecutableStep, 'engine'>,
): Changes => changesOf(step.engine ?? plan.engine);

/** Queries that only look: what is waited for, or compared. */
function looksOf(action: Action, { unsubscribing, nodes, marks, joining }: Changes): Sql[] {
  switch (action.type) {
    case 'wait':
    case 'write-and-wait':
      return action.awaited.map((each) => each.query);
    case 'resync':
      return [action.synchronized];
    case 'unsubscribe':
      return [[unsubscribing.disable(action.subscription)], [unsubscribing.drop(action.subscription)]];
    case 'peer-password':
      return [[nodes.setInterfaceDsnText]];
    case 'role-password':
      return [[`ALTER ROLE ${quoteIdent(action.role)} PASSWORD /* a SCRAM-SHA-256 verifier of it */ '••••'`]];
    case 'note-applied':
      return [[nodes.applied({ hasProgress: true })]];
    case 'drop-slots':
      return action.slots.map((slot) => [dropSlot(slot)]);
    case 'restart':
      return [action.inForce];
    case 'mark':
      return [[marks.send]];
    case 'catch-up':
      return [[marks.send], [nodes.applied({ hasProgress: false })]];
    case 'join-origins':
      return action.links.map(({ subscription }) => [
        `SELECT pg_replication_origin_advance(${comment(`as the slot of ${subscription} is called`)} origin, ${comment('where the source stood')} lsn)`,
      ]);
    case 'join-suspects':
      return action.tables.map(({ schema, table }) => [
        `SELECT r.*, o.* FROM ${quoteQualified(schema, table)} r CROSS JOIN LATERAL pg_xact_commit_timestamp_origin(r.xmin) o WHERE ${joining.isFrom(action.peers)} AND o.timestamp < ${comment('the time of the snapshot')} at`,
      ]);
    case 'prove':
      return action.tables.map(sumOfAll);
    default:
      return [];
  }
}

/** The statements of a step as they will run, DSNs as `masked` gives them. */
export function shownSql(action: Action, masked: (node: string) => string, changes: Changes): string[] {
  if (action.type === 'hold') return shownHold(action, changes);
  const before =
    action.type === 'subscribe' && action.slot === 'here'
      ? shownSlot(action, action, changes)
      : action.type === 'join-copy'
        ? shownPause(action, changes)
        : [];
  const after =
    action.type === 'join-copy'
      ? shownSnapshot(action, changes)
      : action.type === 'seed'
        ? action.sequences.map((each) => shownSetval(each, action.provider))
        : [];
  const wake =
    action.type === 'subscribe' && action.units.length > 1 ? changes.slots.wake(action.plugin) : null;
  return [
    ...before,
    ...unitsOf(action).flatMap((each) => shownStatements(each.statements, each, masked, changes)),
    ...new Set(looksOf(action, changes).map((query) => `${renderSql(query, masked)};`)),
    ...(wake === null ? [] : [`-- ${wake.why}\n${wake.text};`]),
    ...after,
  ];
}

const comment = (text: string): string => `/* ${text.replaceAll('*/', '* /')} */`;

/** The name is the receiver's to give. */
const shownSlot = (
  { provider, receiver, subscription }: Omit<PlannedSlot, 'receiver'> & { receiver?: string },
  { plugin }: { plugin: string },
  { slots }: Changes,
): string[] => [
  `SELECT pg_create_logical_replication_slot(${comment(`on ${provider}: as ${slots.namedBy} names it ${receiver === undefined ? 'here' : `on ${receiver}`} for ${subscription}`)} slot, ${quoteLiteral(plugin)});`,
];

/** Partitions are tables of their own here. Writers wait, readers do not. */
export const lockTables = (tables: HeldNode['tables']): string =>
  `LOCK TABLE ${tables.map(({ schema, table }) => `ONLY ${quoteQualified(schema, table)}`).join(', ')} IN SHARE MODE`;

/** Of each node: its locks, its slots, the end. What is looked at meanwhile stands in the step's own words. */
function shownHold(action: HoldAction, changes: Changes): string[] {
  return action.nodes.flatMap(({ node, tables, slots }) => {
    const made = slots.flatMap((slot) => shownSlot(slot, action, changes));
    if (tables.length === 0) return made;
    return [`BEGIN; ${comment(`on ${node}`)}`, `${lockTables(tables)};`, ...made, 'COMMIT;'];
  });
}

/** What is done on the source before the copy is asked for, and when its snapshot is there. */
const shownPause = ({ provider, peers }: JoinCopyAction, { joining, nodes }: Changes): string[] =>
  peers.length === 0
    ? []
    : [
        `${joining.pause}; ${comment(`on ${provider}`)}`,
        `${nodes.applied({ hasProgress: false })}; ${comment(`on ${provider}, until it is the same three times`)}`,
      ];

function shownSnapshot(
  { provider, peers, sequences }: JoinCopyAction,
  { joining, nodes }: Changes,
): string[] {
  const positions =
    peers.length === 0
      ? []
      : [
          `${nodes.applied({ hasProgress: false })}; ${comment(`on ${provider}, once the slot of the copy is made: it must be as before`)}`,
          `${joining.resume}; ${comment(`on ${provider}`)}`,
        ];
  return [...positions, ...sequences.map((each) => shownSetval(each, provider))];
}

/** The number is known when the copy has ended. */
const shownSetval = ({ schema, sequence }: { schema: string; sequence: string }, provider: string): string =>
  `SELECT setval(${quoteRegclass(schema, sequence)}, /* its last_value on ${provider.replaceAll('*/', '* /')} */);`;

/** The statements that take a step back, in the order in which they run. */
export function shownUndo(action: Action, masked: (node: string) => string, changes: Changes): string[] {
  if (action.type === 'hold') {
    return action.nodes.flatMap(({ slots }) =>
      slots.map(
        ({ provider, subscription }) =>
          `SELECT pg_drop_replication_slot(${comment(`on ${provider}: the slot made for ${subscription}, unless a subscription goes on from it`)} slot);`,
      ),
    );
  }
  if (action.type === 'subscribe' && action.goesWithServer) return [];
  const own = [...unitsOf(action)]
    .reverse()
    .flatMap((each) => shownStatements(each.undo ?? [], each, masked, changes));
  return action.type === 'seed' || action.type === 'join-copy'
    ? [...own, ...takenBack(action).map((text) => `${text};`)]
    : own;
}

/** What a copy has brought; the runner drops all that came with a structure and is nobody else's, this names its tables. */
function takenBack({ tables, structure }: Pick<SeedAction, 'tables' | 'structure'>): string[] {
  if (tables.length === 0) return [];
  const names = tables.map(({ schema, table }) => quoteQualified(schema, table)).join(', ');
  return [structure ? `DROP TABLE ${names}` : `TRUNCATE ${names}`];
}

/** One statement commits by itself as it would between BEGIN and COMMIT. */
export function shownStatements(
  statements: readonly Sql[],
  { scope, transaction }: Pick<SqlUnit, 'scope' | 'transaction'>,
  masked: (node: string) => string,
  { local }: Changes,
): string[] {
  const texts = statements.map((statement) => `${renderSql(statement, masked)};`);
  if (texts.length === 0) return [];
  if (scope === 'local') return ['BEGIN;', ...local.begin.map((text) => `${text};`), ...texts, 'COMMIT;'];
  return transaction && texts.length > 1 ? ['BEGIN;', ...texts, 'COMMIT;'] : texts;
}

/** An executable plan as it is shown. */
export function shownPlan(
  executable: ExecutablePlan,
  identity: { id: string; request: PlanRequest; cluster: string; createdAt: string },
  masked: (node: string) => string,
): Plan {
  return {
    id: identity.id,
    kind: identity.request.kind,
    cluster: identity.cluster,
    title: executable.title,
    request: identity.request,
    createdAt: identity.createdAt,
    steps: executable.steps.map(({ action, engine, ...shown }) => {
      const changes = changesOfStep(executable, { engine });
      return {
        ...shown,
        sql: shownSql(action, masked, changes),
        undoSql: shownUndo(action, masked, changes),
      };
    }),
    checks: executable.checks,
    problems: executable.problems,
    rights: executable.rights ?? [],
  };
}
