/**
 * What of a database is taken back after a copy of a structure: what came with it, and nothing that others have made, changed or
 * hung on it. Pure: over inventories.
 */
import { quoteLiteral } from '#core/engines/quote.ts';
import type { LeftToDo } from '#core/model/plan.ts';
import {
  type Inventory,
  type InventoryObject,
  type Link,
  nameOfObject,
} from '#core/plan/servers/inventory.ts';

export type Kept = Pick<LeftToDo, 'code' | 'object' | 'message' | 'sql'>;

export interface TakeBack {
  /** In the order in which they can be dropped without CASCADE. */
  drop: InventoryObject[];
  kept: Kept[];
}

export interface Copied {
  before: ReadonlySet<string>;
  now: Inventory;
  /** Transactions of the restore. */
  restore: ReadonlySet<string>;
  /** Transactions of the run's other statements. */
  own: ReadonlySet<string>;
  /** Tables of which others' rows would be lost, or it is not known, by name: `public.orders`. */
  rowsOfOthers: ReadonlyMap<string, { code: 'written-since' | 'not-known'; why: string }>;
}

/** Indexes, constraints, triggers and the like go with their table; each new object with the outermost of its owners that is new. */
function ownersOf(links: readonly Link[], isNew: (id: string) => boolean): (id: string) => string {
  const direct = new Map<string, string>();
  for (const { id, on, part } of links) if (part && isNew(on) && !direct.has(id)) direct.set(id, on);
  const found = new Map<string, string>();
  return function owner(id: string): string {
    const known = found.get(id);
    if (known !== undefined) return known;
    const seen = new Set([id]);
    let at = id;
    for (let next = direct.get(at); next !== undefined && !seen.has(next); next = direct.get(at)) {
      seen.add(next);
      at = next;
    }
    found.set(id, at);
    return at;
  };
}

const some = (made: readonly string[], among: ReadonlySet<string>): boolean =>
  made.some((xid) => among.has(xid));

/** New objects that the restore's transactions have made. */
export function whatCame({ before, now, restore }: Pick<Copied, 'before' | 'now' | 'restore'>) {
  return now.objects.filter(({ id, made }) => !before.has(id) && some(made, restore));
}

/**
 * New objects that the copy may have brought and that no transaction proves to be its own: a restore that was cut off, or one of
 * which the status is lost. `source` null: it could not be asked, so that nothing new is known not to be from there.
 */
export function mayHaveCome(
  { before, now, restore, own }: Pick<Copied, 'before' | 'now' | 'restore' | 'own'>,
  source: Inventory | null,
): Kept[] {
  const owner = ownersOf(now.links, (id) => !before.has(id));
  const names = source === null ? null : new Set(source.objects.map(nameOfObject));
  return now.objects.flatMap((object) => {
    const { id, made } = object;
    if (before.has(id) || owner(id) !== id || some(made, restore) || some(made, own)) return [];
    if (names !== null && !names.has(nameOfObject(object))) return [];
    return [
      {
        code: 'not-known',
        object: nameOfObject(object),
        message: 'It is new, and it is not known whether the copy or somebody else created it.',
        sql: dropStatements(object).map((text) => `${text};`),
      },
    ];
  });
}

export function takeBack(copied: Copied): TakeBack {
  const { before, now, restore, own, rowsOfOthers } = copied;
  const byId = new Map(now.objects.map((object) => [object.id, object]));
  const owner = ownersOf(now.links, (id) => !before.has(id));
  const came = new Map(
    whatCame(copied).flatMap((object) => (owner(object.id) === object.id ? [[object.id, object]] : [])),
  );
  const keep = new Map<string, Kept>();
  const keepIt = (id: string, code: Kept['code'], message: string) => {
    const object = came.get(id);
    if (object === undefined || keep.has(id)) return;
    const sql = dropStatements(object).map((text) => `${text};`);
    keep.set(id, { code, object: nameOfObject(object), message, sql });
  };
  for (const { id, identity, kind } of now.objects) {
    const rows = kind === 'pg_class' ? rowsOfOthers.get(identity) : undefined;
    if (rows !== undefined) keepIt(owner(id), rows.code, rows.why);
  }
  // Parts that others have made, unless PostgreSQL makes them with their owner.
  for (const object of now.objects) {
    const of = owner(object.id);
    if (before.has(object.id) || of === object.id || !came.has(of)) continue;
    if (some(object.made, restore) || some(object.made, own) || object.kind === 'pg_type') continue;
    keepIt(
      of,
      'others-depend',
      `${nameOfObject(object)} was created by others, and would be dropped with it.`,
    );
  }
  const links = outer(now.links, owner);
  for (const { id, on } of links) {
    const other = byId.get(id);
    if (came.has(id) || !came.has(on) || other === undefined) continue;
    keepIt(on, 'others-depend', `${nameOfObject(other)}, which this run did not create, depends on it.`);
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const { id, on } of links) {
      const user = came.get(id);
      if (user === undefined || !keep.has(id) || keep.has(on) || !came.has(on)) continue;
      keepIt(on, 'after-others', `${nameOfObject(user)} is kept and needs it.`);
      grown = true;
    }
  }
  const dropped = [...came.values()].filter(({ id }) => !keep.has(id));
  return { drop: inOrder(dropped, links), kept: [...keep.values()] };
}

