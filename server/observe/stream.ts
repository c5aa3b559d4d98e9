/**
 * A cluster's snapshots as a stream of events for any number of readers. A reader holds a position, not a queue: a slow
 * one costs nothing, and one that fell out of the ring gets a whole snapshot again.
 */
import { randomBytes } from 'node:crypto';
import type { ClusterEvent } from '#core/model/events.ts';
import type { Snapshot } from '#core/model/snapshot.ts';
import { diffSnapshots } from '#core/snapshot/change.ts';

/** About two minutes: a laptop's lid, a changed network. */
const RING = 120;

export interface StreamedEvent {
  /** What a reader sends back as Last-Event-ID. */
  id: string;
  event: ClusterEvent;
  /** The event as JSON, made once for all readers. */
  json: string;
}

interface Entry {
  number: number;
  event: ClusterEvent;
  json: string | null;
}

export class SnapshotStream {
  /** Ids of another run of the console must not be taken for ours. */
  readonly #epoch = randomBytes(6).toString('base64url');
  #number = 0;
  #ring: Entry[] = [];
  #current: Snapshot | null = null;
  #whole: Entry | null = null;
  #ended = false;
  #waiting: { promise: Promise<void>; wake: () => void } = signal();

  get current(): Snapshot | null {
    return this.#current;
  }

  push(next: Snapshot): void {
    const before = this.#current;
    this.#current = next;
    this.#number++;
    this.#whole = null;
    if (before !== null) {
      this.#ring.push({ number: this.#number, event: diffSnapshots(before, next), json: null });
      if (this.#ring.length > RING) this.#ring.shift();
    }
    this.#wake();
  }

  /** All readers end after what they have been given. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Waits for the first snapshot, gives it (or what came after `lastEventId`), then every change, until `signal`. */
  async *read(lastEventId: string | undefined, abort?: AbortSignal): AsyncGenerator<StreamedEvent, void> {
    let position = this.#position(lastEventId);
    const onAbort = () => this.#wake();
    abort?.addEventListener('abort', onAbort, { once: true });
    try {
      while (!abort?.aborted) {
        const entry = position === null ? this.#snapshot() : this.#after(position);
        if (entry !== null) {
          position = entry.number;
          entry.json ??= JSON.stringify(entry.event);
          yield { id: `${this.#epoch}-${entry.number}`, event: entry.event, json: entry.json };
        } else if (this.#ended) return;
        else await this.#waiting.promise;
      }
    } finally {
      abort?.removeEventListener('abort', onAbort);
    }
  }

  #position(lastEventId: string | undefined): number | null {
    const match = /^(.+)-(\d{1,15})$/.exec(lastEventId ?? '');
    if (match === null || match[1] !== this.#epoch) return null;
    const number = Number(match[2]);
    return number > this.#number ? null : number;
  }

  #snapshot(): Entry | null {
    if (this.#current === null) return null;
    this.#whole ??= { number: this.#number, event: { type: 'snapshot', ...this.#current }, json: null };
    return this.#whole;
  }

  /** The change after `position`; a snapshot when that change is no longer kept; null when there is none yet. */
  #after(position: number): Entry | null {
    if (position === this.#number) return null;
    const oldest = this.#ring[0];
    if (oldest === undefined || position + 1 < oldest.number) return this.#snapshot();
    return this.#ring[position + 1 - oldest.number] ?? this.#snapshot();
  }

  #wake(): void {
    const { wake } = this.#waiting;
    this.#waiting = signal();
    wake();
  }
}

function signal(): { promise: Promise<void>; wake: () => void } {
  let wake = () => {};
  const promise = new Promise<void>((resolve) => {
    wake = resolve;
  });
  return { promise, wake };
}
