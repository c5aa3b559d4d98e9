/**
 * Conflicts that were resolved and exceptions that were written, as news: one line for a burst on a node, with counts by
 * table, however many rows it has. They are read by the slow poll anyway, so nothing is asked for this.
 */

import type { ExceptionMark, SlowFacts } from '#core/model/facts.ts';
import { countOf, formatTable } from '#core/model/format.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { Happening } from './chronicle.ts';

/** Without another row for so long, a burst is over. */
const QUIET_MS = 60_000;
/** One that goes on is told again after so long, with what came since. */
const AGAIN_MS = 15 * 60_000;
/** Tables with a count of their own; the others are counted together. */
const TABLES_NAMED = 3;
/** What the slow poll reads at most: of conflicts, and of the exceptions of each origin. */
const MOST = { conflict: 100, exception: 20 };

type Kind = 'conflict' | 'exception';

interface NewRows {
  byTable: Map<string, number>;
  /** More may have come than were read. */
  atLeast: boolean;
}

interface Burst {
  lastAt: number;
  toldAt: number;
  /** What came since it was told; `since`: when the first of that was seen. */
  untold: (NewRows & { since: number }) | null;
}

interface NodeMemory {
  readAt: number;
  /** The greatest id of a recorded conflict that was seen; null before the first reading. */
  lastId: number | null;
  /** By origin: when its newest exception was written; null before the first reading. */
  logged: Map<string, number> | null;
  bursts: Map<Kind, Burst>;
}

export class BurstChronicle {
  #nodes = new Map<string, NodeMemory>();

  /** What is new in the last slow readings of the nodes, at `at` (milliseconds). The first reading of a node is no news. */
  follow(nodes: readonly NodeInput[], at: number): Happening[] {
    const kept = new Map<string, NodeMemory>();
    const news = nodes.flatMap((node) => {
      const memory: NodeMemory = this.#nodes.get(node.name) ?? {
        readAt: 0,
        lastId: null,
        logged: null,
        bursts: new Map(),
      };
      kept.set(node.name, memory);
      if (node.slow !== null && node.slow.receivedAt !== memory.readAt) {
        memory.readAt = node.slow.receivedAt;
        note(memory, 'conflict', newConflicts(memory, node.slow.value), at);
        note(memory, 'exception', newExceptions(memory, node.slow.value), at);
      }
      return [...memory.bursts].flatMap(([kind, burst]) => told(memory, kind, burst, node.name, at));
    });
    this.#nodes = kept;
    return news;
  }
}

function newConflicts(memory: NodeMemory, { conflicts }: SlowFacts): NewRows | null {
  if (conflicts === null) return null;
  const newest = Math.max(0, ...conflicts.map(({ id }) => Number(id)));
  const last = memory.lastId;
  memory.lastId = newest;
  // Ids that went back are of another extension.
  if (last === null || newest <= last) return null;
  const rows = conflicts.filter(({ id }) => Number(id) > last);
  return {
    byTable: counted(rows.map(({ schema, table }) => (table === null ? '?' : formatTable(schema, table)))),
    atLeast: rows.length >= MOST.conflict,
  };
}

function newExceptions(memory: NodeMemory, { exceptions }: SlowFacts): NewRows | null {
  if (exceptions === null) return null;
  const before = memory.logged;
  const logged = new Map(before);
  for (const { originId, loggedAt } of exceptions)
    logged.set(originId, Math.max(loggedAt ?? 0, logged.get(originId) ?? 0));
  memory.logged = logged;
  if (before === null) return null;
  const rows = exceptions.filter(
    ({ originId, loggedAt, disables }) =>
      // That a subscription was disabled is a row as well, and a finding tells it.
      !disables && loggedAt !== null && loggedAt > (before.get(originId) ?? 0),
  );
  if (rows.length === 0) return null;
  const ofOrigins = counted(rows.map(({ originId }) => originId));
  return {
    byTable: counted(rows.map(tableOf)),
    atLeast: [...ofOrigins.values()].some((count) => count >= MOST.exception),
  };
}

function tableOf({ schema, table }: ExceptionMark): string {
  if (table === null) return 'a table that was not found';
  return formatTable(schema, table);
}

function counted(names: string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function note(memory: NodeMemory, kind: Kind, rows: NewRows | null, at: number): void {
  if (rows === null) return;
  const burst = memory.bursts.get(kind) ?? { lastAt: at, toldAt: Number.NEGATIVE_INFINITY, untold: null };
  memory.bursts.set(kind, burst);
  burst.lastAt = at;
  burst.untold ??= { since: at, byTable: new Map(), atLeast: false };
  burst.untold.atLeast ||= rows.atLeast;
  for (const [table, count] of rows.byTable)
    burst.untold.byTable.set(table, (burst.untold.byTable.get(table) ?? 0) + count);
}

/** Its begin at once; what came since when it is over, or when it goes on for long. */
function told(memory: NodeMemory, kind: Kind, burst: Burst, node: string, at: number): Happening[] {
  const over = at - burst.lastAt >= QUIET_MS;
  if (over) memory.bursts.delete(kind);
  const { untold } = burst;
  if (untold === null || !(over || at - burst.toldAt >= AGAIN_MS)) return [];
  burst.toldAt = at;
  burst.untold = null;
  return [
    {
      at: new Date(untold.since).toISOString(),
      kind,
      severity: kind === 'conflict' ? 'info' : 'warning',
      text: textOf(kind, untold, node),
      subject: { node },
      finding: null,
    },
  ];
}

/** `5 conflicts in acct on n2`; `14 conflicts on n2: 9 in orders, 2 in acct, 3 in 2 other tables`. */
function textOf(kind: Kind, { byTable, atLeast }: NewRows, node: string): string {
  const tables = [...byTable].sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
  const sum = (counts: typeof tables) => counts.reduce((total, [, count]) => total + count, 0);
  const head = `${atLeast ? 'At least ' : ''}${countOf(sum(tables), kind)}`;
  const [only] = tables;
  if (only !== undefined && tables.length === 1) return `${head} in ${only[0]} on ${node}`;
  const named = tables.slice(0, TABLES_NAMED).map(([table, count]) => `${count} in ${table}`);
  const rest = tables.slice(TABLES_NAMED);
  if (rest.length > 0) named.push(`${sum(rest)} in ${countOf(rest.length, 'other table')}`);
  return `${head} on ${node}: ${named.join(', ')}`;
}
