/** Drops a subscription in whatever state it is, with its slot on the provider, in seconds; and never another's slot. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '#core/engines/engine.ts';
import { dropOrigin, dropSlot } from '#core/plan/slot-sql.ts';
import { whoseSlot } from '#core/run/whose-slot.ts';
import type { Outcome } from '#server/postgres/connection.ts';
import { runStatement } from './sessions.ts';
import { claimedSlot, type Subscribed } from './slot-claim.ts';
import type { StepContext } from './step-context.ts';
import { StepFailure, sqlFailure } from './step-failure.ts';

const ANSWER_MS = 10_000;
/** Workers end at once, or when the sessions that they read from are gone. */
const WORKERS_MS = 2_500;
/** After they and what they wait for were told to end once more. */
const WORKERS_AGAIN_MS = 15_000;
/** A sender notices that its receiver has gone. */
const SENDER_MS = 5_000;
/** Spock's own time for a connection to a host that does not answer is 30 s, and cannot be cut (spock_connect_base). */
const DROP_MS = 45_000;
const LOOK_MS = 100;

/** A worker inside Spock's own connect to a host that does not answer hears of its end after those 30 s. */
const WORKERS_OF_SILENT_MS = 45_000;

type Left = Parameters<StepContext['left']>[0];

/**
 * What is not there any more is left out, so it may be called again, and from any phase: a copy under way, a slot that waits for
 * an open transaction, workers that fail and start again. A provider that cannot be reached by the console keeps nothing up.
 * What stays is said by `context.left`: a slot that may be another's, or that could not be reached. Throws StepFailure when the
 * subscription itself could not be dropped.
 */
export async function unsubscribe(of: Subscribed, context: StepContext): Promise<void> {
  const sub = context.changes.unsubscribing;
  const { receiver, provider, subscription } = of;
  const claimed = claimedSlot(subscription, context);
  const found = await lookAt(of, context);
  const slot = found?.slot ?? claimed?.slot;
  if (slot === undefined) return;
  if (of.providerGone === true) {
    if (found !== null) {
      await command(receiver, sub.disable(subscription), ANSWER_MS, context);
      await endWorkers(of, found.id, true, context);
      await dropIt(of, found, false, context);
    }
    await dropOrigins(receiver, slot, context);
    return;
  }
  const node = found?.provider ?? claimed?.provider ?? provider;
  const before = claimed?.slot === slot ? claimed.there : null;
  const { namers, unasked } = await namersOf(slot, node, receiver, context);
  if (found !== null) {
    await command(receiver, sub.disable(subscription), ANSWER_MS, context);
    const shared = namers.length > 0;
    await endWorkers(of, found.id, shared, context);
  }
  const slots = await senderGone(provider, slot, context);
  const read = slots?.find((each) => each.slot === slot)?.active === true;
  const verdict = whoseSlot({
    before,
    namers: namers.filter((each) => each.slot === slot).map((each) => each.text),
    unasked,
    read,
  });
  if (found !== null) await dropIt(of, found, verdict.whose === 'ours', context);
  if (verdict.whose === 'ours') {
    const own = (name: string) => !namers.some((each) => each.slot === name);
    await dropSlots(of, slot, own, context);
  } else if (slots === null || slots.some((each) => each.slot === slot)) {
    context.left(keptSlot(provider, slot, verdict));
  }
  await dropOrigins(receiver, slot, context);
}

export interface Found {
  id: string;
  slot: string;
  /** By its name in the engine's catalog. */
  provider: string;
  enabled: boolean;
  interface: string;
}

const query = (node: string, text: string, context: StepContext): Promise<Outcome<Row[]>> =>
  context.sessions
    .statement(context.dsn(node), text, ANSWER_MS)
    .then((outcome) => (outcome.ok ? { ok: true, value: outcome.value.at(-1)?.rows ?? [] } : outcome));

async function rows(node: string, text: string, context: StepContext): Promise<Row[]> {
  const outcome = await query(node, text, context);
  if (!outcome.ok) throw sqlFailure(node, `${text};`, outcome.error);
  return outcome.value;
}

