/** The questions of every second to one node: which of them have their turn, on a connection whose server is known. */
import {
  type Capabilities,
  capabilitiesAreStale,
  type RowsBySection,
  type Section,
} from '#core/engines/engine.ts';
import type { FastFacts } from '#core/model/facts.ts';
import type { Asked, KnownCapabilities, NodeQuestions } from './node-questions.ts';

/** What takes longer with each table is asked in one fast poll of so many. */
const SELDOM_EVERY = 5;

export type AskedFast =
  | (Extract<Asked, { ok: true }> & { capabilities: Capabilities })
  | Extract<Asked, { ok: false }>;

export class FastPoll {
  readonly #questions: NodeQuestions;
  readonly #delaysApply: () => boolean;
  #asked = 0;
  /** Rows of the sections that are not asked in each poll, and the capabilities by which they were. */
  #seldom: { of: KnownCapabilities; rows: RowsBySection } | null = null;

  /** `delaysApply`: whether a receiver of the node applies with a delay; then its lag needs the rows counted. */
  constructor(questions: NodeQuestions, delaysApply: () => boolean) {
    this.#questions = questions;
    this.#delaysApply = delaysApply;
  }

  /** `last`: what was read last; null: nothing. */
  async ask(last: FastFacts | null): Promise<AskedFast> {
    const asked = await this.#askOn(last);
    // The catalogs or the grants changed since they were looked at: look again, once.
    if (asked.ok || !capabilitiesAreStale(asked.error.sqlstate)) return asked;
    this.#questions.forgetCapabilities();
    return this.#askOn(last);
  }

  /** With the capabilities that the question was made by: the slow poll may drop the kept ones meanwhile. */
  async #askOn(last: FastFacts | null, again = true): Promise<AskedFast> {
    const known = await this.#questions.knowCapabilities();
    if ('error' in known) return { ok: false, error: known.error };
    const asked = await this.#questions.askOften(this.#sections(known, last));
    if (again && asked.ok && asked.connection !== known.connection) {
      // Another connection may be another server (several hosts, a failover): what it can say is asked anew.
      this.#questions.forgetCapabilities();
      return this.#askOn(last, false);
    }
    if (!asked.ok) return asked;
    const { engine } = this.#questions;
    const seldom = Object.entries(asked.rows).filter(([name]) => engine.isSeldomAsked(name));
    if (seldom.length > 0) this.#seldom = { of: known, rows: Object.fromEntries(seldom) };
    return { ...asked, rows: { ...this.#kept(known), ...asked.rows }, capabilities: known.value };
  }

  #sections(known: KnownCapabilities, last: FastFacts | null): Section[] {
    const turn = this.#asked++ % SELDOM_EVERY === 0;
    return this.#questions.engine.fastStatements(known.value, {
      // Now and then of all nodes, so that a delay that is set finds a count to compare with.
      sentRows: turn || this.#delaysApply(),
      // A copy that is under way is followed each second.
      seldom: turn || this.#kept(known) === undefined || isSyncing(last),
    });
  }

  #kept(known: KnownCapabilities): RowsBySection | undefined {
    return this.#seldom?.of === known ? this.#seldom.rows : undefined;
  }
}

const isSyncing = (facts: FastFacts | null): boolean =>
  (facts?.subscriptions ?? []).some(
    ({ sync, reportedStatus }) => sync.length > 0 || reportedStatus === 'initializing',
  );
