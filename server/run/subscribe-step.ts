/** A subscription without a copy: its slot, the subscription that goes on from it, enabled, and its worker started. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SqlUnit } from '#core/engines/units.ts';
import type { PlannedSlot, SubscribeAction } from '#core/plan/executable.ts';
import type { Connection, Outcome } from '#server/postgres/connection.ts';
import {
  claimOwn,
  dropOwnSlot,
  makeSlot,
  nameSlot,
  notOurs,
  type OwnSlot,
  openWriters,
  row,
  slotState,
} from './own-slots.ts';
import { doUnit } from './sql-steps.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepCancelled, StepFailure, sqlFailure } from './step-failure.ts';
import { unsubscribe } from './unsubscribe.ts';

/** It waits for transactions that have written; those of a preflight's bound have ended by then. */
const SLOT_MS = 22_000;
/** A manager that is awake has started the worker by then. */
const AWAKE_MS = 40;
const WORKER_LOOK_MS = 10;
const WAKE_MS = 5000;
/** The first may meet the manager in the midst of its round, which started others. */
const WAKES = 3;
/** What may be taken back, beside the units: their numbers are 0 and 1. */
const SLOT = 2;

const planned = ({ node, provider, subscription }: SubscribeAction): PlannedSlot => ({
  provider,
  receiver: node,
  subscription,
});

export const subscribe: Executor<'subscribe'> = {
  async run(action, context) {
    const { node, subscription, units, timeoutSeconds } = action;
    const deadlineMs = timeoutSeconds * 1000;
    const [create, enable] = units as [SqlUnit, SqlUnit | undefined];
    const there = await slotOf(action, context);
    if (there === null && action.slot !== null) await ensureSlot(action, context);
    const made = await doUnit(node, create, 0, deadlineMs, context);
    if (enable === undefined) return { skipped: !made };
    if (context.signal.aborted) throw new StepCancelled();
    // Enabled without its slot, it would try for ever.
    await checkSlot(action, context);
    const enabled = await doUnit(node, enable, 1, deadlineMs, context);
    const wake = context.changes.slots.wake(action.plugin);
    if (enabled && wake !== null) await startWorker(node, subscription, wake.text, context);
    return { skipped: !made && !enabled };
  },
  async undo(action, context) {
    if (action.goesWithServer) return;
    const { node, provider, subscription } = action;
    if (context.made(0)) return unsubscribe({ receiver: node, provider, subscription }, context);
    const own = context.recall('own slot') as OwnSlot | undefined;
    if (own !== undefined) await dropOwnSlot(own, context);
  },
};

/** The slot that the subscription names; null: there is no such subscription. */
async function slotOf({ node, subscription }: SubscribeAction, context: StepContext): Promise<string | null> {
  const found = await row(node, context.changes.subscriptions.slotOf(subscription), context);
  return found === undefined ? null : String(found.slot);
}

async function ensureSlot(action: SubscribeAction, context: StepContext): Promise<void> {
  const slot = planned(action);
  const { provider } = slot;
  const named = await nameSlot(slot, context);
  const { slot: name, first, failover } = named;
  if (!first) {
    throw new StepFailure({
      code: 'changed',
      message: `${context.changes.words.name} on ${action.node} cannot create a subscription that uses an existing slot.`,
      sqlstate: null,
      statement: null,
      cause: 'It is an older version than when the plan was made.',
      remedy: 'Plan again.',
    });
  }
  const state = await slotState(provider, name, context);
  if (action.slot === 'held') {
    if (state.plugin !== action.plugin || state.lost) throw gone(provider, name);
    claimOwn(action.subscription, named, context);
    return;
  }
  const before = context.recall('own slot') as OwnSlot | undefined;
  const ours = before !== undefined && before.slot === name && before.system === state.system;
  if (state.plugin !== null) {
    if (ours && state.plugin === action.plugin) return;
    throw notOurs(provider, name);
  }
  claimOwn(action.subscription, named, context);
  context.willMake(SLOT);
  context.remember('own slot', { ...slot, slot: name, system: state.system } satisfies OwnSlot);
  const outcome = await makeSlot(
    { provider, slot: name },
    action.plugin,
    { failover, version: state.version },
    SLOT_MS,
    context,
  );
  if (outcome.ok) return;
  throw await slotFailure(provider, name, outcome.error, context);
}

/** Of a slot that was not made: who holds it up, where it waited. */
export async function slotFailure(
  provider: string,
  slot: string,
  error: Parameters<typeof sqlFailure>[2],
  context: StepContext,
): Promise<StepFailure> {
  const waited = error.sqlstate === '57014' || error.code === 'timeout';
  const writers = waited ? await openWriters(provider, 1, context) : [];
  if (writers.length === 0)
    return sqlFailure(provider, `SELECT pg_create_logical_replication_slot('${slot}', …);`, error);
  return new StepFailure({
    code: 'locked',
    message: `The slot ${slot} on ${provider} could not be created: ${writers.join('; ')} ${writers.length === 1 ? 'has' : 'have'} written and not ended.`,
    sqlstate: error.sqlstate,
    statement: null,
    cause: 'A new slot waits for every transaction that has written.',
    remedy: `Let it end, or terminate it on ${provider}, then resume.`,
  });
}

async function checkSlot(action: SubscribeAction, context: StepContext): Promise<void> {
  const slot = await slotOf(action, context);
  if (slot === null) return;
  const state = await slotState(action.provider, slot, context);
  if (state.plugin === null || state.lost) throw gone(action.provider, slot);
}

const gone = (provider: string, slot: string): StepFailure =>
  new StepFailure({
    code: 'changed',
    message: `${provider} no longer has slot ${slot}, or it was lost: the WAL written since then is no longer kept.`,
    sqlstate: null,
    statement: `SELECT * FROM pg_replication_slots WHERE slot_name = '${slot}';`,
    cause: 'Somebody dropped it, or max_slot_wal_keep_size was too small for the WAL written meanwhile.',
    remedy: 'Roll back, then deploy again.',
  });

/**
 * Spock's manager sleeps for about a second after it has started a worker, in a transaction that holds up the next sub_create of
 * this node, and misses what is enabled meanwhile. So it is woken when the worker is there, and before, if it does not come. A
 * failure says nothing, the manager wakes by itself.
 */
export async function startWorker(
  node: string,
  subscription: string,
  wake: string,
  context: StepContext,
): Promise<void> {
  const query = context.changes.slots.hasWorker(subscription);
  await context.sessions.with<unknown>(context.dsn(node), async (connection) => {
    for (let times = 0; times < WAKES; times++) {
      const looked = await untilWorker(connection, query);
      if (!looked.ok) return looked;
      const woken = await connection.run(wake, WAKE_MS);
      if (!woken.ok || looked.value) return woken;
    }
    return { ok: true, value: null };
  });
}

/** True: the worker has been started. False: not within `AWAKE_MS`. */
async function untilWorker(connection: Connection, query: string): Promise<Outcome<boolean>> {
  const until = performance.now() + AWAKE_MS;
  for (;;) {
    const looked = await connection.run(query, WAKE_MS);
    if (!looked.ok) return looked;
    const there = looked.value.at(-1)?.rows[0]?.has === true;
    if (there || performance.now() >= until) return { ok: true, value: there };
    await sleep(WORKER_LOOK_MS);
  }
}