/** Null: the node cannot be asked, or refuses. */
async function rowsOrNull(node: string, text: string, context: StepContext): Promise<Row[] | null> {
  try {
    const outcome = await query(node, text, context);
    return outcome.ok ? outcome.value : null;
  } catch {
    // A node whose address the console does not know.
    return null;
  }
}

/** The subscription as it stands; null: there is none. Throws StepFailure. */
export async function lookAt(
  { receiver, subscription }: Subscribed,
  context: StepContext,
): Promise<Found | null> {
  const sub = context.changes.unsubscribing;
  const [has] = await rows(receiver, sub.hasSubscriptions, context);
  if (has?.there !== true) return null;
  const [row] = await rows(receiver, sub.named(subscription), context);
  if (row === undefined) return null;
  return {
    id: String(row.id),
    slot: String(row.slot),
    provider: String(row.provider),
    enabled: row.enabled === true,
    interface: String(row.interface),
  };
}

/** Subscriptions of all other nodes to the same provider that name the slot, or one that is called after it. */
async function namersOf(slot: string, provider: string, receiver: string, context: StepContext) {
  const sub = context.changes.unsubscribing;
  const namers: { slot: string; text: string }[] = [];
  const unasked: string[] = [];
  const ask = async (node: string) => {
    const has = await rowsOrNull(node, sub.hasSubscriptions, context);
    if (has?.[0]?.there === false) return;
    const said = has === null ? null : await rowsOrNull(node, sub.namersOf(slot, provider), context);
    if (said === null) unasked.push(node);
    for (const row of said ?? []) namers.push({ slot: String(row.slot), text: `${row.name} of ${node}` });
  };
  await Promise.all(context.nodes.filter((node) => node !== receiver).map(ask));
  return { namers, unasked: unasked.sort() };
}

/** On a connection of its own: a backend of Spock 5.0.11 in which one of these failed crashes the server at the next. */
export async function command(
  node: string,
  text: string,
  deadlineMs: number,
  context: StepContext,
): Promise<string[]> {
  const warnings: string[] = [];
  const outcome = await context.sessions.with(context.dsn(node), async (connection) => {
    connection.onNotice = (notice) => {
      if (notice.severity === 'WARNING') warnings.push(notice.message);
      context.notice(notice);
    };
    const done = await runStatement(connection, text, deadlineMs);
    connection.close();
    return done;
  });
  if (!outcome.ok) throw sqlFailure(node, `${text};`, outcome.error);
  return warnings;
}

/** `shared`: another receiver's copy may go by the same name, so nothing is ended on the provider. */
async function endWorkers(of: Subscribed, id: string, shared: boolean, context: StepContext): Promise<void> {
  const sub = context.changes.unsubscribing;
  const { receiver, provider, subscription } = of;
  const gone = async (withinMs: number): Promise<Row[]> => {
    const end = performance.now() + withinMs;
    for (;;) {
      const workers = await rows(receiver, sub.workersOf(id), context);
      if (workers.length === 0 || performance.now() > end) return workers;
      await sleep(LOOK_MS);
    }
  };
  if ((await rows(receiver, sub.workersOf(id), context)).length === 0) return;
  const end = async () => {
    if (!shared) await rowsOrNull(provider, sub.endCopy(subscription), context);
    await rows(receiver, sub.endCopy(subscription), context);
  };
  await end();
  if ((await gone(WORKERS_MS)).length === 0) return;
  await end();
  await rows(receiver, sub.endWorkers(id), context);
  const [worker] = await gone(of.providerGone === true ? WORKERS_OF_SILENT_MS : WORKERS_AGAIN_MS);
  if (worker === undefined) return;
  const held =
    worker.blockers === '' ? `, waiting for ${worker.wait}` : `, blocked by process ${worker.blockers}`;
  throw new StepFailure({
    code: 'timeout',
    message: `On ${receiver} the worker of ${subscription} (process ${worker.pid}) does not end${held}.`,
    sqlstate: null,
    statement: null,
    cause:
      'The subscription is disabled. It cannot be dropped while its worker runs: sub_drop waits for it forever.',
    remedy: `Stop what blocks it, then roll back again.`,
  });
}

