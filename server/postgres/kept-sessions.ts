/**
 * Sessions that are kept for a moment after a look: a plan is shown, started and watched within seconds, and each look at a node by
 * itself would be a connection, with TLS and a proof of the password: several round trips, and for the server the start of a process.
 */
import { type Connection, type Outcome, openConnection } from './connection.ts';
import { connectionTargets } from './targets.ts';

/** How long one that is kept may take to say that it is still there; a new one is opened instead. */
const THERE_MS = 500;

interface Kept {
  session: Connection;
  closing: NodeJS.Timeout;
}

export interface KeepingOptions {
  /** How long one is kept that nobody uses. */
  keptMs: number;
  /** For one host of a DSN, and for all of them. */
  connectMs: number;
  budgetMs: number;
}

export class KeptSessions {
  readonly #idle = new Map<string, Kept[]>();
  readonly #options: KeepingOptions;

  constructor(options: KeepingOptions) {
    this.#options = options;
  }

  /**
   * A session that is as new: no setting, lock or temporary table of an earlier use is in it. It goes back by `giveBack`, or is
   * closed by whoever took it. Throws a `DsnError` where the DSN cannot be read.
   */
  async take(dsn: string): Promise<Outcome<Connection>> {
    for (;;) {
      const kept = this.#idle.get(dsn)?.pop();
      if (kept === undefined) break;
      clearTimeout(kept.closing);
      // Its server may have been stopped, or stand still, meanwhile.
      if ((await kept.session.run('SELECT 1', THERE_MS)).ok) return { ok: true, value: kept.session };
      kept.session.destroy();
    }
    const { connectMs, budgetMs } = this.#options;
    return openConnection(connectionTargets(dsn), connectMs, budgetMs);
  }

  /** Resolves when all is gone that the use has left in it; one within a transaction is ended, which rolls it back. */
  async giveBack(dsn: string, session: Connection): Promise<void> {
    if (session.closed) return;
    if (!(await session.run('DISCARD ALL', THERE_MS)).ok) return session.destroy();
    const kept: Kept = { session, closing: setTimeout(() => this.#end(dsn, kept), this.#options.keptMs) };
    // A console that is ending does not wait for it.
    kept.closing.unref();
    this.#idle.set(dsn, [...(this.#idle.get(dsn) ?? []), kept]);
  }

  /** Ends all that is kept. */
  close(): void {
    for (const [dsn, kept] of this.#idle) for (const one of kept) this.#end(dsn, one);
  }

  #end(dsn: string, kept: Kept): void {
    const left = (this.#idle.get(dsn) ?? []).filter((one) => one !== kept);
    if (left.length > 0) this.#idle.set(dsn, left);
    else this.#idle.delete(dsn);
    clearTimeout(kept.closing);
    kept.session.close();
  }
}
