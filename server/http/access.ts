/**
 * Who may enter: a bearer token (TRICORDER_TOKEN), the one-time token of the printed link, or the session that either of
 * them opened. Tokens are compared in constant time, and wrong ones are counted.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Sessions } from '#server/store/sessions.ts';

/** This many wrong tokens from one address within a minute; then every token of that address is refused for a while. */
const WRONG_ALLOWED = 10;
const WINDOW_MS = 60_000;

export type Verdict = 'ok' | 'wrong' | 'too-many';

export type Entered = { verdict: 'ok'; session: string } | { verdict: 'wrong' } | { verdict: 'too-many' };

export class Access {
  readonly #fixed: Buffer | null;
  readonly #sessions: Sessions;
  /** Hashes of links that were printed and not used. */
  readonly #links = new Set<string>();
  readonly #wrong = new Map<string, number[]>();

  /** `token`: TRICORDER_TOKEN; null: no fixed token, only links and sessions. */
  constructor(token: string | null, sessions: Sessions) {
    this.#fixed = token === null ? null : digest(token);
    this.#sessions = sessions;
  }

  /** A token that lets one browser in, once. */
  createLinkToken(): string {
    const token = randomBytes(24).toString('base64url');
    this.#links.add(digest(token).toString('hex'));
    return token;
  }

  /** `Authorization: Bearer …`: the fixed token only. `from`: the address it comes from. */
  bearer(token: string, from: string): Verdict {
    return this.#judge(from, () => this.#isFixed(token));
  }

  /** Opens a session for the fixed token, or for a link's, which is used up by that. */
  enter(token: string, from: string): Entered {
    // A Set's look-up by the token's hash tells nothing of the token by its time.
    const verdict = this.#judge(
      from,
      () => this.#isFixed(token) || this.#links.delete(digest(token).toString('hex')),
    );
    return verdict === 'ok' ? { verdict, session: this.#sessions.create() } : { verdict };
  }

  session(secret: string): boolean {
    return this.#sessions.use(secret);
  }

  leave(secret: string): void {
    this.#sessions.end(secret);
  }

  #isFixed(token: string): boolean {
    return this.#fixed !== null && timingSafeEqual(this.#fixed, digest(token));
  }

  #judge(from: string, right: () => boolean): Verdict {
    const now = Date.now();
    const recent = (this.#wrong.get(from) ?? []).filter((at) => now - at < WINDOW_MS);
    // Also a right one: else guessing would go on unhindered.
    if (recent.length >= WRONG_ALLOWED) return 'too-many';
    if (right()) return 'ok';
    recent.push(now);
    this.#wrong.set(from, recent);
    if (this.#wrong.size > 1000) this.#forget(now);
    return 'wrong';
  }

  #forget(now: number): void {
    for (const [from, times] of this.#wrong) {
      if (times.every((at) => now - at >= WINDOW_MS)) this.#wrong.delete(from);
    }
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
