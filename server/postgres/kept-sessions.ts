/**
 * Sessions that are kept for a moment after a look: a plan is shown, started and watched within seconds, and each look at a node by
 * itself would be a connection, with TLS and a proof of the password: several round trips, and for the server the start of a process.
 */
import { type Connection, type Outcome, openConnection, type StatementResult } from './connection.ts';
import { connectionTargets } from './targets.ts';

/** How long one that is kept may take to say that it is still there; a new one is opened instead. */
const THERE_MS = 500;

/** What databases and roles set for their sessions takes effect as one begins: one that began before a change of it would tell what was. */
const BEGUN_WITH = `SELECT md5(string_agg(setting::text, ';' ORDER BY setting::text)) AS settings FROM pg_db_role_setting AS setting`;

interface Kept {
  session: Connection;
  begunWith: string;
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
  readonly #begunWith = new WeakMap<Connection, string>();

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
      if ((await begunWith(kept.session)) === kept.begunWith) return { ok: true, value: kept.session };
      kept.session.destroy();
    }
    const { connectMs, budgetMs } = this.#options;
    const opened = await openConnection(connectionTargets(dsn), connectMs, budgetMs);
    if (!opened.ok) return opened;
    const first = await opened.value.run(BEGUN_WITH, connectMs);
    if (!first.ok && opened.value.closed) return first;
    this.#begunWith.set(opened.value, settingsIn(first));
    return opened;
  }

  /** Resolves when all is gone that the use has left in it; one within a transaction is ended, which rolls it back. */
  async giveBack(dsn: string, session: Connection): Promise<void> {
    if (session.closed) return;
    if (!(await session.run('DISCARD ALL', THERE_MS)).ok) return session.destroy();
    const kept: Kept = {
      session,
      begunWith: this.#begunWith.get(session) ?? '',
      closing: setTimeout(() => this.#end(dsn, kept), this.#options.keptMs),
    };
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

/** Null: it does not answer, or is not there any more. */
async function begunWith(session: Connection): Promise<string | null> {
  const outcome = await session.run(BEGUN_WITH, THERE_MS);
  return outcome.ok ? settingsIn(outcome) : null;
}

const settingsIn = (outcome: Outcome<StatementResult[]>): string =>
  outcome.ok ? String(outcome.value[0]?.rows[0]?.settings ?? '') : '';
