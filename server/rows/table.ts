/** Whether one table holds the same rows on several nodes: by blocks, then by rows, then by rows read again. */
import type { Words } from '#core/engines/changes.ts';
import {
  ALL,
  bucketSums,
  cut,
  type KeyValues,
  type Range,
  type Readable,
  rows,
  rowsByKey,
  sum,
} from '#core/rows/blocks.ts';
import {
  count,
  type Differences,
  decide,
  neverThere,
  noDifferences,
  readingOf,
  type Suspect,
  suspectsOf,
} from '#core/rows/decide.ts';
import { differText, ownText, sameText } from '#core/rows/words.ts';
import { StepFailure } from '#server/run/step-failure.ts';
import { allArrived } from './marks.ts';
import type { ReadableTable } from './readable.ts';
import type { Reader } from './reader.ts';

/** How much is read at once; tests take less. */
export interface Limits {
  /** Rows of the first block; later ones are as large as they are read in a short time. */
  blockRows: number;
  mostBlockRows: number;
  /** A table of so many bytes or less is one block. */
  oneBlockBytes: number;
  /** Rows that differ of this many or fewer are read without buckets. */
  pieceRows: number;
  /** Of one query that returns rows. */
  rowsAtOnce: number;
  /** Rows that are not yet decided on, before they are. */
  suspects: number;
  /** A table with more differing rows is not read any further; its rows are still counted. */
  differences: number;
  /** Readings of a row that changes between any two of them. */
  readings: number;
}

export const LIMITS: Limits = {
  blockRows: 20_000,
  mostBlockRows: 320_000,
  oneBlockBytes: 8 * 1024 * 1024,
  pieceRows: 500,
  rowsAtOnce: 20_000,
  suspects: 5000,
  differences: 10_000,
  readings: 9,
};

/** A block that takes less is followed by a larger one, one that takes more by a smaller one. */
const QUICK_MS = 150;
const SLOW_MS = 800;
const BLOCK_MS = 120_000;
/** Where all of a table is one block, it may take as long as a slow disk needs. */
const SLOWEST_BYTES_A_MS = 4000;
const MOST_BUCKETS = 65_536;
const ROWS_A_BUCKET = 100;
const KEYS_AT_ONCE = 1000;

export type Verdict =
  | { kind: 'same'; text: string; changing: number }
  | { kind: 'different'; text: string }
  | { kind: 'not-known'; text: string; error: StepFailure['error'] };

/** What was asked cannot be known: caught here, and a verdict. */
class NotKnown extends Error {
  override name = 'NotKnown';
  readonly error: StepFailure['error'];
  constructor(error: StepFailure['error']) {
    super(error.message);
    this.error = error;
  }
}

export interface Work {
  reader: Reader;
  /** All that may send rows to the nodes. */
  providers: readonly string[];
  limits: Limits;
  /**
   * A node whose own changes reach nobody yet, and stand for nothing wrong here: a receiver that is not subscribed to so far. Its
   * slots keep them. Null: none.
   */
  own: string | null;
  /** How much of the table is read, 0 to 1. */
  heard: (share: number) => void;
}

/** Throws `Ended`, and StepFailure where a node cannot be reached. */
export async function compareTable(table: ReadableTable, work: Work): Promise<Verdict> {
  const comparison = new Comparison(table, work);
  const name = `${table.schema}.${table.table}`;
  try {
    return await comparison.verdict();
  } catch (error) {
    if (error instanceof NotKnown) {
      const { message } = error;
      return (
        comparison.proven() ?? {
          kind: 'not-known',
          text: `not known: ${message}`,
          error: { ...error.error, message: `${name}: not known: ${message}` },
        }
      );
    }
    throw error;
  }
}

class Comparison {
  readonly #table: ReadableTable;
  readonly #work: Work;
  readonly #on: readonly Readable[];
  readonly #counts: number[];
  readonly #differences: Differences;
  #suspects: Suspect[] = [];
  #changing = 0;
  /** Rows that the node `own` has written itself. */
  #own = 0;

  constructor(table: ReadableTable, work: Work) {
    this.#table = table;
    this.#work = work;
    this.#on = table.on;
    this.#counts = table.nodes.map(() => 0);
    this.#differences = noDifferences(table.nodes.length);
  }

