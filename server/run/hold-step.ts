/**
 * The moment from which nodes keep for their receivers what is written: writers wait, the slots are made, what has to be so at
 * that moment is looked at, writers go on. Given up and tried again where somebody else would have to wait for long; in the end
 * either all slots stand and were made under the locks, or none of them stands.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatNames, formatSeconds } from '#core/model/format.ts';
import type { HoldAction, PlannedSlot } from '#core/plan/executable.ts';
import { type Held, lockHolders, whileHeld } from './held-lock.ts';
import { lookAtHeld } from './held-look.ts';
import {
  dropOwnSlot,
  makeSlot,
  nameSlot,
  notOurs,
  type OwnSlot,
  openWriters,
  type SlotState,
  slotState,
} from './own-slots.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepCancelled, StepFailure, sqlFailure } from './step-failure.ts';
import { slotFailure } from './subscribe-step.ts';

/** Of the making of one slot while writers wait; the server gives up 2 s before it. */
const SLOT_MS = 4000;
/** For locks, and for slots, that somebody holds up: how often, and how long in between, growing. */
const TRIES = 12;
const PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4000;
/** A transaction that has written this long ago would hold up the slots, and with them all writers: waited for without a lock. */
const OLD_SECONDS = 1;
const QUIET_WITHIN_MS = 60_000;

interface Planned extends OwnSlot {
  failover: boolean;
  version: number;
}

export const hold: Executor<'hold'> = {
  async run(action, context) {
    const slots = await prepare(action, context);
    context.remember('slots', slots satisfies OwnSlot[]);
    context.willMake(0);
    let pause = PAUSE_MS;
    for (let turn = 1; ; turn++) {
      await untilQuiet(action, context);
      const { failure, heldMs } = await tryOnce(action, slots, context);
      if (failure === null) {
        context.note(`writers waited ${formatMs(heldMs)}`);
        for (const { node } of action.nodes) context.fact(`${node} held`, formatMs(heldMs));
        return { skipped: slots.length === 0 };
      }
      // What this try has made was not made under locks that held to the end.
      // One that cannot be dropped now is remembered: a resume drops it, or a rollback, which says what it leaves.
      const quiet: StepContext = { ...context, left: () => undefined };
      for (const each of slots) await dropOwnSlot(each, quiet).catch(() => undefined);
      if (turn === TRIES || !failure.again) throw failure.error;
      context.note(`attempt ${turn}: ${failure.error.message}`);
      await sleep(pause, undefined, { signal: context.signal }).catch(() => undefined);
      if (context.signal.aborted) throw new StepCancelled();
      pause = Math.min(pause * 1.6, LONGEST_PAUSE_MS);
    }
  },
  async undo(_action, context) {
    let failed: unknown = null;
    for (const each of (context.recall('slots') as OwnSlot[] | undefined) ?? []) {
      await dropOwnSlot(each, context).catch((error: unknown) => {
        failed ??= error;
      });
    }
    if (failed !== null) throw failed;
  },
};

const formatMs = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)} ms` : formatSeconds(Math.round(ms / 100) / 10);

/** Names and servers of the slots. One that stands there is an earlier try's of this run, and is made anew; or it is a stop. */
async function prepare(action: HoldAction, context: StepContext): Promise<Planned[]> {
  const earlier = (context.recall('slots') as OwnSlot[] | undefined) ?? [];
  const isOurs = (slot: string, system: string) =>
    earlier.some((own) => own.slot === slot && own.system === system);
  const wanted: PlannedSlot[] = action.nodes.flatMap(({ slots }) => slots);
  const found = await Promise.all(
    wanted.map(async (each): Promise<{ planned: Planned; state: SlotState }> => {
      const { slot, failover } = await nameSlot(each, context);
      const state = await slotState(each.provider, slot, context);
      return { planned: { ...each, slot, system: state.system, failover, version: state.version }, state };
    }),
  );
  for (const { planned, state } of found) {
    if (state.plugin === null) continue;
    if (!isOurs(planned.slot, state.system)) throw notOurs(planned.provider, planned.slot);
    await dropOwnSlot(planned, { ...context, left: () => undefined });
  }
  return found.map(({ planned }) => planned);
}

/** Slots wait for whoever has written. Waited for here, while nobody waits for us. */
async function untilQuiet(action: HoldAction, context: StepContext): Promise<void> {
  const deadline = Date.now() + QUIET_WITHIN_MS;
  for (;;) {
    const open = await Promise.all(
      action.nodes.map(async ({ node }) =>
        (await openWriters(node, OLD_SECONDS, context)).map((who) => `${who} on ${node}`),
      ),
    );
    const writers = open.flat();
    if (writers.length === 0) return;
    context.note(`waiting for ${writers[0]}`);
    if (context.signal.aborted) throw new StepCancelled();
    if (Date.now() > deadline) {
      throw new StepFailure({
        code: 'locked',
        message: `${writers.join('; ')} ${writers.length === 1 ? 'has' : 'have'} written and not ended within ${QUIET_WITHIN_MS / 1000} s.`,
        sqlstate: null,
        statement: null,
        cause: 'A new slot waits for every transaction that has written, and all writers would wait with it.',
        remedy: 'Let it end, or terminate it, then resume; or roll back.',
      });
    }
    await sleep(PAUSE_MS, undefined, { signal: context.signal }).catch(() => undefined);
  }
}

interface Try {
  failure: { error: Error; again: boolean } | null;
  heldMs: number;
}

/** `again`: somebody else was in the way, who may be gone the next time. */
async function tryOnce(action: HoldAction, slots: Planned[], context: StepContext): Promise<Try> {
  const began = performance.now();
  let failure: Try['failure'] = null;
  const outcome = await whileHeld(action.nodes, context, async (held: Held) => {
    const [made, wrong] = await Promise.all([
      Promise.all(
        slots.map(async (each) => ({
          each,
          outcome: await makeSlot(each, action.plugin, each, SLOT_MS, context),
        })),
      ),
      lookAtHeld(action, held),
    ]);
    if (wrong !== null) failure = { error: wrong, again: false };
    for (const { each, outcome } of made) {
      if (outcome.ok) continue;
      const again = outcome.error.sqlstate === '57014' || outcome.error.sqlstate === '55P03';
      failure ??= { error: await slotFailure(each.provider, each.slot, outcome.error, context), again };
    }
    if (context.signal.aborted) failure = { error: new StepCancelled(), again: false };
    return failure === null;
  });
  const heldMs = performance.now() - began;
  if (failure !== null) return { failure, heldMs };
  if (outcome.ok) return { failure: null, heldMs };
  if (!outcome.busy)
    return {
      failure: { error: sqlFailure(outcome.node, outcome.statement, outcome.error), again: false },
      heldMs,
    };
  return {
    failure: { error: await inTheWay(outcome.node, action, outcome.error.message, context), again: true },
    heldMs,
  };
}

async function inTheWay(
  node: string,
  action: HoldAction,
  said: string,
  context: StepContext,
): Promise<StepFailure> {
  const held = action.nodes.find((each) => each.node === node);
  const who = held === undefined ? [] : await lockHolders(held, context);
  return new StepFailure({
    code: 'locked',
    message: `The tables of ${node} could not be locked for a moment: ${who.length === 0 ? said : `${formatNames(who)} holds a lock on them`}.`,
    sqlstate: '55P03',
    statement: null,
    cause: 'Another transaction writes to them or alters them, and does not end.',
    remedy: 'Let it end, or terminate it (pg_stat_activity shows it), then resume; or roll back.',
  });
}
