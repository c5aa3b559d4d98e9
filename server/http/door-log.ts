/** One line in the log for each sign-in, each refusal, each lock-out; bounded, since anybody who reaches the port can cause them. */
import type { Log } from '#server/log.ts';

/** Refusals told one by one within a minute, over all addresses; of those above only their number is told. */
const TOLD_A_MINUTE = 20;
const MINUTE_MS = 60_000;

export class DoorLog {
  readonly #log: Log;
  #begunAt = 0;
  #told = 0;
  #untold = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Somebody was let in, or put out: only who may do so causes these, so all are told. */
  info(text: string): void {
    this.#log.info(`door: ${text}`);
  }

  refused(text: string): void {
    const now = Date.now();
    if (Math.abs(now - this.#begunAt) >= MINUTE_MS) this.#tellRest(now);
    if (this.#told < TOLD_A_MINUTE) {
      this.#told++;
      this.#log.warn(`door: ${text}`);
      return;
    }
    this.#untold++;
    // Told at the end of the minute also when nothing more comes.
    this.#timer ??= setTimeout(() => this.#tellRest(Date.now()), this.#begunAt + MINUTE_MS - now);
    this.#timer.unref();
  }

  #tellRest(now: number): void {
    if (this.#untold > 0) this.#log.warn(`door: ${this.#untold} more refused within a minute`);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#begunAt = now;
    this.#told = 0;
    this.#untold = 0;
  }
}
