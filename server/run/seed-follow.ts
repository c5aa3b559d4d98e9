/** A copy under way: followed by bytes and rows until the engine says that all is there, or until nothing more can come. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Changes, CopyLook } from '#core/engines/changes.ts';
import { quoteLiteral, quoteQualified } from '#core/engines/quote.ts';
import { renderSql } from '#core/engines/sql.ts';
import type { CopyState } from '#core/model/copy-state.ts';
import { formatBytes, formatCount, formatRate, formatSeconds } from '#core/model/format.ts';
import type { SeedAction } from '#core/plan/executable.ts';
import { wholeOf } from '#core/rows/whole.ts';
import { rowsOn } from './seed-inventory.ts';
import { errorsSince, type LogMark } from './server-log.ts';
import type { StepContext } from './step-context.ts';
import { StepCancelled, StepFailure } from './step-failure.ts';

const LOOK_MS = 250;
const PACE_MS = 10_000;
/** Why nothing more comes is asked so often. */
const WHY_MS = 500;
/** Reading a log is no small question. */
const LOG_MS = 2000;
/** The status passes through down for a moment while a worker is restarted. */
const FAILED_MS = 2000;
/** A copy whose worker ends is begun anew every five seconds (spock.c, restart_delay_default): so many errors of one wording. */
const ATTEMPTS = 3;
/** Where the log cannot be read, a worker that is down for so long will not come back by itself. */
const DOWN_MS = 45_000;

export interface Size {
  bytes: number;
  rows: number;
}

const regclasses = (tables: SeedAction['tables']): string =>
  tables.map(({ schema, table }) => quoteLiteral(quoteQualified(schema, table))).join(', ');

/** What is to come, by the provider. */
export async function sizeOf({ provider, tables }: SeedAction, context: StepContext): Promise<Size> {
  if (tables.length === 0) return { bytes: 0, rows: 0 };
  const [row] = await rowsOn(
    provider,
    `SELECT coalesce(sum(pg_table_size(whole.relid)), 0)::float8 AS bytes, coalesce(sum(greatest(c.reltuples, 0)), 0)::float8 AS rows
       FROM unnest(ARRAY[${regclasses(tables)}]) AS t(name) CROSS JOIN LATERAL ${wholeOf('to_regclass(t.name)')}
       JOIN pg_class c ON c.oid = whole.relid`,
    context,
  );
  return { bytes: Number(row?.bytes ?? 0), rows: Number(row?.rows ?? 0) };
}

/** One look: what the engine says of the subscription and its tables, and what has come so far. */
export function lookAt({ subscription, tables }: SeedAction, { copies }: Changes): string {
  const come =
    tables.length === 0
      ? '0::float8'
      : `(SELECT coalesce(sum(pg_table_size(whole.relid)), 0)::float8 FROM unnest(ARRAY[${regclasses(tables)}]) AS t(name)
           CROSS JOIN LATERAL ${wholeOf('to_regclass(t.name)')})`;
  return copies.look(subscription, come);
}

/** Bytes a second over the last seconds: what was slow at the beginning says nothing of the rest. */
class Pace {
  readonly #seen: { at: number; bytes: number }[] = [];

  /** `at` in milliseconds; 0 while a second has not been seen. */
  of(at: number, bytes: number): number {
    this.#seen.push({ at, bytes });
    while (this.#seen.length > 2 && at - (this.#seen[1]?.at ?? at) >= PACE_MS) this.#seen.shift();
    const first = this.#seen[0];
    if (first === undefined || at - first.at < 1000) return 0;
    return Math.max(0, ((bytes - first.bytes) * 1000) / (at - first.at));
  }
}

/**
 * Resolves when all that the copy brings is there, as the engine says; the rows are not compared. `log`: where the receiver's log stood
 * when the copy began. Throws StepFailure `copy-failed` when the engine has given it up, `cannot-come` when something else holds it up
 * that does not end, `changed`; StepCancelled.
 */
export async function follow(
  action: SeedAction,
  total: Size,
  log: LogMark,
  context: StepContext,
): Promise<void> {
  const { node } = action;
  const { copies } = context.changes;
  const query = lookAt(action, context.changes);
  const began = performance.now();
  const pace = new Pace();
  const watch = new Watch(action, log, context);
  for (;;) {
    const [row] = await rowsOn(node, query, context);
    const at = performance.now();
    if (row === undefined) throw gone(action);
    const look = copies.decodeLook(row);
    const bytes = Math.min(look.bytes, total.bytes);
    if (look.status === 'replicating' && look.pending === 0) return;
    await watch.failWhereHopeless(look);
    context.progress({ doneBytes: bytes, totalBytes: total.bytes });
    const told = words(look, bytes, total, pace.of(at, bytes));
    context.note(watch.why === null ? told : `${told}; ${watch.why}`);
    if (context.signal.aborted) throw new StepCancelled();
    const pause = at - began < 3000 ? LOOK_MS / 5 : LOOK_MS;
    await sleep(pause, undefined, { signal: context.signal }).catch(() => undefined);
  }
}

/** Whether anything says that the copy will not come to its end. */
class Watch {
  readonly #action: SeedAction;
  readonly #log: LogMark;
  readonly #context: StepContext;
  readonly #since = new Map<string, { patience: number; at: number }>();
  #askedAt = 0;
  #downSince: number | null = null;
  /** Workers seen on the receiver: of those that come and go, each is another attempt. */
  readonly #attempts = new Set<string>();
  #readAt = 0;
  why: string | null = null;

  constructor(action: SeedAction, log: LogMark, context: StepContext) {
    this.#action = action;
    this.#log = log;
    this.#context = context;
  }

