/**
 * For tests: the lag as it is, from rows that were committed on one node and are not to be seen on another yet, beside
 * every value that the console showed of that link. What the measuring itself cannot know (when within its round trip a
 * COMMIT took effect, when between two looks a row arrived) is kept as a range, and only what is outside of it is wrong.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { linkOf, type Mesh } from './mesh.ts';

interface Mark {
  /** Its COMMIT took effect between these two. */
  sentAt: number;
  committedAt: number;
  /** When it was last known not to be on the receiver. */
  absentAt: number;
  /** When it was first seen on the receiver; null: not yet. */
  arrivedAt: number | null;
}

/** One snapshot of the console's, as long as it was the last. */
interface Shown {
  said: number | null;
  from: number;
  until: number;
  /** The middle of the provider's poll that it is from; and when that was sent. */
  readAt: number;
  sentAt: number;
  confirmed: string | null;
}

interface Range {
  least: number;
  most: number;
}

/** A poll, as the console means to poll; a reading that is older than that says how long a poll really took. */
const POLL_SECONDS = 1;
const NEAR_SECONDS = 0.3;
/** Values that stay are held against the truth so often. */
const CHECK_EVERY_MS = 50;
const LOOK_EVERY_MS = 50;

/** Writes marks on `provider`, looks for them on `receiver`, and notes what the console says of that link meanwhile. */
export class TrueLag {
  readonly #mesh: Mesh;
  readonly #provider: string;
  readonly #receiver: string;
  readonly #marks = new Map<number, Mark>();
  readonly #shown: Shown[] = [];
  readonly #end = new AbortController();
  #startedAt = 0;
  #next = 1;
  #loops: Promise<void>[] = [];

  /** The table `beat (id bigint primary key)` must be in set default on both. */
  constructor(mesh: Mesh, provider: string, receiver: string) {
    this.#mesh = mesh;
    this.#provider = provider;
    this.#receiver = receiver;
  }

  /** From now on; `writesEveryMs` null: somebody else writes, or nobody. */
  async start(writesEveryMs: number | null): Promise<void> {
    const last = await this.#mesh.value(this.#provider, 'SELECT coalesce(max(id), 0)::int FROM beat');
    this.#next = Number(last) + 1;
    this.#startedAt = Date.now();
    this.#loops = [this.#look(), this.#watch()];
    if (writesEveryMs !== null) this.#loops.push(this.#write(writesEveryMs));
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#loops);
  }

  /** A mark that is written as part of a transaction of the caller's: its text, and how to commit it. */
  mark(): { sql: string; commit: (work: () => Promise<unknown>) => Promise<void> } {
    const id = this.#next++;
    return {
      sql: `INSERT INTO beat (id) VALUES (${id})`,
      commit: async (work) => {
        const sentAt = Date.now();
        await work();
        this.#marks.set(id, { sentAt, committedAt: Date.now(), absentAt: sentAt, arrivedAt: null });
      },
    };
  }

