/**
 * The life of apply workers and slots over the last minutes. A subscription that fails, restarts and fails again shows
 * `replicating` in many a poll; only its worker's changing pid tells.
 */
import type { FastFacts } from '#core/model/facts.ts';
import { pairKey } from '#core/model/keys.ts';
import { parseLsn } from './lsn.ts';

/** Restarts older than this say nothing of now. */
const windowMs = 5 * 60_000;

export interface WorkerLife {
  /** How often, in the last 5 minutes, the worker was another one or was gone when it had been there. */
  restarts: number;
  /** The first of those. */
  firstRestartAt: number | null;
  lastRestartAt: number | null;
}

interface Worker {
  pid: number | null;
  wasUp: boolean;
  restarts: number[];
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

const quiet: WorkerLife = { restarts: 0, firstRestartAt: null, lastRestartAt: null };

export class WorkerBook {
  #nodes = new Map<
    string,
    {
      workers: Map<string, Worker>;
      senders: Map<string, Worker>;
      progress: Map<string, Progress>;
      unread: Map<string, Unread>;
      since: Map<string, number>;
    }
  >();

  observe(node: string, at: number, facts: FastFacts): void {
    const before = this.#nodes.get(node);
    const workers = new Map<string, Worker>();
    for (const sub of facts.subscriptions ?? []) {
      if (!sub.enabled) continue;
      const up = sub.workerPid !== null && sub.workerStatus === 'running';
      workers.set(sub.name, follow(before?.workers.get(sub.name), at, up ? sub.workerPid : null, up));
    }
    const senders = new Map<string, Worker>();
    for (const slot of facts.slots) {
      senders.set(slot.name, follow(before?.senders.get(slot.name), at, slot.activePid, slot.active));
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
    for (const slot of facts.slots) {
      if (slot.active) continue;
      const signs = `${slot.decodedBytes} ${slot.inactiveSince}`;
      const known = before?.unread.get(slot.name);
      unread.set(slot.name, known?.signs === signs ? known : { signs, since: at });
    }
    const since = new Map<string, number>();
    for (const key of conditions(facts)) since.set(key, before?.since.get(key) ?? at);
    this.#nodes.set(node, { workers, senders, progress, unread, since });
  }

  /** Restarts of a subscription's apply worker, seen on its receiver. */
  workerOf(receiver: string, subscription: string): WorkerLife {
    return lifeOf(this.#nodes.get(receiver)?.workers.get(subscription));
  }

  /** Restarts of the walsender of a slot, seen on its provider: works for versions that do not show their workers. */
  walsenderOf(provider: string, slot: string): WorkerLife {
    return lifeOf(this.#nodes.get(provider)?.senders.get(slot));
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

  forget(node: string): void {
    this.#nodes.delete(node);
  }
}

const slotKey = (slot: string) => `slot ${slot}`;
const syncKey = (subscription: string, relation: string, status: string) =>
  `sync ${pairKey(subscription, relation)} ${status}`;

/** `schema.table` of a row of local_sync_status, or `` for the subscription as a whole. */
export function syncRelation(sync: { schema: string | null; table: string | null }): string {
  return sync.table === null ? '' : pairKey(sync.schema ?? '', sync.table);
}

function* conditions(facts: FastFacts): Generator<string> {
  for (const slot of facts.slots) if (!slot.active) yield slotKey(slot.name);
  for (const sub of facts.subscriptions ?? []) {
    for (const sync of sub.sync) yield syncKey(sub.name, syncRelation(sync), sync.status);
  }
}

/** A restart is a worker that is gone, or another one in its place; the first worker ever seen is none. */
function follow(before: Worker | undefined, at: number, pid: number | null, up: boolean): Worker {
  const restarts = (before?.restarts ?? []).filter((moment) => at - moment <= windowMs);
  const gone = before?.wasUp === true && !up;
  const replaced = up && pid !== null && before !== undefined && before.pid !== null && before.pid !== pid;
  // Gone, then replaced, is one restart: it was counted when the worker was gone.
  if (gone || (replaced && before.wasUp)) restarts.push(at);
  return { pid: pid ?? before?.pid ?? null, wasUp: up, restarts };
}

function lifeOf(worker: Worker | undefined): WorkerLife {
  const first = worker?.restarts[0];
  if (worker === undefined || first === undefined) return quiet;
  return {
    restarts: worker.restarts.length,
    firstRestartAt: first,
    lastRestartAt: worker.restarts.at(-1) ?? null,
  };
}
