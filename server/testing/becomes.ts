import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 50;

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
  const end = Date.now() + withinMs;
  for (;;) {
    const answer = await ask().catch((error: Error) => error.message);
    if (answer === wanted) return;
    if (Date.now() > end) throw new Error(`${what}: ${String(answer)}, wanted ${String(wanted)}`);
    await sleep(LOOK_MS);
  }
}
