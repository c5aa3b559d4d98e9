/**
 * The copy that fills a node which joins. The source applies nothing for a moment; where it stands with each other node is read
 * before the copy is asked for and again when its snapshot is there. Only where both are the same is it known what the copy holds;
 * where they are not, the copy is taken back and made anew. It is never guessed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Changes } from '#core/engines/changes.ts';
import { formatBytes, formatCount, formatNames } from '#core/model/format.ts';
import type { JoinCopyAction, SeedAction } from '#core/plan/executable.ts';
import { slotStart } from '#core/plan/slot-sql.ts';
import { foreignOrigins } from './others-rows.ts';
import { openWriters } from './own-slots.ts';
import { follow, lookAt, sizeOf } from './seed-follow.ts';
import { forgetRestore, rememberBefore, rowsOn } from './seed-inventory.ts';
import { setSequences } from './seed-sequences.ts';
import { clearFailed, logFrom, rememberFailure } from './seed-step.ts';
import { clearSeed, rememberBegun, rememberEnd, takeBackSeed } from './seed-undo.ts';
import type { LogMark } from './server-log.ts';
import { claimSlot } from './slot-claim.ts';
import { doUnit } from './sql-steps.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepCancelled, StepFailure } from './step-failure.ts';
import { startWorker } from './subscribe-step.ts';

/** Where the source stood in the copy's snapshot: positions in the others' WAL, by node, and its clock when that was known. */
export interface JoinPoint {
  positions: Record<string, string>;
  at: string;
  /** They were the same before and after it. False: the engine's own word for it has to be the same. */
  proved: boolean;
}
export const JOIN_POINT = 'point';

const CREATE_MS = 60_000;
const TRIES = 3;
/** A transaction that has written this long ago holds up the copy's slot for longer than the pause may last. */
const OLD_SECONDS = 1;
const QUIET_WITHIN_MS = 120_000;
const QUIET_LOOK_MS = 250;
/** One more transaction may be applied after the pause has begun. */
const STILL_LOOK_MS = 60;
const STILL_READS = 3;
const STILL_WITHIN_MS = 3000;
const SNAPSHOT_LOOK_MS = 5;
/** Of the pause, before it ends by itself. */
const SPARE_MS = 1500;

export const joinCopy: Executor<'join-copy'> = {
  async run(action, context) {
    const seed = seedOf(action);
    const { node } = action;
    if (context.recall('foreign') === undefined) {
      context.remember('foreign', await foreignOrigins(node, context));
    }
    await rememberBefore(node, context);
    if (context.made(0) && context.recall(JOIN_POINT) == null) await clear(seed, context);
    else if (await clearFailed(seed, context)) context.remember(JOIN_POINT, null);
    for (let turn = 1; ; turn++) {
      const log = await logFrom(node, context);
      const missed = (await begin(action, seed, context)) ?? (await fill(action, seed, log, context));
      if (missed === null) break;
      await clear(seed, context);
      if (turn === TRIES) throw notKnown(action, missed);
      context.note(`attempt ${turn}: ${missed}`);
    }
    const total = await sizeOf(seed, context);
    try {
      await setSequences(seed, context);
    } catch (error) {
      await rememberFailure(seed, error, context);
      throw error;
    }
    context.progress({ doneBytes: total.bytes, totalBytes: total.bytes });
    context.note(`${formatCount(action.tables.length)} tables, ${formatBytes(total.bytes)}`);
    return { skipped: false };
  },
  async undo(action, context) {
    if (context.made(0)) await takeBackSeed(seedOf(action), context);
  },
};

const seedOf = ({ peers, plugin, ...action }: JoinCopyAction): SeedAction => ({ ...action, type: 'seed' });

async function clear(seed: SeedAction, context: StepContext): Promise<void> {
  await clearSeed(seed, context);
  forgetRestore(context);
  context.remember('failed', false);
  context.remember('log', null);
  context.remember('ended', null);
  context.remember(JOIN_POINT, null);
}

