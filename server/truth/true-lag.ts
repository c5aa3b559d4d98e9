/** For tests: the lag as it is, from rows that were committed on one node and are not to be seen on another yet. */
import type { Mesh } from './mesh.ts';

interface Mark {
  /** When COMMIT had returned. */
  committedAt: number;
  /** When it was first seen on the receiver; null: not yet. */
  arrivedAt: number | null;
}

interface Sample {
  at: number;
  /** What the console said then, of a reading that may be a poll old. */
  said: number | null;
  /** When that was read, and what of it was confirmed. */
  readAt: number;
  confirmed: string | null;
}

/** One poll and 0.3 s. */
const NEAR_SECONDS = 1.3;

/** Writes marks on `provider`, looks for them on `receiver`, and notes what the console says of that link meanwhile. */
export class TrueLag {
  readonly #mesh: Mesh;
  readonly #provider: string;
  readonly #receiver: string;
  readonly #marks = new Map<number, Mark>();
  readonly #samples: Sample[] = [];
  #next = 1;
  #stopped = false;
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
    this.#loops = [this.#look()];
    if (writesEveryMs !== null) this.#loops.push(this.#write(writesEveryMs));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
  }

  /** A mark that is written as part of a transaction of the caller's: its text, and what to call after COMMIT. */
  mark(): { sql: string; committed: () => void } {
    const id = this.#next++;
    return {
      sql: `INSERT INTO beat (id) VALUES (${id})`,
      committed: () => this.#marks.set(id, { committedAt: Date.now(), arrivedAt: null }),
    };
  }

  /** Marks that were committed and are not there yet. */
  get waiting(): number {
    return [...this.#marks.values()].filter(({ arrivedAt }) => arrivedAt === null).length;
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  /** Age of the oldest mark that was not there at `at`, seconds; 0: all were. */
  truthAt(at: number): number {
    let oldest = at;
    for (const { committedAt, arrivedAt } of this.#marks.values()) {
      if (committedAt <= at && (arrivedAt === null || arrivedAt > at)) oldest = Math.min(oldest, committedAt);
    }
    return (at - oldest) / 1000;
  }

  /** Samples in which the console was further from the truth than a poll and 0.3 s. */
  wrong(): string[] {
    return this.#told((sample) => this.#isRight(sample));
  }

  /** The same, of the truth at the moment of the reading, however old that is by now. */
  wronglyRead(): string[] {
    return this.#told((sample) => this.#isNear(sample, this.truthAt(sample.readAt)));
  }

  /** Of how many readings something was wrong. */
  get wrongReadings(): number {
    const wrong = this.#samples.filter((sample) => !this.#isRight(sample));
    return new Set(wrong.map(({ readAt }) => readAt)).size;
  }

  #isRight(sample: Sample): boolean {
    return this.#isNear(sample, this.truthAt(sample.at)) || this.#hasArrivedSince(sample);
  }

  #isNear({ said }: Sample, truth: number): boolean {
    return said !== null && Math.abs(said - truth) <= NEAR_SECONDS;
  }

  /** What has arrived since the reading the console cannot know yet: then the truth of the reading counts. */
  #hasArrivedSince(sample: Sample): boolean {
    const then = this.truthAt(sample.readAt);
    return this.truthAt(sample.at) < then && this.#isNear(sample, then);
  }

  #told(isRight: (sample: Sample) => boolean): string[] {
    const first = this.#samples[0]?.at ?? 0;
    return this.#samples
      .filter((sample) => !isRight(sample))
      .map(({ at, said, readAt, confirmed }) => {
        const age = ((at - readAt) / 1000).toFixed(2);
        const [now, then] = [this.truthAt(at), this.truthAt(readAt)].map((truth) => truth.toFixed(2));
        return `after ${((at - first) / 1000).toFixed(2)} s: said ${said}, truth ${now}; read ${age} s ago at ${confirmed}, truth then ${then}`;
      });
  }

  async #write(everyMs: number): Promise<void> {
    const client = await this.#mesh.client(this.#provider);
    try {
      while (!this.#stopped) {
        const began = Date.now();
        const mark = this.mark();
        await client.query(mark.sql);
        mark.committed();
        await pause(Math.max(everyMs - (Date.now() - began), 0));
      }
    } finally {
      await client.end();
    }
  }

  async #look(): Promise<void> {
    const client = await this.#mesh.client(this.#receiver);
    try {
      while (!this.#stopped) {
        const open = [...this.#marks].filter(([, mark]) => mark.arrivedAt === null).map(([id]) => id);
        if (open.length > 0) {
          const { rows } = await client.query('SELECT id::int FROM beat WHERE id = ANY($1)', [open]);
          const at = Date.now();
          for (const { id } of rows as { id: number }[]) {
            const mark = this.#marks.get(id);
            if (mark !== undefined) mark.arrivedAt = at;
          }
        }
        const link = this.#mesh.link(this.#provider, this.#receiver);
        this.#samples.push({
          at: Date.now(),
          said: link.lagSeconds,
          readAt: Date.parse(link.observedAt ?? ''),
          confirmed: link.confirmedFlushLsn,
        });
        await pause(50);
      }
    } finally {
      await client.end();
    }
  }
}

/** Where time itself is what is tested. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
