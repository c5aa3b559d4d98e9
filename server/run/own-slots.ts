/** Slots that a run makes before the subscriptions that go on from them: named by the server, bounded, taken back only if its own. */

import type { Row } from '#core/engines/engine.ts';
import type { PlannedSlot } from '#core/plan/executable.ts';
import { createSlot, dropIdleSlot, slotQuestion, writersOlderThan } from '#core/plan/slot-sql.ts';
import type { Outcome } from '#server/postgres/connection.ts';
import type { ClaimedSlot } from './slot-claim.ts';
import type { StepContext } from './step-context.ts';
import { StepFailure, sqlFailure } from './step-failure.ts';

const ANSWER_MS = 10_000;
const FAILOVER_SINCE = 170000;

/** As it is written down before the slot is made. */
export interface OwnSlot extends PlannedSlot {
  slot: string;
  /** Of the provider's server: a slot of the same name on another one is not this run's. */
  system: string;
}

export interface SlotState {
  system: string;
  /** Null: there is none of that name. */
  plugin: string | null;
  active: boolean;
  lost: boolean;
  /** server_version_num of the provider. */
  version: number;
}

/** First row. Throws a StepFailure. */
export async function row(node: string, text: string, context: StepContext): Promise<Row | undefined> {
  const outcome = await context.sessions.statement(context.dsn(node), text, ANSWER_MS);
  if (!outcome.ok) throw sqlFailure(node, `${text};`, outcome.error);
  return outcome.value.at(-1)?.rows[0];
}

export interface NamedSlot {
  slot: string;
  /** The provider's name in the engine's catalog. */
  node: string;
  /** The receiver can make a subscription that goes on from a slot. */
  first: boolean;
  /** It would mark the slot for failover. */
  failover: boolean;
}

/** What the slot will be called, and how the engine would make it: both are the receiver's to say. */
export async function nameSlot(
  { provider, receiver, subscription }: PlannedSlot,
  context: StepContext,
): Promise<NamedSlot> {
  const { nodes, slots } = context.changes;
  const [local, how] = await Promise.all([
    row(provider, nodes.localName, context),
    row(receiver, slots.firstQuestion, context),
  ]);
  const node = local === undefined ? provider : String(local.name);
  const named = await row(receiver, slots.nameQuestion(node, subscription), context);
  return { slot: String(named?.slot), node, first: how?.first === true, failover: how?.failover === true };
}

/** For the time when the subscription is taken back: the slot that stands under its name is this run's (slot-claim.ts). */
export function claimOwn(subscription: string, { slot, node }: NamedSlot, context: StepContext): void {
  context.remember(`slot ${subscription}`, { slot, provider: node, there: false } satisfies ClaimedSlot);
}

export async function slotState(provider: string, slot: string, context: StepContext): Promise<SlotState> {
  const found = await row(provider, slotQuestion(slot), context);
  return {
    system: String(found?.system),
    plugin: found?.plugin === null || found?.plugin === undefined ? null : String(found.plugin),
    active: found?.active === true,
    lost: found?.lost === true,
    version: Number(found?.version),
  };
}

/** A slot of that name that this run has not made is somebody's: it is neither used nor dropped. */
export const notOurs = (provider: string, slot: string): StepFailure =>
  new StepFailure({
    code: 'not-ours',
    message: `${provider} already has a slot ${slot}, which this run did not create.`,
    sqlstate: null,
    statement: `SELECT * FROM pg_replication_slots WHERE slot_name = '${slot}';`,
    cause: 'An earlier attempt left it, or another receiver uses it.',
    remedy: `If nobody needs it, run SELECT pg_drop_replication_slot('${slot}'); on ${provider}, then resume; or roll back.`,
  });

/** `deadlineMs`: the server gives up 2 s before it; cancelled in time, nothing is left of the slot. */
export function makeSlot(
  { provider, slot }: { provider: string; slot: string },
  plugin: string,
  how: { failover: boolean; version: number },
  deadlineMs: number,
  context: StepContext,
): Promise<Outcome<unknown>> {
  const text = createSlot(slot, plugin, how.failover && how.version >= FAILOVER_SINCE);
  return context.sessions.statement(context.dsn(provider), text, deadlineMs);
}

/** Who has written on the node and has not ended for this long. `olderThan` in seconds; empty: nobody, or it cannot be asked. */
export async function openWriters(node: string, olderThan: number, context: StepContext): Promise<string[]> {
  const outcome = await context.sessions.statement(context.dsn(node), writersOlderThan(olderThan), ANSWER_MS);
  return outcome.ok ? (outcome.value.at(-1)?.rows ?? []).map(({ text }) => String(text)) : [];
}

/** Drops a slot of this run that no subscription goes on from. What cannot be told or done is left, said, and thrown. */
export async function dropOwnSlot(own: OwnSlot, context: StepContext): Promise<void> {
  const { provider, receiver, slot } = own;
  const object = `slot ${slot}`;
  const sql = [`SELECT pg_drop_replication_slot('${slot.replaceAll("'", "''")}');`];
  const leave = (code: Parameters<StepContext['left']>[0]['code'], message: string): never => {
    context.left({ node: provider, code, object, message, sql: code === 'not-ours' ? [] : sql });
    throw new StepFailure({
      code: code === 'not-ours' ? 'not-ours' : code === 'unreachable' ? 'unreachable' : 'others-depend',
      message,
      sqlstate: null,
      statement: null,
      cause: null,
      remedy: `It keeps WAL on ${provider} until it is dropped there.`,
    });
  };
  let state: SlotState;
  try {
    state = await slotState(provider, slot, context);
  } catch (error) {
    return leave('unreachable', `${provider} could not be asked for ${object}: ${(error as Error).message}`);
  }
  if (state.plugin === null) return;
  if (state.system !== own.system)
    return leave('not-ours', `${provider} is not the server on which ${object} was created.`);
  // Its receiver alone knows whether it goes on from it. Where that one cannot be asked, the slot is not dropped.
  const asked = await context.sessions.statement(
    context.dsn(receiver),
    context.changes.slots.isNamed(slot),
    ANSWER_MS,
  );
  if (!asked.ok && asked.error.sqlstate !== '42P01' && asked.error.sqlstate !== '3F000') {
    return leave(
      'not-known',
      `${receiver} could not be asked whether it uses ${object}: ${asked.error.message}`,
    );
  }
  if (asked.ok && asked.value.at(-1)?.rows[0]?.named === true) {
    return leave('others-depend', `A subscription of ${receiver} uses ${object}.`);
  }
  const dropped = await context.sessions.statement(context.dsn(provider), dropIdleSlot(slot), ANSWER_MS);
  if (!dropped.ok)
    return leave('refused', `${object} on ${provider} could not be dropped: ${dropped.error.message}`);
  if (dropped.value.at(-1)?.rows.length === 0 && (await slotState(provider, slot, context)).plugin !== null) {
    return leave('others-depend', `${object} on ${provider} is in use.`);
  }
}
