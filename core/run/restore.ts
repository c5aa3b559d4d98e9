/** Which transactions of a receiver were those of the restore: pg_restore runs each section in one (-1, spock_sync.c). Pure. */
import type { CopyState } from '#core/model/copy-state.ts';
import {
  type Inventory,
  type InventoryObject,
  nameOfObject,
  topLevel,
} from '#core/plan/servers/inventory.ts';

/** States of a copy whose first section was restored, and of one whose last was. */
const RESTORED: ReadonlySet<CopyState> = new Set<CopyState>([
  'data',
  'constraints',
  'handing-over',
  'catching-up',
  'done',
]);
const FINISHED: ReadonlySet<CopyState> = new Set<CopyState>(['handing-over', 'catching-up', 'done']);

export interface RestoreEvidence {
  before: ReadonlySet<string>;
  now: Inventory;
  /** Null: it could not be asked. */
  source: Inventory | null;
  /** Of the subscription's copy; null: not known any more. */
  state: CopyState | null;
  /** Transactions that created the copied tables that are there now and were not before. */
  tablesMadeBy: readonly string[];
}

/**
 * The first section is proved by the state together with the one transaction that made all copied tables; or, where the
 * state was lost, by that all that the source has was made by one. The last is the one other transaction that made nothing but
 * what the source has as well. What is not proved is not in the answer.
 */
export function restoredBy({ before, now, source, state, tablesMadeBy }: RestoreEvidence): string[] {
  const first = firstSection({ before, now, source, state, tablesMadeBy });
  if (first === null) return [];
  const last = state === null || FINISHED.has(state) ? lastSection(before, now, source, first) : null;
  return last === null ? [first] : [first, last];
}

function firstSection({ before, now, source, state, tablesMadeBy }: RestoreEvidence): string | null {
  const [only, ...more] = tablesMadeBy;
  if (state !== null && RESTORED.has(state) && only !== undefined && more.length === 0) return only;
  if (source === null) return null;
  const there = new Set(
    topLevel(now).flatMap((object) => (before.has(object.id) ? [nameOfObject(object)] : [])),
  );
  const wanted = topLevel(source)
    .filter(({ kind }) => kind !== 'pg_extension' && kind !== 'pg_default_acl' && !LAST.has(kind))
    .map(nameOfObject)
    .filter((name) => !there.has(name));
  const made = new Map(
    now.objects.flatMap((object) => (before.has(object.id) ? [] : [[nameOfObject(object), object]])),
  );
  const objects = wanted.map((name) => made.get(name));
  if (objects.some((object) => object === undefined)) return null;
  const found = objects as InventoryObject[];
  const enough = state !== null && RESTORED.has(state) ? 1 : 2;
  const common = (found[0]?.made ?? []).filter((xid) => found.every((object) => object.made.includes(xid)));
  return found.length >= enough && common[0] !== undefined ? (common[common.length - 1] ?? null) : null;
}

/** Restored with the last section. */
const LAST: ReadonlySet<string> = new Set([
  'pg_event_trigger',
  'pg_publication',
  'pg_subscription',
  'pg_policy',
  'pg_rewrite',
  'pg_trigger',
  'pg_statistic_ext',
]);

function lastSection(
  before: ReadonlySet<string>,
  now: Inventory,
  source: Inventory | null,
  first: string,
): string | null {
  if (source === null) return null;
  const names = new Set(source.objects.map(nameOfObject));
  const makes = new Map<string, { all: number; alike: number }>();
  for (const object of now.objects) {
    if (before.has(object.id) || object.made.includes(first) || object.kind === 'pg_type') continue;
    for (const xid of object.made) {
      const count = makes.get(xid) ?? { all: 0, alike: 0 };
      count.all++;
      if (names.has(nameOfObject(object))) count.alike++;
      makes.set(xid, count);
    }
  }
  const whole = [...makes].filter(([, { all, alike }]) => all === alike);
  return whole.sort(([, a], [, b]) => b.all - a.all)[0]?.[0] ?? null;
}
