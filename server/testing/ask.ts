/** For tests: questions to servers. A test asks some hundreds of them, often the same until its answer changes. */
import type { Row } from '#core/engines/engine.ts';
import { KeptSessions } from '#server/postgres/kept-sessions.ts';

/** Longer than a test looks away between two questions, shorter than it takes to mind a session too many. */
const KEPT_MS = 1000;

export class Asking {
  readonly #sessions = new KeptSessions({ keptMs: KEPT_MS, connectMs: 5000, budgetMs: 5000 });

  /** Rows of the last statement of `text`. Throws with the server's words. */
  async ask(dsn: string, text: string, deadlineMs = 60_000): Promise<Row[]> {
    const taken = await this.#sessions.take(dsn);
    if (!taken.ok) throw new Error(taken.error.message);
    const outcome = await taken.value.run(text, deadlineMs);
    if (!outcome.ok) {
      taken.value.close();
      throw new Error(outcome.error.message);
    }
    await this.#sessions.giveBack(dsn, taken.value);
    return outcome.value.at(-1)?.rows ?? [];
  }

  close(): void {
    this.#sessions.close();
  }
}