  async verdict(): Promise<Verdict> {
    for await (const { range, sums } of this.#blocks()) {
      sums.forEach(({ rows }, node) => {
        this.#counts[node] = (this.#counts[node] ?? 0) + rows;
      });
      if (!isAlike(sums) && !this.#capped)
        await this.#pieces(range, Math.max(...sums.map(({ rows }) => rows)));
    }
    await this.#settle();
    const rows = this.#counts[0] ?? 0;
    const text = `${sameText(rows, this.#changing)}${ownText(this.#own, this.#work.own ?? '')}`;
    return this.proven() ?? { kind: 'same', text, changing: this.#changing };
  }

  /** Rows that are known to differ, whatever else is not known. */
  proven(): Verdict | null {
    if (this.#differences.total === 0) return null;
    const text = differText(this.#table.nodes, this.#counts, this.#differences, this.#capped);
    return { kind: 'different', text };
  }

  get #capped(): boolean {
    return this.#differences.total >= this.#work.limits.differences;
  }

  /** Blocks with their sums on each node, cut on the node that has most; the next cut is looked for meanwhile. */
  async *#blocks(): AsyncGenerator<{ range: Range; sums: Sum[] }> {
    const { limits, heard } = this.#work;
    const { bytes, estimate, leader } = this.#table;
    const small = bytes <= limits.oneBlockBytes && (estimate ?? 0) <= limits.blockRows;
    if (small || this.#on[0]?.key.kind !== 'range') {
      yield { range: ALL, sums: await this.#sums(ALL, BLOCK_MS + bytes / SLOWEST_BYTES_A_MS) };
      return;
    }
    let size = limits.blockRows;
    let done = 0;
    let range: Range = { after: null, upTo: await this.#cut(leader, null, size) };
    for (;;) {
      const began = performance.now();
      const { upTo } = range;
      const [sums, next] = await Promise.all([
        this.#sums(range, upTo === null ? BLOCK_MS + bytes / SLOWEST_BYTES_A_MS : BLOCK_MS),
        upTo === null ? null : this.#cut(leader, upTo, size),
      ]);
      const took = performance.now() - began;
      yield { range, sums };
      done += sums[leader]?.rows ?? 0;
      heard(Math.min(1, done / Math.max(estimate ?? bytes / 100, done, 1)));
      if (upTo === null) return;
      if (took < QUICK_MS) size = Math.min(size * 2, limits.mostBlockRows);
      else if (took > SLOW_MS) size = Math.max(Math.floor(size / 2), 1);
      range = { after: upTo, upTo: next };
    }
  }

  async #cut(leader: number, after: KeyValues | null, size: number): Promise<KeyValues | null> {
    const readable = this.#on[leader] as Readable;
    const [row] = await this.#read(leader, cut(readable, after, size), BLOCK_MS);
    return row === undefined ? null : readable.key.columns.map((_, index) => String(row[`k${index}`]));
  }

  #sums(range: Range, deadlineMs: number): Promise<Sum[]> {
    return this.#onEach(async (readable, node) => {
      const [row] = await this.#read(node, sum(readable, range), deadlineMs);
      return sumOf(row ?? {});
    });
  }