/** Begins the copy, unless it has begun. Null: it has, and its point is kept; else why not. Throws StepFailure, StepCancelled. */
async function begin(action: JoinCopyAction, seed: SeedAction, context: StepContext): Promise<string | null> {
  if (context.recall(JOIN_POINT) != null) return null;
  const { node, provider, subscription, unit, peers } = action;
  const { joining } = context.changes;
  await rememberBegun(seed, context);
  await claimSlot({ receiver: node, provider, subscription }, context);
  if (peers.length === 0) {
    await doUnit(node, unit, 0, CREATE_MS, context);
    keep({ positions: {}, at: await clockOf(provider, context), proved: true }, context);
    return null;
  }
  const [tells] = await rowsOn(node, joining.tellsCopied, context);
  await untilQuiet(provider, context);
  context.note(
    `${provider} applies nothing from ${formatNames(peers.map((peer) => peer.provider))} for a moment`,
  );
  const until = performance.now() + joining.pauseSeconds * 1000 - SPARE_MS;
  await rowsOn(provider, joining.pause, context);
  try {
    const before = await untilStill(action, context);
    if (before === null) return `${provider} did not stop applying within ${STILL_WITHIN_MS / 1000} s`;
    await doUnit(node, unit, 0, CREATE_MS, context);
    wake(action, context);
    const snapshot = await untilSnapshot(action, until, context);
    if (snapshot === null) return `the slot of the copy was not made on ${provider} while ${provider} waited`;
    // What the engine itself notes at the beginning of its copy it has to note while nothing is applied.
    await untilCopying(seed, until, context);
    const moved = peers.find((peer) => snapshot.positions[peer.provider] !== before[peer.provider]);
    // Where the engine lets the source go on by itself, that may have been between snapshot and look: it says so later.
    if (moved !== undefined && tells?.tells !== true) return went(provider, moved.provider);
    keep({ positions: before, at: snapshot.at, proved: moved === undefined }, context);
    return null;
  } finally {
    await rowsOn(provider, joining.resume, context).catch(() => undefined);
  }
}

const keep = (point: JoinPoint, context: StepContext): void => context.remember(JOIN_POINT, point);

const went = (provider: string, peer: string): string =>
  `${provider} applied something from ${peer} while the snapshot was taken`;

/** Until all is there. Null: it is, and holds what its point says. */
async function fill(
  action: JoinCopyAction,
  seed: SeedAction,
  log: LogMark,
  context: StepContext,
): Promise<string | null> {
  try {
    if (context.recall('ended') == null) {
      await follow(seed, await sizeOf(seed, context), log, context);
      await rememberEnd(seed, context);
    }
  } catch (error) {
    await rememberFailure(seed, error, context);
    throw error;
  }
  const { positions, proved } = context.recall(JOIN_POINT) as JoinPoint;
  const { joining } = context.changes;
  const [tells] = await rowsOn(action.node, joining.tellsCopied, context);
  if (tells?.tells !== true) return null;
  const said = await rowsOn(action.node, joining.copiedUpTo, context);
  for (const { provider: peer } of action.peers) {
    const lsn = said.find((row) => row.provider === peer)?.lsn ?? null;
    // Both have to agree, as far as the engine still knows.
    if (lsn === null ? !proved : lsn !== positions[peer]) return went(action.provider, peer);
  }
  return null;
}

async function untilQuiet(node: string, context: StepContext): Promise<void> {
  const end = performance.now() + QUIET_WITHIN_MS;
  for (;;) {
    const writers = await openWriters(node, OLD_SECONDS, context);
    if (writers.length === 0) return;
    context.note(`waiting for ${writers[0]} on ${node}`);
    if (context.signal.aborted) throw new StepCancelled();
    if (performance.now() > end) {
      throw new StepFailure({
        code: 'locked',
        message: `On ${node} there was always somebody who had written and not ended, for ${QUIET_WITHIN_MS / 1000} s: ${writers.join('; ')}.`,
        sqlstate: null,
        statement: null,
        cause: `The slot of the copy waits for every transaction that has written, and ${node} applies nothing from the others meanwhile.`,
        remedy: 'Let it end, or terminate it, then resume; or roll back.',
      });
    }
    await sleep(QUIET_LOOK_MS, undefined, { signal: context.signal }).catch(() => undefined);
  }
}

