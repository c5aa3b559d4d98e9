/**
 * The life of apply workers and slots over the last minutes. A subscription that fails, restarts and fails again shows
 * `replicating` in many a poll, or is in none at all: only a changing pid, and what was decoded from its slot, tell.
 */
import type { FastFacts, SubscriptionFacts } from '#core/model/facts.ts';
import { pairKey } from '#core/model/keys.ts';
import { parseLsn } from './lsn.ts';

/** Endings older than this say nothing of now. */
const windowMs = 5 * 60_000;
/** One ending may be anything; three within five minutes are no accident. */
export const endingsOfALoop = 3;
/** What ended again and again counts as standing only when it has stood for this long. */
export const steadyMs = 60_000;

/** Where a subscription stands: its slot on the provider, its worker on the receiver. */
export interface Ends {
  provider: string;
  slot: string;
  receiver: string;
  subscription: string;
}

/** A worker that ends again and again. */
export interface Loop {
  /** In the last five minutes. */
  endings: number;
  firstAt: number;
  lastAt: number;
}

interface Worker {
  pid: number | null;
  wasUp: boolean;
  /** Moments at which it was gone, was another one, or had come and gone since the poll before. */
  endings: number[];
}

/** How far a slot's receiver has come: the furthest position it confirmed, and when it last came further. */
interface Progress {
  furthest: bigint;
  movedAt: number | null;
}

/** Signs that a slot was read, and since when they stand still. */
interface Unread {
  signs: string;
  since: number;
}

/** What a subscription is set to, and since when: endings of before say nothing of it. */
interface Setting {
  text: string;
  since: number;
}

interface NodeBook {
  workers: Map<string, Worker>;
  senders: Map<string, Worker>;
  progress: Map<string, Progress>;
  unread: Map<string, Unread>;
  since: Map<string, number>;
  settings: Map<string, Setting>;
  startedAt: number | null;
  /** When it was first seen, or first seen with another start than before. */
  restartedAt: number;
}

export class WorkerBook {
  #nodes = new Map<string, NodeBook>();

  observe(node: string, at: number, facts: FastFacts): void {
    const before = this.#nodes.get(node);
    const started = facts.startedAt ?? null;
    const restarted = started !== null && before?.startedAt != null && before.startedAt !== started;
    const workers = new Map<string, Worker>();
    const settings = new Map<string, Setting>();
    for (const sub of facts.subscriptions ?? []) {
      const text = settingOf(sub);
      const known = before?.settings.get(sub.name);
      settings.set(sub.name, known?.text === text ? known : { text, since: known ? at : -Infinity });
      if (!sub.enabled) continue;
      const up = sub.workerPid !== null && sub.workerStatus === 'running';
      workers.set(sub.name, follow(before?.workers.get(sub.name), at, up ? sub.workerPid : null, up, false));
    }
    const progress = new Map<string, Progress>();
    for (const slot of facts.slots) {
      const confirmed = parseLsn(slot.confirmedFlushLsn);
      const known = before?.progress.get(slot.name);
      const further = confirmed !== null && (known === undefined || confirmed > known.furthest);
      // A server that crashed shows an older position until its receiver is back: that is no step back.
      const now = further ? { furthest: confirmed, movedAt: known === undefined ? null : at } : known;
      if (now) progress.set(slot.name, now);
    }
    const unread = new Map<string, Unread>();
    const senders = new Map<string, Worker>();
    for (const slot of facts.slots) {
      const known = before?.unread.get(slot.name);
      const signs = `${slot.decodedBytes} ${slot.inactiveSince}`;
      if (!slot.active) unread.set(slot.name, known?.signs === signs ? known : { signs, since: at });
      // Inactive in both polls, and read between them: somebody came for less than a second, and went.
      const visited = !slot.active && known !== undefined && known.signs !== signs && !restarted;
      const sender = before?.senders.get(slot.name);
      senders.set(slot.name, follow(sender, at, slot.activePid, slot.active, visited));
    }
    const since = new Map<string, number>();
    for (const key of conditions(facts)) since.set(key, before?.since.get(key) ?? at);
    this.#nodes.set(node, {
      workers,
      senders,
      progress,
      unread,
      since,
      settings,
      startedAt: started ?? before?.startedAt ?? null,
      restartedAt: restarted ? at : (before?.restartedAt ?? at),
    });
  }

  /**
   * Whether the worker of a subscription ends again and again; null: it does not, or it has stood for a minute since. By
   * its walsender on the provider or by itself on the receiver, whichever shows more of it: some versions show no workers,
   * and some roles no slots. What a restart of a server, or another setting of the subscription, has ended is not counted,
   * nor what the one end saw before the other was watched.
   */
  loopOf({ provider, slot, receiver, subscription }: Ends, at: number): Loop | null {
    const [there, here] = [this.#nodes.get(provider), this.#nodes.get(receiver)];
    const sender = there?.senders.get(slot);
    const worker = here?.workers.get(subscription);
    const from = Math.max(
      at - windowMs,
      there?.restartedAt ?? -Infinity,
      here?.restartedAt ?? -Infinity,
      here?.settings.get(subscription)?.since ?? -Infinity,
    );
    const ofSender = sender?.endings.filter((moment) => moment > from) ?? [];
    const ofWorker = worker?.endings.filter((moment) => moment > from) ?? [];
    const endings = ofWorker.length >= ofSender.length ? ofWorker : ofSender;
    const [firstAt, lastAt] = [endings[0], Math.max(ofSender.at(-1) ?? 0, ofWorker.at(-1) ?? 0)];
    if (firstAt === undefined || endings.length < endingsOfALoop) return null;
    const stands = sender?.wasUp ?? worker?.wasUp ?? false;
    return stands && at - lastAt >= steadyMs ? null : { endings: endings.length, firstAt, lastAt };
  }

  /** When the receiver of a slot last confirmed a position further than any before; null when it was not seen to. */
  progressedAt(provider: string, slot: string): number | null {
    return this.#nodes.get(provider)?.progress.get(slot)?.movedAt ?? null;
  }

  /** Since when a slot is inactive, as far as the console saw; null when it is not. */
  slotInactiveSince(provider: string, slot: string): number | null {
    return this.#nodes.get(provider)?.since.get(slotKey(slot)) ?? null;
  }

  /**
   * Since when nobody has come to a slot at all, not even between two polls, as far as the provider's own counts tell;
   * null while somebody reads it.
   */
  slotUnreadSince(provider: string, slot: string): number | null {
    return this.#nodes.get(provider)?.unread.get(slot)?.since ?? null;
  }

  /** Since when a row of local_sync_status stands at its letter; null when it does not. */
  syncingSince(receiver: string, subscription: string, relation: string, status: string): number | null {
    return this.#nodes.get(receiver)?.since.get(syncKey(subscription, relation, status)) ?? null;
  }

  /** Since when a receiver says this of a subscription; null when it does not. */
  sayingSince(receiver: string, subscription: string, status: string): number | null {
    return this.#nodes.get(receiver)?.since.get(saysKey(subscription, status)) ?? null;
  }

  forget(node: string): void {
    this.#nodes.delete(node);
  }
}