  /** Marks that were committed and are not there yet. */
  get waiting(): number {
    return [...this.#marks.values()].filter(({ arrivedAt }) => arrivedAt === null).length;
  }

  /** How many readings were shown. */
  get readings(): number {
    return new Set(this.#shown.map(({ readAt }) => readAt)).size;
  }

  /** The longest that a reading was shown: a poll's real interval, under whatever else the machine did. Seconds. */
  get longestPoll(): number {
    return Math.max(...this.#shown.map(({ readAt, until }) => until - readAt)) / 1000;
  }

  /** What was said in the last `seconds`. */
  saidLast(seconds: number): (number | null)[] {
    const since = Date.now() - seconds * 1000;
    return this.#shown.filter(({ until }) => until > since).map(({ said }) => said);
  }

  /** The greatest age that was certain at any moment, seconds: how much was really waited for. */
  get greatest(): number {
    return Math.max(0, ...this.#shown.map(({ until }) => this.truthAt(until).least));
  }

  /** Age of the oldest mark that was not there at `at`, seconds, as far as the measuring can tell; 0: all were. */
  truthAt(at: number): Range {
    const range = { least: 0, most: 0 };
    for (const { sentAt, committedAt, absentAt, arrivedAt } of this.#marks.values()) {
      if (committedAt <= at && absentAt >= at) range.least = Math.max(range.least, (at - committedAt) / 1000);
      if (sentAt <= at && (arrivedAt ?? Number.POSITIVE_INFINITY) > at)
        range.most = Math.max(range.most, (at - sentAt) / 1000);
    }
    return range;
  }

  /**
   * Moments in which what was shown was further from the truth than a poll and 0.3 s. A reading that is older than a poll,
   * since the machine let the poll wait, may be wrong by its age; and it cannot know of what has arrived since.
   */
  wrong(): string[] {
    return this.#shown.flatMap((shown) => {
      for (let at = shown.from; at <= shown.until; at += CHECK_EVERY_MS) {
        if (!this.#isRight(shown, at)) return [this.#told(shown, at)];
      }
      return [];
    });
  }

  #isRight({ said, readAt, sentAt, from }: Shown, at: number): boolean {
    if (said === null) return false;
    const allowed = Math.max(POLL_SECONDS, (at - readAt) / 1000) + NEAR_SECONDS;
    const now = this.truthAt(at);
    if (isWithin(said, now, allowed)) return true;
    for (let then = sentAt; then <= from; then += CHECK_EVERY_MS / 5) {
      const truth = this.truthAt(then);
      if (truth.most > now.least && isWithin(said, truth, allowed)) return true;
    }
    return false;
  }

  #told({ said, readAt, confirmed }: Shown, at: number): string {
    const words = ({ least, most }: Range) => `${least.toFixed(2)}–${most.toFixed(2)}`;
    const age = ((at - readAt) / 1000).toFixed(2);
    return `after ${((at - this.#startedAt) / 1000).toFixed(2)} s: said ${said}, truth ${words(this.truthAt(at))}; read ${age} s ago at ${confirmed}, truth then ${words(this.truthAt(readAt))}`;
  }

  async #write(everyMs: number): Promise<void> {
    const client = await this.#mesh.client(this.#provider);
    try {
      while (!this.#end.signal.aborted) {
        const began = Date.now();
        const mark = this.mark();
        await mark.commit(() => client.query(mark.sql));
        await pause(Math.max(everyMs - (Date.now() - began), 0));
      }
    } finally {
      await client.end();
    }
  }

  async #look(): Promise<void> {
    const client = await this.#mesh.client(this.#receiver);
    try {
      while (!this.#end.signal.aborted) {
        const open = [...this.#marks].filter(([, mark]) => mark.arrivedAt === null);
        if (open.length > 0) {
          const askedAt = Date.now();
          const { rows } = await client.query('SELECT id::int FROM beat WHERE id = ANY($1)', [
            open.map(([id]) => id),
          ]);
          const answeredAt = Date.now();
          const there = new Set((rows as { id: number }[]).map(({ id }) => id));
          for (const [id, mark] of open) {
            if (there.has(id)) mark.arrivedAt = answeredAt;
            else mark.absentAt = askedAt;
          }
        }
        await pause(LOOK_EVERY_MS);
      }
    } finally {
      await client.end();
    }
  }

  /** Every snapshot that a browser would be given. */
  async #watch(): Promise<void> {
    for await (const _ of this.#mesh.watcher.stream.read(undefined, this.#end.signal)) {
      const snapshot = this.#mesh.snapshot();
      const link = linkOf(snapshot, this.#provider, this.#receiver);
      const now = Date.now();
      const readAt = Date.parse(link.observedAt ?? '');
      const roundTripMs = snapshot.nodes.find(({ name }) => name === this.#provider)?.roundTripMs ?? 0;
      const last = this.#shown.at(-1);
      if (last !== undefined) last.until = now;
      this.#shown.push({
        said: link.lagSeconds,
        from: now,
        until: now,
        readAt,
        sentAt: readAt - roundTripMs / 2,
        confirmed: link.confirmedFlushLsn,
      });
    }
  }
}

const isWithin = (said: number, { least, most }: Range, by: number): boolean =>
  said >= least - by && said <= most + by;
