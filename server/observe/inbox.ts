/** Conflicts and exceptions of all nodes as one list, newest first. A node that cannot be asked is named as missing. */
import type { Conflict, Exception } from '#core/contract/history.ts';
import { buildBatch, type Row, type Section } from '#core/engines/engine.ts';
import type { ExceptionKey, RowFilter } from '#core/engines/inbox.ts';
import type { NodeWatch } from './node-watch.ts';

export interface InboxQuery extends RowFilter {
  limit: number;
  cursor?: string | undefined;
}

export interface InboxPage<T> {
  items: T[];
  nextCursor: string | null;
  missing: { node: string; reason: string }[];
}

const TIMES = { statementMs: 5000, lockMs: 500, deadlineMs: 6000 };

type Answer = { node: NodeWatch; rows: Row[] } | { node: NodeWatch; reason: string };

/** What the catalogs of a node called an origin that has left them; null: nobody remembers. */
export type Remembered = (node: string, originId: string) => string | null;
const nobody: Remembered = () => null;

/** `nodes`: those to be asked, always in the same order. */
export async function conflictsPage(
  nodes: readonly NodeWatch[],
  query: InboxQuery,
  remembered = nobody,
): Promise<InboxPage<Conflict>> {
  const decoded = decodeIds(query.cursor);
  // Of another number of nodes than now, a cursor means nothing: begin anew.
  const starts = decoded?.length === nodes.length ? decoded : null;
  const answers = await Promise.all(
    nodes.map((node, index) => {
      const capabilities = node.input().capabilities;
      if (starts?.[index] === 0) return { node, rows: [] };
      return ask(
        node,
        capabilities &&
          node.engine.inbox.conflicts.section(capabilities, query, starts?.[index] ?? null, query.limit + 1),
        node.engine.inbox.conflicts.unread,
      );
    }),
  );
  const streams = answers.map((answer) =>
    'rows' in answer ? answer.rows.map((row) => conflictOf(row, answer.node, remembered)) : [],
  );
  const taken = streams.map(() => 0);
  const items: Conflict[] = [];
  while (items.length < query.limit) {
    const next = newestHead(streams, taken, (conflict) => conflict.at);
    if (next === null) break;
    items.push(streams[next]?.[taken[next] as number] as Conflict);
    (taken[next] as number)++;
  }
  const more = streams.some((stream, index) => stream.length > (taken[index] as number));
  const ids = streams.map((stream, index) => {
    const last = stream[(taken[index] as number) - 1];
    if (last !== undefined) return Number(last.id);
    // A node that had no rows is not asked again; one that failed is, from where it stood.
    const answered = 'rows' in (answers[index] as Answer);
    return stream.length === 0 && answered ? 0 : (starts?.[index] ?? null);
  });
  return { items, nextCursor: more ? encodeIds(ids) : null, missing: missingOf(answers) };
}

/** Ordered by commit time on the origin, which is the log's key; ties by node, origin and command. */
export async function exceptionsPage(
  nodes: readonly NodeWatch[],
  query: InboxQuery,
  remembered = nobody,
): Promise<InboxPage<Exception>> {
  const after = decodeKey(query.cursor);
  const answers = await Promise.all(
    nodes.map((node) => {
      const { capabilities } = node.input();
      return ask(
        node,
        capabilities &&
          node.engine.inbox.exceptions.section(capabilities, query, node.record.name, after, query.limit + 1),
        node.engine.inbox.exceptions.unread,
      );
    }),
  );
  const all = answers
    .flatMap((answer) => ('rows' in answer ? answer.rows.map((row) => ({ row, node: answer.node })) : []))
    .map(({ row, node }) => ({ key: node.engine.inbox.exceptions.keyOf(row, node.record.name), row, node }))
    .sort((a, b) => compareExceptions(a.key, b.key));
  const page = all.slice(0, query.limit);
  const last = page.at(-1);
  return {
    items: page.map(({ row, node }) => exceptionOf(row, node, remembered)),
    nextCursor: all.length > page.length && last !== undefined ? encodeKey(last.key) : null,
    missing: missingOf(answers),
  };
}

