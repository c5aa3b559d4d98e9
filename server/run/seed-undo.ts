/**
 * Takes back a copy: what came with it and nothing else. What others have written or made is asked before anything is changed,
 * and again in the transaction that drops; it stays, and is said.
 */
import { quoteQualified } from '#core/engines/quote.ts';
import type { SeedAction } from '#core/plan/executable.ts';
import type { Inventory, InventoryObject } from '#core/plan/servers/inventory.ts';
import { commentBack, defaultsBack, grantsBack, ownerBack } from '#core/run/privileges.ts';
import {
  defaultsOf,
  dropStatements,
  foreignKeysAmong,
  isDroppable,
  mayHaveCome,
  takeBack,
  whatCame,
} from '#core/run/take-back.ts';
import { type CopyMarks, marksOf, type OthersRows, oidsOf, othersRows } from './others-rows.ts';
import { emptyTables } from './seed-empty.ts';
import { before, inventoryOf, restoreOf, rowsOn, schemasOf, untilRestored } from './seed-inventory.ts';
import { inOne, type Kept, keptRows } from './seed-kept.ts';
import { sequencesBack } from './seed-sequences.ts';
import type { StepContext } from './step-context.ts';
import { StepFailure } from './step-failure.ts';
import { refuseWhileRead } from './undo-gate.ts';
import { unsubscribe } from './unsubscribe.ts';

/** What is known of the copied tables, and what stays because of it. */
interface Asked {
  rows: OthersRows;
  restore: string[];
}

const NOTHING: OthersRows = { kept: new Map(), ours: new Map(), guards: new Map() };

/**
 * The subscription is dropped in any case; then what it brought. Throws StepFailure `written-since` or `others-depend` when
 * something stays, with each of it in `leftToDo`.
 */
export async function takeBackSeed(action: SeedAction, context: StepContext): Promise<void> {
  const { node, provider, subscription } = action;
  const asked = await ask(action, context);
  await unsubscribe({ receiver: node, provider, subscription }, context);
  await dropCopied(action, await askSince(action, asked, context), context);
}

/** A restore that was under way when it was asked has ended with the subscription, and may have been committed before that. */
async function askSince(action: SeedAction, asked: Asked, context: StepContext): Promise<Asked> {
  if (!action.structure || context.recall('ended') != null) return asked;
  await untilRestored(action.node, context);
  return ask(action, context);
}

/**
 * Before a copy that has failed is made anew: all that it brought must go, or it fails on it again. Throws where something has
 * to stay, before anything is changed.
 */
export async function clearSeed(action: SeedAction, context: StepContext): Promise<void> {
  const { node, provider, subscription } = action;
  const asked = await ask(action, context);
  // A table that stood before and holds rows of others alone is filled beside them, as it was the first time.
  const inTheWay = [...asked.rows.kept].filter(
    ([name]) => action.structure || asked.rows.ours.get(name) !== 0,
  );
  if (inTheWay.length > 0) {
    throw stays(
      node,
      inTheWay.map(([name, { code, why }]) => keptRows(name, code, why)),
    );
  }
  await unsubscribe({ receiver: node, provider, subscription }, context);
  await dropCopied(action, await askSince(action, asked, context), context);
}

/** Which tables the copy filled, as a query for their oids. */
async function copiedTables(action: SeedAction, restore: string[], context: StepContext): Promise<string> {
  const names = action.tables.map(({ schema, table }) => quoteQualified(schema, table));
  const was = before(context);
  if (!action.structure || was === null) return oidsOf(names);
  const now = await inventoryOf(action.node, context);
  const came = whatCame({ before: new Set(was.objects), now, restore: new Set(restore) });
  const oids = came.flatMap(({ kind, id }) => (kind === 'pg_class' ? [id.slice(id.indexOf('/') + 1)] : []));
  return oids.length === 0 ? 'SELECT NULL::oid' : `SELECT unnest(ARRAY[${oids.join(', ')}]::oid[])`;
}

