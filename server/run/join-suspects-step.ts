/**
 * Rows that differ on a node that has joined although nothing was lost. A copied row has no commit time of its own there; so an older
 * change of another node that arrives after it wins on the new node alone. Found by what the new node has got from there since with
 * a time before the snapshot, and put right where the source's version is of before the snapshot too.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { quoteLiteral } from '#core/engines/quote.ts';
import { countOf } from '#core/model/format.ts';
import { type KeyValues, rowsByKey, rowsWith } from '#core/rows/blocks.ts';
import type { ComparedTable } from '#core/rows/compared-table.ts';
import { keyId, keyOfId, type Reading, readingOf } from '#core/rows/decide.ts';
import { takeOver, versionOf } from '#core/rows/settled.ts';
import { type ReadableTable, readableTable } from '#server/rows/readable.ts';
import { Reader } from '#server/rows/reader.ts';
import { JOIN_POINT, type JoinPoint } from './join-copy.ts';
import { runLocal } from './local-transaction.ts';
import { rowsOn } from './seed-inventory.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepCancelled, StepFailure } from './step-failure.ts';

const READ_MS = 600_000;
const WRITE_MS = 30_000;
const KEYS_AT_ONCE = 1000;
/** A row that is changing meanwhile is looked at again. */
const LOOKS = 4;
const AGAIN_MS = 500;
const ORIGIN = 'tricorder_join';
const GONE_LOOKS = 50;
const GONE_MS = 100;

interface Job {
  node: string;
  source: string;
  /** A condition: rows that came from another node, and were written there before the snapshot. */
  suspect: string;
  at: string;
  reader: Reader;
  context: StepContext;
}

export const joinSuspects: Executor<'join-suspects'> = {
  async run({ node, source, peers, copy, tables }, context) {
    const point = context.recallOf(copy, JOIN_POINT) as JoinPoint | undefined;
    if (point === undefined) throw notNoted(source);
    const { at } = point;
    const { sessions, changes, signal } = context;
    const reader = new Reader({ sessions, changes, dsn: (each) => context.dsn(each), signal });
    const suspect = `${changes.joining.isFrom(peers)} AND o.timestamp < ${quoteLiteral(at)}::timestamptz`;
    const job: Job = { node, source, suspect, at, reader, context };
    const sum = { looked: 0, taken: 0, open: 0 };
    for (const [index, table] of tables.entries()) {
      if (signal.aborted) throw new StepCancelled();
      context.note(`${index} of ${countOf(tables.length, 'table')} read`);
      const { looked, taken, open } = await settle(table, job);
      sum.looked += looked;
      sum.taken += taken;
      sum.open += open;
      if (taken > 0)
        context.fact(`${table.schema}.${table.table}`, `${countOf(taken, 'row')} taken from ${source}`);
    }
    if (sum.taken > 0) await dropOrigin(node, context);
    context.note(
      `${countOf(sum.looked, 'row')} compared, ${sum.taken === 0 ? 'none was older' : `${sum.taken} taken from ${source}`}${sum.open > 0 ? `, ${sum.open} are being written and are left to the comparison at the end` : ''}`,
    );
    return { skipped: false };
  },
  /** Rows of tables that a rollback drops. */
  async undo() {},
};

async function settle(
  table: ComparedTable,
  job: Job,
): Promise<{ looked: number; taken: number; open: number }> {
  const { node, source, reader, suspect } = job;
  const readable = await readableTable(table, [node, source], reader);
  const here = 'why' in readable ? undefined : readable.on[0];
  // Without a key nothing is updated by replication.
  if ('why' in readable || here === undefined || here.key.kind === 'whole')
    return { looked: 0, taken: 0, open: 0 };
  const width = here.key.columns.length;
  const found = readingOf(await reader.read(node, rowsWith(here, suspect), READ_MS), width);
  let open = [...found.keys()].map(keyOfId);
  let taken = 0;
  for (let looks = 1; open.length > 0 && looks <= LOOKS; looks++) {
    if (looks > 1) await sleep(AGAIN_MS, undefined, { signal: job.context.signal }).catch(() => undefined);
    if (job.context.signal.aborted) throw new StepCancelled();
    const left: KeyValues[] = [];
    for (let from = 0; from < open.length; from += KEYS_AT_ONCE) {
      const keys = open.slice(from, from + KEYS_AT_ONCE);
      const [own, theirs] = await Promise.all([read(readable, 0, keys, job), read(readable, 1, keys, job)]);
      for (const key of keys) {
        const id = keyId(key);
        const [mine, other] = [own.get(id), theirs.get(id)];
        if (mine?.hash === other?.hash) continue;
        if (mine !== undefined && (await takeFrom(readable, key, mine.xmin, table.columns, job))) taken++;
        else left.push(key);
      }
    }
    open = left;
  }
  return { looked: found.size, taken, open: open.length };
}

async function read(readable: ReadableTable, index: 0 | 1, keys: KeyValues[], job: Job): Promise<Reading> {
  const on = readable.on[index];
  if (on === undefined) return new Map();
  const node = index === 0 ? job.node : job.source;
  return readingOf(await job.reader.read(node, rowsByKey(on, keys), READ_MS), on.key.columns.length);
}

/** False: the source has no such row, or a version that is still on its way to the new node. */
async function takeFrom(
  readable: ReadableTable,
  key: KeyValues,
  xmin: string,
  columns: readonly string[],
  { node, source, at, reader, context }: Job,
): Promise<boolean> {
  const [here, there] = readable.on;
  if (here === undefined || there === undefined) return false;
  const [row] = await reader.read(source, versionOf(there, key, columns, at), READ_MS);
  if (row === undefined || row.settled !== true) return false;
  const values = JSON.parse(String(row.values)) as (string | null)[];
  const names = new Set(here.key.columns.map(({ name }) => name));
  const pairs = columns.flatMap((column, index) =>
    names.has(column) ? [] : [{ column, value: values[index] ?? null }],
  );
  if (pairs.length === 0) return false;
  await ensureOrigin(node, context);
  const of = {
    key,
    xmin,
    columns: pairs.map(({ column }) => column),
    values: pairs.map(({ value }) => value),
    committed: typeof row.committed === 'string' ? row.committed : null,
  };
  await runLocal(node, takeOver(here, of, ORIGIN), WRITE_MS, context);
  return true;
}

const NAME = quoteLiteral(ORIGIN);
const IS_THERE = `EXISTS (SELECT FROM pg_replication_origin WHERE roname = ${NAME})`;

async function ensureOrigin(node: string, context: StepContext): Promise<void> {
  await rowsOn(node, `SELECT pg_replication_origin_create(${NAME}) WHERE NOT ${IS_THERE}`, context);
}

/** In use until the last session that wrote by it has ended. */
async function dropOrigin(node: string, context: StepContext): Promise<void> {
  for (let looks = 1; ; looks++) {
    try {
      await rowsOn(node, `SELECT pg_replication_origin_drop(${NAME}) WHERE ${IS_THERE}`, context);
      return;
    } catch (error) {
      if (looks === GONE_LOOKS) throw error;
      await sleep(GONE_MS);
    }
  }
}

const notNoted = (source: string): StepFailure =>
  new StepFailure({
    code: 'changed',
    message: `The run has not noted when the snapshot of ${source} was taken.`,
    sqlstate: null,
    statement: null,
    cause: null,
    remedy: 'Roll back, then add the node again.',
  });