/** How far the source has applied each of the peers; null: of one of them nothing is known. */
function standing(
  { peers }: JoinCopyAction,
  applied: readonly Record<string, unknown>[],
): Record<string, string> | null {
  const positions: Record<string, string> = {};
  for (const peer of peers) {
    const lsn = applied.find((row) => row.subscription === peer.subscription)?.lsn;
    if (typeof lsn !== 'string' || lsn === '0/0') return null;
    positions[peer.provider] = lsn;
  }
  return positions;
}

const appliedBy = ({ nodes }: Changes): string => nodes.applied({ hasProgress: false });

async function untilStill(
  action: JoinCopyAction,
  context: StepContext,
): Promise<Record<string, string> | null> {
  const end = performance.now() + STILL_WITHIN_MS;
  let last = '';
  for (let same = 0; ; ) {
    const now = standing(action, await rowsOn(action.provider, appliedBy(context.changes), context));
    if (context.signal.aborted) throw new StepCancelled();
    const text = JSON.stringify(now);
    same = now !== null && text === last ? same + 1 : 1;
    last = text;
    if (now !== null && same >= STILL_READS) return now;
    if (performance.now() > end) return null;
    await sleep(STILL_LOOK_MS);
  }
}

/** The slot has its start, and with it the snapshot: where the source stands then. Null: not in time. */
async function untilSnapshot(
  action: JoinCopyAction,
  until: number,
  context: StepContext,
): Promise<{ positions: Record<string, string>; at: string } | null> {
  const { node, provider, subscription } = action;
  const [named] = await rowsOn(node, context.changes.subscriptions.slotOf(subscription), context);
  // One round trip for both: the source may go on at once.
  const text = `SELECT s.lsn AS start, clock_timestamp()::text AS at, a.* FROM (${slotStart(String(named?.slot))}) s LEFT JOIN (${appliedBy(context.changes)}) a ON true`;
  for (;;) {
    const found = await rowsOn(provider, text, context);
    if (typeof found[0]?.start === 'string') {
      return { positions: standing(action, found) ?? {}, at: String(found[0].at) };
    }
    if (context.signal.aborted) throw new StepCancelled();
    if (performance.now() > until) return null;
    await sleep(SNAPSHOT_LOOK_MS);
  }
}

/** A copy that fails at once is told of by who follows it. */
async function untilCopying(seed: SeedAction, until: number, context: StepContext): Promise<void> {
  const { copies } = context.changes;
  for (;;) {
    const [row] = await rowsOn(seed.node, lookAt(seed, context.changes), context);
    if (row === undefined) return;
    const { state, enabled } = copies.decodeLook(row);
    if (!enabled || (state !== null && state !== 'waiting') || performance.now() > until) return;
    if (context.signal.aborted) throw new StepCancelled();
    await sleep(SNAPSHOT_LOOK_MS);
  }
}

const clockOf = async (node: string, context: StepContext): Promise<string> => {
  const [row] = await rowsOn(node, 'SELECT clock_timestamp()::text AS at', context);
  return String(row?.at);
};

/** The engine may sleep for a second before it starts the copy, and the source waits meanwhile. A failure says nothing. */
function wake({ node, subscription, plugin }: JoinCopyAction, context: StepContext): void {
  const how = context.changes.slots.wake(plugin);
  if (how !== null) startWorker(node, subscription, how.text, context).catch(() => undefined);
}

const notKnown = ({ provider, node }: JoinCopyAction, why: string): StepFailure =>
  new StepFailure({
    code: 'not-in-time',
    message: `It could not be told what a copy of ${provider} holds, ${TRIES} times: ${why}. What had been copied to ${node} is removed again.`,
    sqlstate: null,
    statement: null,
    cause: `Transactions on ${provider} that write for long, or a busy machine: ${provider} may wait for 10 s at most.`,
    remedy: `Resume when ${provider} is less busy; or roll back.`,
  });
