import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 50;
/** What takes long is asked for less often, since each question may be a connection of its own. */
const SELDOM_MS = 200;

/**
 * Asks until the answer is as wanted: what comes by replication has no event to wait for, and hooks may not call expect.poll.
 * `what`: the question, for the error. An answer that is an error counts as one.
 */
export async function becomes(
  wanted: unknown,
  ask: () => Promise<unknown>,
  what: string,
  withinMs = 40_000,
): Promise<void> {
  const begun = Date.now();
  for (;;) {
    const answer = await ask().catch((error: Error) => error.message);
    if (answer === wanted) return;
    const waited = Date.now() - begun;
    if (waited > withinMs) throw new Error(`${what}: ${String(answer)}, wanted ${String(wanted)}`);
    await sleep(Math.min(Math.max(LOOK_MS, waited / 10), SELDOM_MS));
  }
}