  /** Rows of a block that differs: its buckets are summed up, and those that differ are read. */
  async #pieces(range: Range, most: number): Promise<void> {
    const { limits } = this.#work;
    const deadlineMs = BLOCK_MS + this.#table.bytes / SLOWEST_BYTES_A_MS;
    if (most <= limits.pieceRows) return this.#rows(rows, range, null, deadlineMs);
    const of = Math.min(MOST_BUCKETS, 2 ** Math.ceil(Math.log2(most / ROWS_A_BUCKET)));
    const sums = await this.#onEach(async (readable, node) => {
      const read = await this.#read(node, bucketSums(readable, range, of), deadlineMs);
      return new Map(read.map((row) => [Number(row.bucket), sumOf(row)]));
    });
    let numbers: number[] = [];
    let expected = 0;
    for (let bucket = 0; bucket < of; bucket++) {
      const each = sums.map((of) => of.get(bucket) ?? NOTHING);
      if (!isAlike(each)) {
        numbers.push(bucket);
        expected += Math.max(...each.map(({ rows }) => rows));
      }
      if (numbers.length > 0 && (expected >= limits.rowsAtOnce || bucket === of - 1)) {
        await this.#rows(rows, range, { of, numbers }, deadlineMs);
        if (this.#capped) return;
        numbers = [];
        expected = 0;
      }
    }
  }

  async #rows(
    query: typeof rows,
    range: Range,
    buckets: Parameters<typeof rows>[2],
    deadlineMs: number,
  ): Promise<void> {
    const readings = await this.#onEach(async (readable, node) =>
      readingOf(await this.#read(node, query(readable, range, buckets), deadlineMs), widthOf(readable)),
    );
    this.#suspects.push(...suspectsOf(readings));
    if (this.#suspects.length >= this.#work.limits.suspects) await this.#settle();
  }

  /** Decides on all suspects: each round all that is under way arrives, and they are read again. */
  async #settle(): Promise<void> {
    const { limits, providers, reader } = this.#work;
    let open = this.#suspects;
    this.#suspects = [];
    let readings = 1;
    while (open.length > 0 && readings < limits.readings) {
      const arrived = await allArrived(this.#table.nodes, providers, reader);
      if (!arrived.ok) throw notArrived(open.length, arrived, reader.changes.words);
      const next: Suspect[] = [];
      for (let start = 0; start < open.length; start += KEYS_AT_ONCE) {
        const part = open.slice(start, start + KEYS_AT_ONCE);
        const { different, again } = decide(part, await this.#again(part));
        count(this.#differences, this.#notOwn(different), this.#on[0]?.key.kind !== 'whole');
        next.push(...again);
      }
      readings++;
      open = next;
    }
    const missing = open.filter((suspect) => neverThere(suspect, readings));
    if (missing.length > 0) throw neverSeen(missing, readings);
    this.#changing += open.length;
  }

  /** Without those that the node `own` has written itself. A row that it lacks is not told from one that never came. */
  #notOwn(different: Suspect[]): Suspect[] {
    const node = this.#table.nodes.indexOf(this.#work.own ?? '');
    const left = different.filter(({ versions }) => versions[node]?.own !== true);
    this.#own += different.length - left.length;
    return left;
  }

  #again(suspects: readonly Suspect[]): Promise<ReturnType<typeof readingOf>[]> {
    const deadlineMs = BLOCK_MS + this.#table.bytes / SLOWEST_BYTES_A_MS;
    return this.#onEach(async (readable, node) => {
      const query = rowsByKey(
        { ...readable, tellsOwn: this.#table.nodes[node] === this.#work.own },
        suspects.map(({ key }) => key),
      );
      return readingOf(await this.#read(node, query, deadlineMs), widthOf(readable));
    });
  }

  #onEach<T>(use: (readable: Readable, node: number) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#on.map(use));
  }

  async #read(node: number, query: string, deadlineMs: number) {
    try {
      return await this.#work.reader.read(this.#table.nodes[node] as string, query, deadlineMs);
    } catch (error) {
      if (!(error instanceof StepFailure) || error.error.code === 'unreachable') throw error;
      const { message } = error.error;
      throw new NotKnown({ ...error.error, message: `${this.#table.nodes[node]} says: ${message}` });
    }
  }
}

interface Sum {
  rows: number;
  /** Both sums. */
  text: string;
}
const NOTHING: Sum = { rows: 0, text: '0 0' };

const sumOf = (row: Record<string, unknown>): Sum => ({
  rows: Number(row.rows ?? 0),
  text: `${row.first} ${row.second}`,
});

const isAlike = (sums: readonly Sum[]): boolean =>
  sums.every(({ rows, text }) => rows === sums[0]?.rows && text === sums[0]?.text);

const widthOf = ({ key }: Readable): number => Math.max(key.columns.length, 1);

const NO_STATEMENT = { sqlstate: null, statement: null };

function notArrived(
  rows: number,
  { code, why }: { code: 'cannot-come' | 'not-in-time'; why: string },
  { status }: Words,
): NotKnown {
  return new NotKnown({
    code,
    message: `${rows} ${rows === 1 ? 'row differs' : 'rows differ'} or ${rows === 1 ? 'is' : 'are'} still under way, and ${why}.`,
    ...NO_STATEMENT,
    cause: 'Rows are compared when all that was committed before has been applied on all nodes.',
    remedy: `Check ${status} and the log of that server; when it replicates again, resume: the rows are compared again.`,
  });
}

function neverSeen(suspects: readonly Suspect[], readings: number): NotKnown {
  const keys = suspects
    .slice(0, 3)
    .map(({ key }) => key.join(' / '))
    .join(', ');
  return new NotKnown({
    code: 'not-in-time',
    message: `${suspects.length} ${suspects.length === 1 ? 'row was' : 'rows were'} missing on a node in each of ${readings} readings, and kept changing on another (key ${keys}).`,
    ...NO_STATEMENT,
    cause:
      'Either applications keep deleting and inserting them, or updates fail on the node where the row does not exist.',
    remedy: 'Pause the writes to these rows, then resume: they are compared again.',
  });
}