/** The slots when nobody reads from the first of them any more, or after a while. Null: the provider cannot be asked. */
async function senderGone(provider: string, slot: string, context: StepContext): Promise<Row[] | null> {
  const sub = context.changes.unsubscribing;
  const end = performance.now() + SENDER_MS;
  for (;;) {
    const slots = await rowsOrNull(provider, sub.slotsOf(slot), context);
    if (slots === null || performance.now() > end) return slots;
    if (!slots.some((each) => each.slot === slot && each.active === true)) return slots;
    await sleep(LOOK_MS);
  }
}

async function dropIt(
  { receiver, subscription }: Subscribed,
  { id, provider }: Found,
  withSlot: boolean,
  context: StepContext,
): Promise<void> {
  const sub = context.changes.unsubscribing;
  if (!withSlot) {
    for (const text of sub.detach(subscription, id, provider))
      await command(receiver, text, ANSWER_MS, context);
  }
  await command(receiver, sub.drop(subscription), DROP_MS, context);
  if (!withSlot) await command(receiver, sub.detached(id, provider), ANSWER_MS, context);
}

async function dropSlots(
  { provider, subscription }: Subscribed,
  slot: string,
  own: (name: string) => boolean,
  context: StepContext,
): Promise<void> {
  const sub = context.changes.unsubscribing;
  let end = performance.now() + SENDER_MS;
  for (let ended = false; ; ) {
    const found = await rowsOrNull(provider, sub.slotsOf(slot), context);
    if (found === null) {
      context.left({
        node: provider,
        code: 'unreachable',
        object: `slot ${slot}`,
        message: `${provider} could not be asked whether the slot of ${subscription} is gone. If it is still there, it keeps WAL until it is dropped.`,
        sql: [`${dropSlot(slot)};`],
      });
      return;
    }
    const standing: Row[] = [];
    for (const each of found.filter((one) => own(String(one.slot)))) {
      const dropped =
        each.active !== true && (await rowsOrNull(provider, dropSlot(String(each.slot)), context)) !== null;
      if (!dropped) standing.push(each);
    }
    if (standing.length === 0) return;
    if (performance.now() <= end) {
      await sleep(LOOK_MS);
      continue;
    }
    if (ended) return leftSlots(provider, standing, context);
    // A sender may wait for what never comes (a synchronous standby), and not look whether its receiver is there.
    ended = true;
    end = performance.now() + SENDER_MS;
    for (const { pid } of standing) {
      if (pid !== null)
        await rowsOrNull(provider, `SELECT pg_terminate_backend(${Number(pid)}, 2000)`, context);
    }
  }
}

function leftSlots(provider: string, slots: readonly Row[], context: StepContext): void {
  for (const { slot, pid } of slots) {
    context.left({
      node: provider,
      code: 'refused',
      object: `slot ${slot}`,
      message: `The slot could not be dropped${pid === null ? '' : `: process ${pid} reads from it`}. It keeps WAL until it is dropped.`,
      sql: [`${dropSlot(String(slot))};`],
    });
  }
}

function keptSlot(
  provider: string,
  slot: string,
  verdict: { whose: 'others' | 'unknown'; why: string },
): Left {
  const others = verdict.whose === 'others';
  return {
    node: provider,
    code: others ? 'not-ours' : 'not-known',
    object: `slot ${slot}`,
    message: others
      ? `The slot was kept: ${verdict.why}.`
      : `The slot was kept, since it cannot be known whose it is: ${verdict.why}. If nobody else needs it, drop it: it keeps WAL.`,
    sql: others ? [] : [`${dropSlot(slot)};`],
  };
}

/** Of a worker that was killed, some stay. */
async function dropOrigins(receiver: string, slot: string, context: StepContext): Promise<void> {
  const sub = context.changes.unsubscribing;
  const [has] = await rows(receiver, sub.hasSubscriptions, context);
  if (has?.there !== true) return;
  for (const { origin } of await rows(receiver, sub.originsLeft(slot), context)) {
    const text = dropOrigin(String(origin));
    if ((await rowsOrNull(receiver, text, context)) !== null) continue;
    context.left({
      node: receiver,
      code: 'refused',
      object: `replication origin ${origin}`,
      message: 'The origin could not be dropped: a process still uses it.',
      sql: [`${text};`],
    });
  }
}