async function ask(node: NodeWatch, section: Section | null, unread: string): Promise<Answer> {
  const { failure, fast } = node.input();
  if (failure !== null) return { node, reason: failure.message };
  if (fast === null) return { node, reason: 'It has not been read yet.' };
  if (section === null) return { node, reason: unread };
  const batch = buildBatch([section], TIMES);
  const outcome = await node.client.batch(batch.text, { deadlineMs: TIMES.deadlineMs, lane: 'extra' });
  if (!outcome.ok) return { node, reason: outcome.error.message };
  return { node, rows: [...(batch.rows(outcome.results)[section.name] ?? [])] };
}

function missingOf(answers: readonly Answer[]): { node: string; reason: string }[] {
  return answers.flatMap((answer) =>
    'reason' in answer ? [{ node: answer.node.record.name, reason: answer.reason }] : [],
  );
}

/** Each stream in its own order; of their heads the newest. */
function newestHead<T>(
  streams: readonly T[][],
  taken: readonly number[],
  at: (item: T) => string,
): number | null {
  let best: number | null = null;
  for (const [index, stream] of streams.entries()) {
    const head = stream[taken[index] as number];
    const bestHead = best === null ? undefined : streams[best]?.[taken[best] as number];
    if (head !== undefined && (bestHead === undefined || at(head) > at(bestHead))) best = index;
  }
  return best;
}

const conflictOf = (row: Row, node: NodeWatch, remembered: Remembered): Conflict => ({
  node: node.record.name,
  ...node.engine.inbox.conflicts.decode(row, originNameAt(node, remembered)),
});

const exceptionOf = (row: Row, node: NodeWatch, remembered: Remembered): Exception => ({
  node: node.record.name,
  ...node.engine.inbox.exceptions.decode(row, originNameAt(node, remembered)),
});

/**
 * Origins stand there as node ids, and 0 for the node itself. Of a node that has left the name is given that the catalogs had
 * for it while the console watched; a number that nobody knows stays a number.
 */
const originNameAt =
  (node: NodeWatch, remembered: Remembered) =>
  (id: string | null): string | null => {
    if (id === null) return null;
    const fast = node.input().fast?.value;
    if (id === '0') return fast?.localNode ?? node.record.name;
    return fast?.peers.find((peer) => peer.id === id)?.name ?? remembered(node.record.name, id) ?? id;
  };

function compareExceptions(a: ExceptionKey, b: ExceptionKey): number {
  if (a.at !== b.at) return a.at > b.at ? -1 : 1;
  if (a.node !== b.node) return a.node < b.node ? -1 : 1;
  if (a.origin !== b.origin) return a.origin - b.origin;
  if (a.commandCounter !== b.commandCounter) return b.commandCounter - a.commandCounter;
  return a.retryAt > b.retryAt ? -1 : a.retryAt < b.retryAt ? 1 : 0;
}

/** A cursor that was not made here starts anew. */
function decodeKey(cursor: string | undefined): ExceptionKey | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor ?? '', 'base64url').toString('utf8'));
    if (!Array.isArray(parts) || parts.length !== 5) return null;
    const [at, node, origin, commandCounter, retryAt] = parts;
    if (![at, retryAt].every((part) => typeof part === 'string' && INSTANT.test(part))) return null;
    if (typeof node !== 'string' || ![origin, commandCounter].every(Number.isInteger)) return null;
    return { at, node, origin, commandCounter, retryAt };
  } catch {
    return null;
  }
}

const INSTANT = /^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

function encodeKey({ at, node, origin, commandCounter, retryAt }: ExceptionKey): string {
  return Buffer.from(JSON.stringify([at, node, origin, commandCounter, retryAt])).toString('base64url');
}

/** One number a node, in their order: short enough for a URL with 64 nodes. `-`: from the newest. */
function encodeIds(ids: readonly (number | null)[]): string {
  return ids.map((id) => (id === null ? '-' : id.toString(36))).join('.');
}

function decodeIds(cursor: string | undefined): (number | null)[] | null {
  if (cursor === undefined || !/^(-|[0-9a-z]{1,7})(\.(-|[0-9a-z]{1,7}))*$/.test(cursor)) return null;
  return cursor.split('.').map((part) => (part === '-' ? null : Number.parseInt(part, 36)));
}