/** Links between outermost objects. */
function outer(links: readonly Link[], owner: (id: string) => string): { id: string; on: string }[] {
  const seen = new Set<string>();
  return links.flatMap(({ id, on }) => {
    const link = { id: owner(id), on: owner(on) };
    const key = `${link.id} ${link.on}`;
    if (link.id === link.on || seen.has(key)) return [];
    seen.add(key);
    return [link];
  });
}

/** What hangs on others first. Objects that hang on one another (tables by their foreign keys) stand side by side. */
function inOrder(objects: readonly InventoryObject[], links: readonly { id: string; on: string }[]) {
  const byId = new Map(objects.map((object) => [object.id, object]));
  const users = new Map<string, string[]>();
  for (const { id, on } of links) {
    if (byId.has(id) && byId.has(on)) users.set(on, [...(users.get(on) ?? []), id]);
  }
  const out: InventoryObject[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (start: string) => {
    const stack = [{ id: start, next: 0 }];
    state.set(start, 'open');
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const user = users.get(top.id)?.[top.next++];
      if (user === undefined) {
        stack.pop();
        state.set(top.id, 'done');
        out.push(byId.get(top.id) as InventoryObject);
      } else if (!state.has(user)) {
        state.set(user, 'open');
        stack.push({ id: user, next: 0 });
      }
    }
  };
  const rank = ({ kind }: InventoryObject): number => (kind === 'pg_namespace' ? 1 : 0);
  for (const { id } of [...objects].sort((a, b) => rank(a) - rank(b))) if (!state.has(id)) visit(id);
  return out;
}

/** Types that pg_identify_object() calls otherwise than DROP does. */
const DROPPED_AS: Record<string, string> = {
  'composite type': 'TYPE',
  'statistics object': 'STATISTICS',
  'foreign-data wrapper': 'FOREIGN DATA WRAPPER',
};

/** Never with CASCADE. A subscription goes without its slot, which stands on another server and is another's. */
export function dropStatements({ kind, type, identity }: InventoryObject): string[] {
  if (kind === 'pg_subscription') {
    return [
      `ALTER SUBSCRIPTION ${identity} DISABLE`,
      `ALTER SUBSCRIPTION ${identity} SET (slot_name = NONE)`,
      `DROP SUBSCRIPTION ${identity}`,
    ];
  }
  if (kind === 'pg_user_mapping') {
    const [, user = '', server = ''] = /^(.*) on server (.*)$/s.exec(identity) ?? [];
    return [`DROP USER MAPPING FOR ${user === 'public' ? 'PUBLIC' : quoted(user)} SERVER ${quoted(server)}`];
  }
  return [`DROP ${DROPPED_AS[type] ?? type.toUpperCase()} ${identity}`];
}

/** User mappings are identified without quotes. */
const quoted = (name: string): string => (name.startsWith('"') ? name : `"${name.replaceAll('"', '""')}"`);

const DROPPABLE: ReadonlySet<string> = new Set([
  'pg_am',
  'pg_cast',
  'pg_class',
  'pg_collation',
  'pg_conversion',
  'pg_event_trigger',
  'pg_extension',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_language',
  'pg_namespace',
  'pg_opclass',
  'pg_operator',
  'pg_opfamily',
  'pg_proc',
  'pg_publication',
  'pg_statistic_ext',
  'pg_subscription',
  'pg_transform',
  'pg_ts_config',
  'pg_ts_dict',
  'pg_ts_parser',
  'pg_ts_template',
  'pg_type',
  'pg_user_mapping',
]);

/** Whether a DROP takes it back; default privileges have none. */
export const isDroppable = ({ kind }: InventoryObject): boolean => DROPPABLE.has(kind);

/** Keys between dropped tables, which may hang on one another in a circle: dropped first. One row a key, `text`. */
export const foreignKeysAmong = (tables: readonly InventoryObject[]): string =>
  `SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS text FROM pg_constraint
 WHERE contype = 'f' AND conparentid = 0 AND conrelid <> confrelid AND conrelid = ANY (ARRAY[${oids(tables)}]::oid[]) AND confrelid = ANY (ARRAY[${oids(tables)}]::oid[])`;

/** Defaults call functions, and functions may take a table's row: dropped before either. */
export const defaultsOf = (tables: readonly InventoryObject[]): string =>
  `SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', d.adrelid::regclass, a.attname) AS text FROM pg_attrdef d
  JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum JOIN pg_class c ON c.oid = d.adrelid
 WHERE a.attgenerated = '' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND d.adrelid = ANY (ARRAY[${oids(tables)}]::oid[])`;

const oids = (objects: readonly InventoryObject[]): string =>
  objects.map(({ id }) => quoteLiteral(id.slice(id.indexOf('/') + 1))).join(', ');