/** How the tables stand that the copy will fill: what is deleted later is held against it. */
export async function rememberBegun({ node, tables }: SeedAction, context: StepContext): Promise<void> {
  const names = tables.map(({ schema, table }) => quoteQualified(schema, table));
  const [row] = await rowsOn(node, 'SELECT pg_postmaster_start_time()::text AS started', context);
  context.remember('begun', {
    begun: await marksOf(node, oidsOf(names), context),
    started: String(row?.started),
  } satisfies Pick<CopyMarks, 'begun' | 'started'>);
}

/** How the copied tables stand at the end of the copy: what truncates are later held against. */
export async function rememberEnd(action: SeedAction, context: StepContext): Promise<void> {
  const restore = action.structure ? await restoreOf(action, context) : [];
  context.remember(
    'ended',
    await marksOf(action.node, await copiedTables(action, restore, context), context),
  );
}

async function ask(action: SeedAction, context: StepContext): Promise<Asked> {
  const { node } = action;
  const restore = action.structure ? await restoreOf(action, context) : [];
  if (context.dropWritten && action.structure) return { rows: NOTHING, restore };
  const begun = context.recall('begun') as Pick<CopyMarks, 'begun' | 'started'> | undefined;
  const ended = (context.recall('ended') as CopyMarks['ended'] | undefined) ?? null;
  const copy = { begun: begun?.begun ?? {}, started: begun?.started ?? null, ended };
  const foreign = (context.recall('foreign') as string[] | undefined) ?? [];
  const tables = await copiedTables(action, restore, context);
  const rows = await othersRows(node, tables, copy, { own: context.wroteAs(node), foreign }, context);
  return { rows: context.dropWritten ? othersAlone(rows) : rows, restore };
}

/** What the operator's word does not cover: tables that hold nothing of the run's. */
function othersAlone({ kept, ours }: OthersRows): OthersRows {
  return { kept: new Map([...kept].filter(([name]) => ours.get(name) === 0)), ours, guards: new Map() };
}

async function dropCopied(action: SeedAction, asked: Asked, context: StepContext): Promise<void> {
  const { node } = action;
  const was = before(context);
  const kept =
    action.structure && was !== null
      ? await dropStructure(action, asked, context)
      : await emptyTables(action, asked.rows, context);
  kept.push(...(await sequencesBack(action, context)));
  for (const item of kept) context.left({ node, ...item });
  const ends = kept.filter(({ code }) => code !== 'stays');
  if (ends.length > 0) throw stays(node, ends);
}

function stays(node: string, kept: readonly Kept[]): StepFailure {
  const named = kept.slice(0, 5).map(({ object, message }) => `${object}: ${message}`);
  const rest = kept.length > 5 ? [`and ${kept.length - 5} more`] : [];
  const rows = kept.some(({ code }) => code === 'written-since' || code === 'not-known');
  return new StepFailure({
    code: rows ? 'written-since' : 'others-depend',
    message: `On ${node} some of what was copied stays, since removing it would also remove what this run did not create.\n${[...named, ...rest].join('\n')}`,
    sqlstate: null,
    statement: null,
    cause: null,
    // The operator's word drops rows of the run's tables; objects that may be another's have their own statements.
    remedy: kept.some(({ code, sql }) => code === 'not-known' && sql.length > 0)
      ? 'Run the statements shown for what this run copied, keep what is yours, then roll back again.'
      : rows
        ? `Save what you need of it, then roll back and confirm that it may be dropped; or keep ${node} as it is.`
        : 'Drop what depends on it if nobody needs it, then roll back again; or keep it.',
  });
}

async function texts(node: string, query: string, context: StepContext): Promise<string[]> {
  return (await rowsOn(node, query, context)).map((row) => String(row.text));
}

