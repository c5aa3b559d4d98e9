/**
 * A mark sent from one node to each of its receivers, and the milliseconds until each has applied all before it. The same rule
 * as in observe/trace.ts: the engine's mark, then L = the WAL position; it has arrived when the receiver's slot has
 * confirmed L. Where there is none (Spock 4.0) a message in the WAL stands for it.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Words } from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { formatSeconds } from '#core/model/format.ts';
import type { Connection, Outcome } from '#server/postgres/connection.ts';
import { runStatement } from './sessions.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepCancelled, StepFailure, sqlFailure } from './step-failure.ts';

const ANSWER_MS = 10_000;
const ARRIVES_WITHIN_MS = 60_000;
const LOOK_MS = 3;

const MESSAGE = "SELECT pg_logical_emit_message(true, 'tricorder', 'mark')";

export const mark: Executor<'mark'> = {
  async run({ node, to }, context) {
    const { marks } = context.changes;
    const slots = await Promise.all(to.map((receiver) => slotOf(receiver, context)));
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
        return arrivals(connection, node, lsn, new Map(slots), context);
      },
    );
    if (!outcome.ok) throw sqlFailure(node, null, outcome.error);
    context.note(`${to.length} of ${to.length} arrived`);
    return { skipped: false };
  },
  async undo() {},
};

/** The slot on the provider by which the receiver reads: its name is in the receiver's catalog, never composed. */
async function slotOf(
  receiver: { node: string; subscription: string },
  context: StepContext,
): Promise<[slot: string, node: string]> {
  const query = context.changes.subscriptions.slotOf(receiver.subscription);
  const outcome = await context.sessions.statement(context.dsn(receiver.node), query, ANSWER_MS);
  if (!outcome.ok) throw sqlFailure(receiver.node, `${query};`, outcome.error);
  const slot = outcome.value[0]?.rows[0]?.slot;
  if (typeof slot === 'string') return [slot, receiver.node];
  throw new StepFailure({
    code: 'changed',
    message: `${receiver.node} no longer has subscription ${receiver.subscription}.`,
    sqlstate: null,
    statement: `${query};`,
    cause: 'Somebody dropped it while the run was under way.',
    remedy: 'Create the subscription again, then resume.',
  });
}

async function arrivals(
  connection: Connection,
  from: string,
  lsn: string,
  waiting: Map<string, string>,
  context: StepContext,
): Promise<Outcome<null>> {
  const began = performance.now();
  const query = `SELECT slot_name AS slot, active FROM pg_replication_slots WHERE confirmed_flush_lsn >= ${quoteLiteral(lsn)}`;
  for (;;) {
    const looked = await runStatement(connection, query, ANSWER_MS);
    if (!looked.ok) return looked;
    const elapsed = performance.now() - began;
    for (const row of looked.value[0]?.rows ?? []) {
      const node = waiting.get(String(row.slot));
      if (node === undefined) continue;
      const seconds = Math.max(elapsed, 0.5) / 1000;
      context.fact(`${from} → ${node}`, formatSeconds(seconds), { arrivedSeconds: seconds });
      waiting.delete(String(row.slot));
    }
    if (waiting.size === 0) return { ok: true, value: null };
    if (context.signal.aborted) throw new StepCancelled();
    if (elapsed > ARRIVES_WITHIN_MS)
      throw notArrived(from, [...waiting.values()], `${query};`, context.changes.words);
    await sleep(LOOK_MS);
  }
}

function notArrived(from: string, nodes: string[], statement: string, words: Words): StepFailure {
  return new StepFailure({
    code: 'not-in-time',
    message: `The mark from ${from} has not arrived on ${nodes.join(', ')} within ${ARRIVES_WITHIN_MS / 1000} s.`,
    sqlstate: null,
    statement,
    cause: `${nodes.join(', ')} does not apply what ${from} sends, whatever the status reports.`,
    remedy: `Check the server log of ${nodes[0]} and ${words.exceptions} there, then resume: the mark is sent again.`,
  });
}