  async failWhereHopeless({ status, enabled, state }: CopyLook): Promise<void> {
    const { copies, waits } = this.#context.changes;
    const now = performance.now();
    const bad = status === 'down' || !enabled;
    this.#downSince = bad ? (this.#downSince ?? now) : null;
    const down = this.#downSince === null ? 0 : now - this.#downSince;
    const given = state !== null && copies.notRetried.has(state);
    if (!enabled || (down > FAILED_MS && given)) throw await this.#failed(status);
    if (now - this.#askedAt < WHY_MS) return;
    this.#askedAt = now;
    const { node, provider, subscription } = this.#action;
    // The slot of a copy that has failed may be taken away: that it is gone is not the cause.
    const asked = [
      { on: node, sql: waits.cannotCome({ for: 'copied', node, subscription, table: null }) },
      {
        on: provider,
        sql: waits.cannotCome({
          for: 'slot-in-use',
          node: provider,
          slot: { of: subscription },
          made: false,
        }),
      },
    ];
    const whys = await Promise.all(
      asked.map(({ on, sql }) => this.#ask(on, renderSql(sql, this.#context.peerDsn))),
    );
    this.why = whys.find((each) => each !== null) ?? null;
    if (down > DOWN_MS) throw await this.#failed(status);
    await this.#failWhereItFailsAgain();
  }

  async #ask(node: string, text: string): Promise<string | null> {
    const row = await rowsOn(node, text, this.#context).then(
      ([first]) => first,
      // Not asked is no reason; a receiver that does not answer ends the copy elsewhere.
      () => undefined,
    );
    const now = performance.now();
    if (typeof row?.attempt === 'string') this.#attempts.add(row.attempt);
    if (typeof row?.why !== 'string') {
      this.#since.delete(node);
      return null;
    }
    const patience = Number(row.patience ?? 0) * 1000;
    const seen = this.#since.get(node);
    const at = seen?.patience === patience ? seen.at : now;
    this.#since.set(node, { patience, at });
    if (now - at >= patience) {
      throw patience === 0 ? await this.#failed('lost', row.why) : heldUp(this.#action, row.why);
    }
    return row.why;
  }

  /** While the slot is not made it is begun anew for ever. */
  async #failWhereItFailsAgain(): Promise<void> {
    if (this.#downSince === null && this.#attempts.size <= ATTEMPTS) return;
    const now = performance.now();
    if (now - this.#readAt < LOG_MS) return;
    this.#readAt = now;
    const { errors } = await errorsSince(this.#action.node, this.#log, this.#context);
    const counts = new Map<string, number>();
    for (const error of errors) {
      const key = error.replace(/\d+/g, '#');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    if (Math.max(0, ...counts.values()) >= ATTEMPTS) {
      throw await this.#failed(this.#downSince === null ? 'restarting repeatedly' : 'down');
    }
  }

  async #failed(status: string, why?: string): Promise<StepFailure> {
    const { node } = this.#action;
    const said = await errorsSince(node, this.#log, this.#context);
    return copyFailed(this.#action, status, why ?? null, said, this.#context.changes);
  }
}

function copyFailed(
  { node, provider, subscription }: SeedAction,
  status: string,
  why: string | null,
  { errors, why: unread }: { errors: readonly string[]; why: string | null },
  { subscriptions, words: { name: product } }: Changes,
): StepFailure {
  const first = errors[0];
  const is = why ?? `${subscription} is ${status}`;
  return new StepFailure({
    code: 'copy-failed',
    message: `The copy from ${provider} to ${node} has failed: ${is}.${first === undefined ? '' : `\n${first}`}`,
    sqlstate: null,
    statement: `${subscriptions.status(subscription)};`,
    cause:
      first === undefined && unread !== null ? `The cause of the failure is not known: ${unread}.` : null,
    remedy: `Fix it on ${node}, then resume: what was copied is removed and copied again, since ${product} does not retry. Or roll back.`,
  });
}

const heldUp = ({ node, provider }: SeedAction, why: string): StepFailure =>
  new StepFailure({
    code: 'cannot-come',
    message: `The copy from ${provider} to ${node} makes no progress: ${why}.`,
    sqlstate: null,
    statement: null,
    cause: null,
    remedy: 'Stop what blocks it, then resume: the copy continues. Or roll back.',
  });

function gone({ node, subscription }: SeedAction): StepFailure {
  return new StepFailure({
    code: 'changed',
    message: `${node} no longer has subscription ${subscription}.`,
    sqlstate: null,
    statement: null,
    cause: 'Somebody dropped it while its copy was under way.',
    remedy: 'Roll back, then deploy again.',
  });
}

/** What is none of these has no words. */
const STATES: Partial<Record<CopyState, string>> = {
  waiting: 'waiting for the slot',
  structure: 'copying the structure',
  data: 'copying rows',
  constraints: 'creating indexes and constraints',
  'catching-up': 'catching up with what was written meanwhile',
};

/** `copying rows: 18.4 GB of 41 GB, 1,204,113 rows of public.orders, 120 MB/s, about 9 m 46 s left`. */
function words(look: CopyLook, bytes: number, total: Size, bytesPerSecond: number): string {
  const phase = look.state === null ? undefined : STATES[look.state];
  if (look.state !== 'data') return phase ?? `${formatBytes(bytes)} of ${formatBytes(total.bytes)}`;
  const parts = [`${phase}: ${formatBytes(bytes)} of ${formatBytes(total.bytes)}`];
  if (look.table !== null) parts.push(`${formatCount(look.tuples)} rows of ${look.table}`);
  if (bytesPerSecond > 0 && bytes < total.bytes) {
    const left = (total.bytes - bytes) / bytesPerSecond;
    parts.push(formatRate(bytesPerSecond), `about ${formatSeconds(Math.max(1, Math.round(left)))} left`);
  }
  return parts.join(', ');
}
