/**
 * Conflicts as an inbox. Every node records only its own view of a conflict: n1 applied the remote row, n2 kept its
 * local one, and both speak of the same two row versions. Views of the same two versions are one event.
 */
import type { Conflict } from '#core/contract/history.ts';

type TupleOf = NonNullable<Conflict['localTuple']>;

/** One of the two versions of the row. `tuple` null: the row was deleted, or was not there. */
export interface Version {
  /** The node that wrote it; null: the catalog does not say. */
  origin: string | null;
  at: string | null;
  xid: string | null;
  tuple: TupleOf | null;
}

export interface ConflictEvent {
  /** `node:id` of its first view: stands on the URL. */
  id: string;
  schema: string | null;
  table: string;
  index: string | null;
  type: string;
  /** Newest first view of all. */
  at: string;
  /** As one node saw them; `won` says which of both was kept by the views, null when the views do not agree. */
  local: Version;
  remote: Version;
  won: 'local' | 'remote' | null;
  views: Conflict[];
}

/** A local row that has a commit stamp and no replication origin was written on the node itself. */
export const localVersion = (view: Conflict): Version => ({
  origin: view.localOrigin ?? (view.localAt === null ? null : view.node),
  at: view.localAt,
  xid: view.localXid,
  tuple: view.localTuple,
});

export const remoteVersion = (view: Conflict): Version => ({
  origin: view.remoteOrigin,
  at: view.remoteAt,
  xid: view.remoteXid,
  tuple: view.remoteTuple,
});

/** A version is known by when it was committed and what it says: node names and xids differ from view to view. */
const faceOf = (version: Version): string => `${version.at ?? ''} ${version.tuple?.text ?? ''}`;

/** Views of the same table and the same two versions, whichever of them was local. */
function eventKey(view: Conflict): string {
  const faces = [faceOf(localVersion(view)), faceOf(remoteVersion(view))].sort();
  return JSON.stringify([view.schema, view.table, ...faces]);
}

/** Brings the nodes' views together; events and views are newest first. */
export function eventsOf(conflicts: Conflict[]): ConflictEvent[] {
  const byKey = new Map<string, Conflict[]>();
  for (const view of conflicts) {
    const key = eventKey(view);
    const views = byKey.get(key);
    if (views === undefined) byKey.set(key, [view]);
    else if (!views.some((other) => other.node === view.node && other.id === view.id)) views.push(view);
  }
  return [...byKey.values()].map(eventOf).sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

function eventOf(views: Conflict[]): ConflictEvent {
  const sorted = [...views].sort((a, b) => (a.node < b.node ? -1 : a.node > b.node ? 1 : 0));
  // Seen best from a node that wrote one of both versions itself; any other only received both.
  const seen = sorted.find((view) => localVersion(view).origin === view.node) ?? sorted[0];
  if (seen === undefined) throw new Error('an event has at least one view');
  const local = localVersion(seen);
  const remote = remoteVersion(seen);
  const winners = new Set(sorted.map(keptFace));
  const won = winners.size !== 1 ? null : winners.has(faceOf(remote)) ? 'remote' : 'local';
  return {
    id: `${sorted[0]?.node}:${sorted[0]?.id}`,
    schema: seen.schema,
    table: seen.table,
    index: seen.index,
    type: seen.type,
    at:
      sorted
        .map((view) => view.at)
        .sort()
        .at(-1) ?? seen.at,
    local,
    remote,
    won,
    views: sorted,
  };
}

/** Which version a view's resolution left in the table. `skip` leaves what was there. */
export function keptIn(view: Conflict): 'local' | 'remote' {
  return view.resolution === 'apply_remote' ? 'remote' : 'local';
}

const keptFace = (view: Conflict): string =>
  faceOf(keptIn(view) === 'remote' ? remoteVersion(view) : localVersion(view));

/** An event is on the URL by any of its views: later views must not break a link that was sent. */
export function findEvent(events: ConflictEvent[], id: string | null): ConflictEvent | null {
  if (id === null) return null;
  return events.find((event) => event.views.some((view) => `${view.node}:${view.id}` === id)) ?? null;
}

export interface ConflictGroup {
  /** `schema.table type`: stands on the URL while the group is open. */
  key: string;
  schema: string | null;
  table: string;
  type: string;
  events: ConflictEvent[];
}

/** Groups by table and type; those whose rows were lost first, then the newest. */
export function groupsOf(events: ConflictEvent[]): ConflictGroup[] {
  const groups = new Map<string, ConflictGroup>();
  for (const event of events) {
    const key = `${event.schema ?? ''}.${event.table} ${event.type}`;
    const group = groups.get(key);
    if (group) group.events.push(event);
    else
      groups.set(key, { key, schema: event.schema, table: event.table, type: event.type, events: [event] });
  }
  return [...groups.values()].sort((a, b) => {
    const lost = Number(b.events.some(loses)) - Number(a.events.some(loses));
    if (lost !== 0) return lost;
    return (a.events[0]?.at ?? '') < (b.events[0]?.at ?? '') ? 1 : -1;
  });
}

/** True when a row that a client was told is committed is in no table any more, or the nodes kept different rows. */
export function loses(event: ConflictEvent): boolean {
  return event.won === null || /^insert_/.test(event.type);
}

export interface ColumnPair {
  column: string;
  local: unknown;
  remote: unknown;
  /** undefined where one side has no such column. */
  differs: boolean;
}

/** The columns of both versions side by side, in the order of the row; null where a tuple is not JSON: its text is shown. */
export function columnsOf(event: ConflictEvent): ColumnPair[] | null {
  const local = event.local.tuple;
  const remote = event.remote.tuple;
  if ((local !== null && local.json === null) || (remote !== null && remote.json === null)) return null;
  const left = local?.json ?? {};
  const right = remote?.json ?? {};
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  if (names.length === 0) return null;
  return names.map((column) => ({
    column,
    local: left[column],
    remote: right[column],
    differs: JSON.stringify(left[column]) !== JSON.stringify(right[column]),
  }));
}

/**
 * How the row is called: its key's columns and values. Without the key's columns (the table is gone, or was not read) the
 * first column that both versions have in common, which is said as such.
 */
export function keyOf(event: ConflictEvent, keyColumns: string[]): { column: string; value: unknown }[] {
  const row = event.remote.tuple?.json ?? event.local.tuple?.json ?? null;
  if (row === null) return [];
  const known = keyColumns.filter((column) => column in row);
  if (known.length > 0) return known.map((column) => ({ column, value: row[column] }));
  const same = columnsOf(event)?.find((pair) => !pair.differs);
  return same ? [{ column: same.column, value: same.local }] : [];
}
