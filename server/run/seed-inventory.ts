/** What stands on a receiver before a copy of a structure, and what the copy has brought: asked, and kept in the step's memory. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '#core/engines/engine.ts';
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import type { CopyState } from '#core/model/copy-state.ts';
import type { SeedAction } from '#core/plan/executable.ts';
import { type Inventory, LINKS, OBJECT_IDS, OBJECTS } from '#core/plan/servers/inventory.ts';
import { SCHEMAS, type SchemaState } from '#core/run/privileges.ts';
import { restoredBy } from '#core/run/restore.ts';
import { oidsOf } from './others-rows.ts';
import type { StepContext } from './step-context.ts';
import { StepCancelled, StepFailure, sqlFailure } from './step-failure.ts';

const ANSWER_MS = 60_000;
/** A section of a dump without rows takes seconds. */
const RESTORE_MS = 20_000;
const LOOK_MS = 100;

export async function rowsOn(node: string, text: string, context: StepContext): Promise<Row[]> {
  const outcome = await context.sessions.statement(context.dsn(node), text, ANSWER_MS);
  if (!outcome.ok) throw sqlFailure(node, `${text};`, outcome.error);
  return outcome.value.at(-1)?.rows ?? [];
}

export async function inventoryOf(node: string, context: StepContext): Promise<Inventory> {
  const [objects, links] = await Promise.all([rowsOn(node, OBJECTS, context), rowsOn(node, LINKS, context)]);
  return {
    objects: objects.map((row) => ({
      id: String(row.id),
      kind: String(row.kind),
      type: String(row.type),
      identity: String(row.identity),
      made: String(row.made).split(' '),
    })),
    links: links.map((row) => ({ id: String(row.id), on: String(row.on), part: row.part === true })),
  };
}

export interface Before {
  objects: string[];
  schemas: SchemaState[];
}

const asText = (value: unknown): string | null =>
  value === null || value === undefined ? null : String(value);

/** Of schemas: as `SchemaState`, with who wrote the row and the comment last. */
export async function schemasOf(node: string, context: StepContext) {
  return (await rowsOn(node, SCHEMAS, context)).map((row) => ({
    name: String(row.name),
    owner: String(row.owner),
    acl: asText(row.acl),
    comment: asText(row.comment),
    made: asText(row.made),
    commented: asText(row.commented),
  }));
}

/** Before the structure is copied; once, also when the step is tried again. */
export async function rememberBefore(node: string, context: StepContext): Promise<void> {
  if (context.recall('before') !== undefined) return;
  const objects = (await rowsOn(node, OBJECT_IDS, context)).map((row) => String(row.id));
  const schemas = (await schemasOf(node, context)).map(({ made, commented, ...state }) => state);
  context.remember('before', { objects, schemas } satisfies Before);
}

export const before = (context: StepContext): Before | null =>
  (context.recall('before') as Before | undefined) ?? null;

/** The restore's transactions, as far as they are proved by now; asked again until the copy is whole. */
export async function restoreOf(action: SeedAction, context: StepContext): Promise<string[]> {
  const known = (context.recall('restore') as string[] | undefined) ?? [];
  const was = before(context);
  if (known.length === 2 || was === null) return known;
  const { node, provider, subscription, tables } = action;
  const names = tables.map(({ schema, table }) => quoteQualified(schema, table));
  const text = `SELECT DISTINCT a.xmin::text AS xid FROM pg_attribute a WHERE a.attnum = -1 AND a.attrelid IN (${oidsOf(names)})
     AND 'pg_class'::regclass::oid || '/' || a.attrelid <> ALL (ARRAY[${was.objects.map(quoteLiteral).join(', ')}]::text[])`;
  const [now, source, created, state] = await Promise.all([
    inventoryOf(node, context),
    inventoryOf(provider, context).catch(() => null),
    rowsOn(node, text, context),
    stateOf(node, subscription, context),
  ]);
  const proved = restoredBy({
    before: new Set(was.objects),
    now,
    source,
    state,
    tablesMadeBy: created.map((row) => String(row.xid)),
  });
  const all = [...new Set([...known, ...proved])];
  if (all.length > known.length) context.remember('restore', all);
  return all;
}

async function stateOf(node: string, subscription: string, context: StepContext): Promise<CopyState | null> {
  const { copies } = context.changes;
  const outcome = await context.sessions.statement(context.dsn(node), copies.state(subscription), ANSWER_MS);
  return outcome.ok ? copies.stateOf(outcome.value.at(-1)?.rows[0]?.state) : null;
}

/** A copy that is begun anew: what the one before has brought is gone. */
export function forgetRestore(context: StepContext): void {
  context.remember('restore', []);
  context.remember('ended', null);
}

const RESTORING = `SELECT pid FROM pg_stat_activity WHERE application_name = 'pg_restore' AND datname = current_database()`;

/** pg_restore is a process of its own, and may outlive the worker that started it. Throws StepFailure `timeout`; StepCancelled. */
export async function untilRestored(node: string, context: StepContext): Promise<void> {
  const end = performance.now() + RESTORE_MS;
  for (;;) {
    const [restore] = await rowsOn(node, RESTORING, context);
    if (restore === undefined) return;
    if (performance.now() > end) {
      throw new StepFailure({
        code: 'timeout',
        message: `A pg_restore is still running on ${node} (process ${restore.pid}), so it is not known what it will have restored.`,
        sqlstate: null,
        statement: `${RESTORING};`,
        cause: null,
        remedy: 'Let it end, or terminate it, then continue from here.',
      });
    }
    await sleep(LOOK_MS, undefined, { signal: context.signal }).catch(() => undefined);
    if (context.signal.aborted) throw new StepCancelled();
  }
}
