/**
 * For tests: applications that write on a node while something is done to the cluster, and remember what was committed, so
 * that each node's rows can be held against it afterwards.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';

/** Own rows by (node, seq), and counters that all nodes add to. */
export const WRITERS_SCHEMA = `
CREATE TABLE written (node int NOT NULL, seq int NOT NULL, v int NOT NULL, PRIMARY KEY (node, seq));
CREATE TABLE counter (id int PRIMARY KEY, n numeric NOT NULL DEFAULT 0);`;
export const COUNTERS = 'INSERT INTO counter SELECT i, 0 FROM generate_series(1, 5) i;';

export interface WriterOptions {
  /** Which node's rows these are. */
  node: number;
  dsn: string;
  /** Adds to shared counters: only where delta-apply sums them up, or on one node. */
  counters?: boolean;
  /** Between two statements, in ms. */
  pauseMs?: number;
}

export interface Writer {
  node: number;
  /** Own rows as they were last committed, by seq. */
  rows: Map<number, number>;
  /** Own rows whose last statement got no answer: either version may stand. */
  unsure: Set<number>;
  /** What this writer has added to each counter; the bounds differ where a statement got no answer. */
  added: Map<number, { least: number; most: number }>;
  committed: number;
  /** What the server said against a statement, once each. */
  refusals: Set<string>;
  /** Resolves when `count` more statements were committed. */
  writes(count: number): Promise<void>;
  stop(): Promise<void>;
}

type Change =
  | { kind: 'insert' | 'update'; seq: number; v: number }
  | { kind: 'delete'; seq: number }
  | { kind: 'add'; id: number; by: number };

/** Insert, update, delete and add in turn, the same in each run of the test. */
function changeOf(turn: number, rows: Map<number, number>, counters: boolean): Change {
  const seqs = [...rows.keys()];
  const old = seqs[Math.floor(seqs.length / 2)];
  switch (turn % 6) {
    case 2:
      if (old !== undefined) return { kind: 'update', seq: old, v: turn };
      break;
    case 3:
      if (counters) return { kind: 'add', id: 1 + (turn % 5), by: 1 };
      break;
    case 5:
      if (seqs.length > 20 && old !== undefined) return { kind: 'delete', seq: old };
      break;
  }
  return { kind: 'insert', seq: turn, v: turn };
}

function statementOf(node: number, change: Change): string {
  switch (change.kind) {
    case 'insert':
      return `INSERT INTO written VALUES (${node}, ${change.seq}, ${change.v})`;
    case 'update':
      return `UPDATE written SET v = ${change.v} WHERE node = ${node} AND seq = ${change.seq}`;
    case 'delete':
      return `DELETE FROM written WHERE node = ${node} AND seq = ${change.seq}`;
    case 'add':
      return `UPDATE counter SET n = n + ${change.by} WHERE id = ${change.id}`;
  }
}

export function startWriter({ node, dsn, counters = false, pauseMs = 15 }: WriterOptions): Writer {
  let going = true;
  let connection: Connection | null = null;
  const waiting: { at: number; resolve: () => void }[] = [];
  const writer: Writer = {
    node,
    rows: new Map(),
    unsure: new Set(),
    added: new Map(),
    committed: 0,
    refusals: new Set(),
    writes: (count) => new Promise((resolve) => waiting.push({ at: writer.committed + count, resolve })),
    async stop() {
      going = false;
      await done;
    },
  };

  const note = (change: Change): void => {
    if (change.kind === 'add') {
      const sum = writer.added.get(change.id) ?? { least: 0, most: 0 };
      writer.added.set(change.id, { least: sum.least + change.by, most: sum.most + change.by });
    } else if (change.kind === 'delete') writer.rows.delete(change.seq);
    else writer.rows.set(change.seq, change.v);
    writer.committed++;
    for (const each of waiting.splice(0)) {
      if (writer.committed >= each.at) each.resolve();
      else waiting.push(each);
    }
  };
  const doubt = (change: Change): void => {
    if (change.kind === 'add') {
      const sum = writer.added.get(change.id) ?? { least: 0, most: 0 };
      writer.added.set(change.id, { least: sum.least, most: sum.most + change.by });
    } else {
      writer.rows.delete(change.seq);
      writer.unsure.add(change.seq);
    }
  };

  async function go(): Promise<void> {
    for (let turn = 1; going; turn++) {
      if (connection === null || connection.closed) {
        const opened = await openConnection(connectionTargets(dsn), 3000, 3000);
        if (!opened.ok) {
          writer.refusals.add(opened.error.message);
          await sleep(50);
          continue;
        }
        connection = opened.value;
      }
      const change = changeOf(turn, writer.rows, counters);
      const outcome = await connection.run(statementOf(node, change), 60_000);
      if (outcome.ok) {
        if (outcome.value.at(-1)?.rowCount !== 0) note(change);
      } else {
        writer.refusals.add(outcome.error.message);
        // An answer with an SQLSTATE is a refusal; without one nobody knows whether it was committed.
        if (outcome.error.sqlstate === null) doubt(change);
      }
      await sleep(pauseMs);
    }
    connection?.close();
  }
  const done = go();
  return writer;
}

export interface Tally {
  missing: string[];
  extra: string[];
  wrong: string[];
  counters: string[];
}

/** What `rows` of `written` and `counters` of `counter` on one node lack or have too much of, by what the writers committed. */
export function tally(
  writers: readonly Writer[],
  rows: readonly { node: number; seq: number; v: number }[],
  counters: readonly { id: number; n: number }[],
): Tally {
  const found: Tally = { missing: [], extra: [], wrong: [], counters: [] };
  const there = new Map(rows.map(({ node, seq, v }) => [`${node}/${seq}`, v]));
  for (const writer of writers) {
    for (const [seq, v] of writer.rows) {
      const seen = there.get(`${writer.node}/${seq}`);
      if (seen === undefined) found.missing.push(`${writer.node}/${seq}`);
      else if (seen !== v) found.wrong.push(`${writer.node}/${seq}: ${seen} for ${v}`);
    }
  }
  const byNode = new Map(writers.map((writer) => [writer.node, writer]));
  for (const { node, seq } of rows) {
    const writer = byNode.get(node);
    if (writer !== undefined && !writer.rows.has(seq) && !writer.unsure.has(seq)) {
      found.extra.push(`${node}/${seq}`);
    }
  }
  for (const { id, n } of counters) {
    const least = writers.reduce((sum, each) => sum + (each.added.get(id)?.least ?? 0), 0);
    const most = writers.reduce((sum, each) => sum + (each.added.get(id)?.most ?? 0), 0);
    if (n < least || n > most)
      found.counters.push(`${id}: ${n} for ${least}${most > least ? `..${most}` : ''}`);
  }
  return found;
}

export const NOTHING_WRONG: Tally = { missing: [], extra: [], wrong: [], counters: [] };

export const ROWS_OF_WRITERS = 'SELECT node, seq, v FROM written ORDER BY 1, 2';
export const COUNTERS_NOW = 'SELECT id, n::float8 AS n FROM counter ORDER BY 1';