const slotKey = (slot: string) => `slot ${slot}`;
const syncKey = (subscription: string, relation: string, status: string) =>
  `sync ${pairKey(subscription, relation)} ${status}`;

const saysKey = (subscription: string, status: string) => `says ${pairKey(subscription, status)}`;

/** `schema.table` of a row of local_sync_status, or `` for the subscription as a whole. */
export function syncRelation(sync: { schema: string | null; table: string | null }): string {
  return sync.table === null ? '' : pairKey(sync.schema ?? '', sync.table);
}

function* conditions(facts: FastFacts): Generator<string> {
  for (const slot of facts.slots) if (!slot.active) yield slotKey(slot.name);
  for (const sub of facts.subscriptions ?? []) {
    if (sub.reportedStatus) yield saysKey(sub.name, sub.reportedStatus);
    for (const sync of sub.sync) yield syncKey(sub.name, syncRelation(sync), sync.status);
  }
}

/** What changes when somebody sets the subscription to something else, switches it, or makes it anew. */
const settingOf = (sub: SubscriptionFacts): string =>
  JSON.stringify([
    sub.id,
    sub.createdAt,
    sub.enabled,
    sub.slot,
    sub.originInterfaceId,
    sub.replicationSets,
    sub.forwardOrigins,
    sub.applyDelaySeconds,
    sub.skipLsn,
    sub.skipSchema,
  ]);

/** An ending is a worker that is gone, or another one in its place; the first worker ever seen is none. */
function follow(
  before: Worker | undefined,
  at: number,
  pid: number | null,
  up: boolean,
  visited: boolean,
): Worker {
  const endings = (before?.endings ?? []).filter((moment) => at - moment <= windowMs);
  const gone = before?.wasUp === true && !up;
  const replaced = up && pid !== null && before !== undefined && before.pid !== null && before.pid !== pid;
  // Gone, then replaced, is one ending: it was counted when the worker was gone.
  if (gone || visited || (replaced && before.wasUp)) endings.push(at);
  return { pid: pid ?? before?.pid ?? null, wasUp: up, endings };
}
