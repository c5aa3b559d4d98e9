/** What a poll that failed leaves: since when and how often it fails, and how long the node is left alone for it. */
import type { PollFailure } from '#core/model/facts.ts';
import type { NodeError } from '#core/model/snapshot.ts';
import type { NodeFailure } from '#server/postgres/node-client.ts';

/** A wrong password each second locks accounts and fills the server's log. */
const AUTH_PAUSE_MS = 10_000;
/** The node was reached, and there is nothing to poll: look again now and then. */
const NOTHING_THERE_PAUSE_MS = 5000;

/** Also what cannot be understood: reading it again each second would cost what an answer may. */
const NOTHING_THERE: ReadonlySet<NodeError['code']> = new Set(['no-spock', 'too-old', 'protocol', 'dsn']);

/** `last`: the failure before, where no poll has succeeded since. */
export function failedAgain(last: PollFailure | null, { code, message, sqlstate }: NodeFailure): PollFailure {
  return { code, message, sqlstate, since: last?.since ?? Date.now(), tries: (last?.tries ?? 0) + 1 };
}

/** Milliseconds until the next poll may be made; 0: it keeps its turn. */
export function pauseAfter({ code, tries }: PollFailure): number {
  if (code === 'auth' || code === 'no-database') return Math.min(1000 * 2 ** tries, AUTH_PAUSE_MS);
  return NOTHING_THERE.has(code) ? NOTHING_THERE_PAUSE_MS : 0;
}

/** A fault of ours in reading an answer, as a failure of the poll. */
export const faultOf = (error: unknown): NodeFailure => ({
  code: 'query',
  message: (error as Error).message,
  sqlstate: null,
  detail: null,
});