async function dropStructure(action: SeedAction, asked: Asked, context: StepContext): Promise<Kept[]> {
  const { node } = action;
  const was = before(context);
  if (was === null) return [];
  const now = await inventoryOf(node, context);
  const restore = new Set(asked.restore);
  const copied = { before: new Set(was.objects), now, restore, own: new Set(context.wroteAs(node)) };
  const taken = takeBack({ ...copied, rowsOfOthers: asked.rows.kept });
  const drop = taken.drop.filter(isDroppable);
  const tables = drop.filter(({ kind, type }) => kind === 'pg_class' && type === 'table');
  const grants = await grantsOfBefore(node, was.schemas, restore, context);
  const defaults = await Promise.all(
    taken.drop
      .filter(({ kind }) => kind === 'pg_default_acl')
      .map(({ id }) => texts(node, defaultsBack(id.slice(id.indexOf('/') + 1)), context)),
  );
  const { sets } = context.changes;
  const oids = tables.map(({ id }) => id.slice(id.indexOf('/') + 1));
  const has = (await rowsOn(node, sets.hasSets, context))[0];
  const statements = [
    ...(has?.there === true && oids.length > 0
      ? await texts(node, sets.outOfAll(`SELECT unnest(ARRAY[${oids.join(', ')}]::oid[])`), context)
      : []),
    ...(tables.length > 0 ? [`LOCK TABLE ${tables.map(({ identity }) => identity).join(', ')}`] : []),
    ...guardsFor(now, tables, asked.rows.guards),
    ...(tables.length > 0 ? await texts(node, foreignKeysAmong(tables), context) : []),
    ...(tables.length > 0 ? await texts(node, defaultsOf(tables), context) : []),
    ...defaults.flat(),
    ...drop.flatMap(dropStatements),
    ...grants.statements,
  ];
  if (statements.length > 0) {
    await refuseWhileRead(
      node,
      'drop what was copied',
      statements.map((text) => `${text};`),
      context,
    );
    await inOne(node, statements, context);
  }
  return [...taken.kept, ...grants.kept, ...(await unproved(action, copied, context))];
}

/** Both sections of a restore that are proved leave nothing in doubt. */
async function unproved(
  { provider }: SeedAction,
  copied: Parameters<typeof mayHaveCome>[0],
  context: StepContext,
): Promise<Kept[]> {
  if (copied.restore.size >= 2) return [];
  const unknown = mayHaveCome(copied, null);
  if (unknown.length === 0) return [];
  const source = await inventoryOf(provider, context).catch(() => null);
  return mayHaveCome(copied, source);
}

/** Those of the dropped tables and of their partitions. */
function guardsFor(
  now: Inventory,
  tables: readonly InventoryObject[],
  guards: OthersRows['guards'],
): string[] {
  return tables.length === 0
    ? []
    : [...guards.entries()].flatMap(([name, texts]) => {
        const there = now.objects.some(({ kind, identity }) => kind === 'pg_class' && identity === name);
        return there ? texts : [];
      });
}

/** Of schemas that stood before; only what the restore has changed last. */
async function grantsOfBefore(
  node: string,
  schemas: NonNullable<ReturnType<typeof before>>['schemas'],
  restore: ReadonlySet<string>,
  context: StepContext,
): Promise<{ statements: string[]; kept: Kept[] }> {
  const statements: string[] = [];
  const kept: Kept[] = [];
  const now = await schemasOf(node, context);
  for (const state of schemas) {
    const found = now.find(({ name }) => name === state.name);
    if (found === undefined) continue;
    if (found.comment !== state.comment && found.commented !== null && restore.has(found.commented)) {
      statements.push(commentBack(state));
    }
    if (found.acl === state.acl && found.owner === state.owner) continue;
    if (found.made === null || !restore.has(found.made)) {
      kept.push({
        code: 'stays',
        object: `owner and grants of schema ${state.name}`,
        message: 'They have changed, and not only by the copy, so they were left as they are.',
        sql: [],
      });
      continue;
    }
    if (found.owner !== state.owner) statements.push(ownerBack(state));
    if (found.acl !== state.acl) {
      statements.push(...(await texts(node, grantsBack(state, found.acl, found.owner), context)));
    }
  }
  return { statements, kept };
}
