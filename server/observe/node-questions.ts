/** Asks one node, and knows what its server is able to answer: that is asked once a connection. */
import {
  buildBatch,
  type Capabilities,
  type Engine,
  type RowsBySection,
  type Section,
} from '#core/engines/engine.ts';
import type { NodeClient, NodeFailure } from '#server/postgres/node-client.ts';

/** Milliseconds: for the whole answer, for one statement, for a lock. */
export interface QuestionTimes {
  deadlineMs: number;
  statementMs: number;
  lockMs: number;
}

export const FAST: QuestionTimes = { deadlineMs: 2500, statementMs: 2300, lockMs: 500 };

export type Asked =
  | {
      ok: true;
      rows: RowsBySection;
      sentAt: number;
      receivedAt: number;
      roundTripMs: number;
      connection: number;
    }
  | { ok: false; error: NodeFailure };

export interface KnownCapabilities {
  value: Capabilities;
  /** The connection on which they were asked. */
  connection: number;
}

export class NodeQuestions {
  readonly engine: Engine;
  readonly client: NodeClient;
  #known: KnownCapabilities | null = null;
  /** What the last good facts were read by; kept while new ones are asked. */
  #shown: Capabilities | null = null;

  constructor(engine: Engine, client: NodeClient) {
    this.engine = engine;
    this.client = client;
  }

  /** Null: to be asked before anything else is. */
  get capabilities(): Capabilities | null {
    return this.#known?.value ?? null;
  }

  /** Also while they are asked anew; null: they never were. */
  get shownCapabilities(): Capabilities | null {
    return this.capabilities ?? this.#shown;
  }

  /** They may be others by now: asked again before the next question. */
  forgetCapabilities(): void {
    this.#known = null;
  }

  async knowCapabilities(): Promise<KnownCapabilities | { error: NodeFailure }> {
    if (this.#known !== null) return this.#known;
    const asked = await this.ask(this.engine.capabilityStatements(), FAST, 'poll');
    if (!asked.ok) return { error: asked.error };
    const value = this.engine.decodeCapabilities(asked.rows);
    const unfit = this.engine.unfitness(value);
    if (unfit !== null) return { error: { ...unfit, sqlstate: null, detail: null } };
    this.#known = { value, connection: asked.connection };
    this.#shown = value;
    return this.#known;
  }

  async ask(
    sections: readonly Section[],
    { deadlineMs, ...times }: QuestionTimes,
    lane: 'poll' | 'extra',
  ): Promise<Asked> {
    const batch = buildBatch(sections, times);
    const outcome = await this.client.batch(batch.text, { deadlineMs, lane });
    return outcome.ok ? { ...outcome, rows: batch.rows(outcome.results) } : outcome;
  }

  /** The questions of every second: prepared where that may be. */
  async askOften(sections: readonly Section[]): Promise<Asked> {
    const { deadlineMs, ...times } = FAST;
    return this.client.poll((prepared) => buildBatch(sections, times, prepared), deadlineMs);
  }
}
