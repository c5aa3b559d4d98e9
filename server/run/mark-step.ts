/**
 * A mark sent from one node to each of its receivers, and the milliseconds until each has applied all before it. The same rule
 * as in observe/trace.ts: the engine's mark, then L = the WAL position; it has arrived when the receiver's slot has
 * confirmed L. Where there is none (Spock 4.0) a message in the WAL stands for it.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Words } from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { formatBytes, formatSeconds } from '#core/model/format.ts';
import type { Connection, Outcome } from '#server/postgres/connection.ts';
import { runStatement } from './sessions.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepCancelled, StepFailure, sqlFailure } from './step-failure.ts';

const ANSWER_MS = 10_000;
const ARRIVES_WITHIN_MS = 60_000;
const LOOK_MS = 3;
/** What has not come by then is a backlog, and not worth a look every few ms. */
const SOON_MS = 2000;
const BACKLOG_LOOK_MS = 250;

/** All had got all that there was. */
const ARRIVED = 'arrived';

const MESSAGE = "SELECT pg_logical_emit_message(true, 'tricorder', 'mark')";

export const mark: Executor<'mark'> = {
  async run({ node, to, backlog }, context) {
    const { marks } = context.changes;
    const readers = backlog === true ? await stillReading(to, context) : to;
    if (readers.length === 0) return { skipped: false };
    const slots = await Promise.all(readers.map((receiver) => slotOf(receiver, context)));
    const outcome = await context.sessions.with(
      context.dsn(node),
      async (connection): Promise<Outcome<null>> => {
        const capable = await runStatement(connection, marks.capable, ANSWER_MS);
        if (!capable.ok) return capable;
        const text = capable.value[0]?.rows[0]?.capable === true ? marks.send : MESSAGE;
        const sent = await runStatement(connection, text, ANSWER_MS);
        if (!sent.ok) return sent;
        const at = await runStatement(connection, 'SELECT pg_current_wal_lsn()::text AS lsn', ANSWER_MS);
        if (!at.ok) return at;
        const lsn = String(at.value[0]?.rows[0]?.lsn);
        return arrivals(connection, { from: node, lsn, backlog: backlog === true }, new Map(slots), context);
      },
    );
    if (!outcome.ok) throw sqlFailure(node, null, outcome.error);
    context.note(`${readers.length} of ${readers.length} arrived`);
    context.remember(ARRIVED, true);
    return { skipped: false };
  },
  async undo() {},
};

/** Of a resume: those that have got all before, and that the run has dropped since, are not waited for once more. */
async function stillReading<R extends { node: string; subscription: string }>(
  to: readonly R[],
  context: StepContext,
): Promise<R[]> {
  if (context.recall(ARRIVED) !== true) return [...to];
  const there = await Promise.all(to.map((receiver) => foundSlot(receiver, context)));
  return to.filter((_, index) => there[index] !== null);
}

/** The slot on the provider by which the receiver reads: its name is in the receiver's catalog, never composed. */
async function slotOf(
  receiver: { node: string; subscription: string },
  context: StepContext,
): Promise<[slot: string, node: string]> {
  const slot = await foundSlot(receiver, context);
  if (slot !== null) return [slot, receiver.node];
  throw new StepFailure({
    code: 'changed',
    message: `${receiver.node} no longer has subscription ${receiver.subscription}.`,
    sqlstate: null,
    statement: `${context.changes.subscriptions.slotOf(receiver.subscription)};`,
    cause: 'Somebody dropped it while the run was under way.',
    remedy: 'Create the subscription again, then resume.',
  });
}

/** Null: the receiver has no such subscription. */
async function foundSlot(
  { node, subscription }: { node: string; subscription: string },
  context: StepContext,
): Promise<string | null> {
  const query = context.changes.subscriptions.slotOf(subscription);
  const outcome = await context.sessions.statement(context.dsn(node), query, ANSWER_MS);
  if (!outcome.ok) throw sqlFailure(node, `${query};`, outcome.error);
  const slot = outcome.value[0]?.rows[0]?.slot;
  return typeof slot === 'string' ? slot : null;
}

/** `waiting`: the receivers by their slots. Of a backlog the time runs from when somebody was last seen to come nearer. */
async function arrivals(
  connection: Connection,
  { from, lsn, backlog }: { from: string; lsn: string; backlog: boolean },
  waiting: Map<string, string>,
  context: StepContext,
): Promise<Outcome<null>> {
  const began = performance.now();
  const query = `SELECT slot_name AS slot, pg_wal_lsn_diff(${quoteLiteral(lsn)}, confirmed_flush_lsn)::float8 AS left FROM pg_replication_slots WHERE confirmed_flush_lsn IS NOT NULL`;
  let since = began;
  let before: number | null = null;
  let most = 0;
  for (;;) {
    const looked = await runStatement(connection, query, ANSWER_MS);
    if (!looked.ok) return looked;
    const now = performance.now();
    const elapsed = now - began;
    const left: { node: string; bytes: number }[] = [];
    for (const row of looked.value[0]?.rows ?? []) {
      const node = waiting.get(String(row.slot));
      if (node === undefined) continue;
      if (Number(row.left) > 0) {
        left.push({ node, bytes: Number(row.left) });
        continue;
      }
      const seconds = Math.max(elapsed, 0.5) / 1000;
      context.fact(`${from} → ${node}`, formatSeconds(seconds), { arrivedSeconds: seconds });
      waiting.delete(String(row.slot));
    }
    if (waiting.size === 0) {
      context.progress(null);
      return { ok: true, value: null };
    }
    if (context.signal.aborted) throw new StepCancelled();
    const bytes = left.reduce((sum, each) => sum + each.bytes, 0);
    if (backlog && before !== null && bytes < before) since = now;
    before = bytes;
    most = Math.max(most, bytes);
    if (now - since > ARRIVES_WITHIN_MS)
      throw notArrived({ from, backlog }, [...waiting.values()], `${query};`, context.changes.words);
    const isSoon = elapsed < SOON_MS;
    if (backlog && !isSoon) {
      context.note(left.map((each) => `${each.node}: ${formatBytes(each.bytes)} to come`).join(', '));
      context.progress({ doneBytes: most - bytes, totalBytes: most });
    }
    await sleep(isSoon ? LOOK_MS : BACKLOG_LOOK_MS);
  }
}

function notArrived(
  { from, backlog }: { from: string; backlog: boolean },
  nodes: string[],
  statement: string,
  words: Words,
): StepFailure {
  const seconds = ARRIVES_WITHIN_MS / 1000;
  return new StepFailure({
    code: 'not-in-time',
    message: backlog
      ? `What ${from} has written has not arrived on ${nodes.join(', ')}, and for ${seconds} s nothing more of it did.`
      : `The mark from ${from} has not arrived on ${nodes.join(', ')} within ${seconds} s.`,
    sqlstate: null,
    statement,
    cause: `${nodes.join(', ')} does not apply what ${from} sends, whatever the status reports.`,
    remedy: `Check the server log of ${nodes[0]} and ${words.exceptions} there, then resume: the mark is sent again.`,
  });
}
