/**
 * One node, polled: the facts of every second (fast-poll.ts) and the slower ones (slow-poll.ts). Keeps the last good answers
 * when a poll fails. Whoever owns it calls `poll` each second.
 */
import type { Engine } from '#core/engines/engine.ts';
import type { FastFacts, PollFailure, Reading } from '#core/model/facts.ts';
import { replacedText } from '#core/model/replaced.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { Log } from '#server/log.ts';
import { NodeClient, type NodeFailure } from '#server/postgres/node-client.ts';
import { dsnAddress } from '#server/postgres/targets.ts';
import type { NodeRecord } from '#server/store/registry.ts';
import { FastPoll } from './fast-poll.ts';
import { NodeQuestions } from './node-questions.ts';
import { failedAgain, faultOf, pauseAfter } from './poll-failure.ts';
import { SLOW, SlowPoll } from './slow-poll.ts';

const POLLS_KEPT = 60;

export interface PollRecord {
  at: string;
  roundTripMs: number | null;
}

export interface NodeWatchOptions {
  record: NodeRecord;
  engine: Engine;
  log: Log;
  /** Before the snapshot is built: each good fast poll, in order. */
  onReading: (node: string, reading: Reading<FastFacts>) => void;
  /** Whether a name is that of another node of the cluster. */
  isAnother?: (name: string) => boolean;
  /** The server that the node was on when it was registered, or first read; null: not known yet. */
  identity?: () => string | null;
  /** Whether a receiver of this node applies with a delay: then its lag needs the rows counted. */
  delaysApply?: () => boolean;
  /** Something is so otherwise than before that should not wait for the next tick. */
  onUrgent: () => void;
}

export class NodeWatch {
  readonly #options: NodeWatchOptions;
  readonly client: NodeClient;
  readonly #address: string;
  readonly #questions: NodeQuestions;
  readonly #fastPoll: FastPoll;
  readonly #slowPoll: SlowPoll;
  #fast: Reading<FastFacts> | null = null;
  #failure: PollFailure | null = null;
  #polls: PollRecord[] = [];
  #polling = false;
  #pausedUntil = 0;
  #stopped = false;

  constructor(options: NodeWatchOptions) {
    const { record, engine, log, delaysApply, onUrgent } = options;
    this.#options = options;
    this.client = new NodeClient(record.dsn, { idleMs: SLOW.everyMs + 5000 });
    this.#address = dsnAddress(record.dsn);
    this.#questions = new NodeQuestions(engine, this.client);
    this.#fastPoll = new FastPoll(this.#questions, () => delaysApply?.() === true);
    this.#slowPoll = new SlowPoll(this.#questions, { node: record.name, log, onUrgent });
  }

  get engine(): Engine {
    return this.#options.engine;
  }

  get record(): NodeRecord {
    return this.#options.record;
  }

  /** Oldest first. */
  get polls(): readonly PollRecord[] {
    return this.#polls;
  }

  /** All but what its disk can take, which no poll tells. */
  input(): Omit<NodeInput, 'walRoom'> {
    return {
      name: this.record.name,
      address: this.#address,
      capabilities: this.#questions.shownCapabilities,
      fast: this.#fast,
      slow: this.#slowPoll.reading,
      failure: this.#failure,
      slowFailure: this.#slowPoll.failure,
    };
  }

  /**
   * The fast poll, and the slow one beside it when it is due. Does nothing while the last poll is under way: a node
   * that hangs is asked again when its time-out has come. Ends when the fast poll has ended; throws never.
   */
  async poll(): Promise<void> {
    if (this.#polling || this.#stopped || performance.now() < this.#pausedUntil) return;
    this.#polling = true;
    const before = this.#failure === null && this.#fast !== null;
    try {
      await this.#pollFast();
    } catch (error) {
      // A fault of ours in one node's answer must not end the watch of the others.
      this.#options.log.error(`reading ${this.record.name}: ${(error as Error).stack ?? error}`);
      this.#fail(faultOf(error));
    } finally {
      this.#polling = false;
    }
    if (this.#stopped) return;
    if (before !== (this.#failure === null)) this.#options.onUrgent();
    if (this.#failure === null) this.#slowPoll.startWhenDue();
  }

  /** Reads the slow facts now, whatever their turn; ends when they have been read. */
  async refresh(): Promise<void> {
    this.#pausedUntil = 0;
    await this.poll();
    await this.#slowPoll.settled();
    this.#slowPoll.endRestOfTables();
    if (this.#failure === null && !this.#stopped) await this.#slowPoll.start();
  }

  /**
   * Asks for the slow facts, the tables included whatever the counters of the catalogs say, as they are at `from` or later
   * (console's clock, milliseconds). They come with one of the next polls.
   */
  readAgain(from: number): void {
    this.#slowPoll.readAgain(from);
  }

  stop(): void {
    this.#stopped = true;
    this.#slowPoll.stop();
    this.client.close();
  }

  async #pollFast(): Promise<void> {
    const startedAt = Date.now();
    const asked = await this.#fastPoll.ask(this.#fast?.value ?? null);
    if (this.#stopped) return;
    if (!asked.ok) {
      this.#fail(asked.error);
      this.#remember({ at: new Date(startedAt).toISOString(), roundTripMs: null });
      return;
    }
    const value = this.engine.decodeFast(asked.capabilities, asked.rows);
    const replaced = this.#replacedBy(value);
    if (replaced !== null) {
      // A DSN of several hosts, a proxy, a name that leads elsewhere: what that server says is not said of this node.
      this.client.disconnect();
      this.#questions.forgetCapabilities();
      this.#fail({ code: 'replaced', message: replaced, sqlstate: null, detail: null });
      this.#remember({ at: new Date(startedAt).toISOString(), roundTripMs: null });
      return;
    }
    this.#fast = { value, sentAt: asked.sentAt, receivedAt: asked.receivedAt };
    this.#failure = null;
    this.#slowPoll.noteMark(this.engine.slowMark(value));
    this.#remember({
      at: new Date(asked.sentAt).toISOString(),
      roundTripMs: Math.round(asked.roundTripMs * 1000) / 1000,
    });
    this.#options.onReading(this.record.name, this.#fast);
  }

  /** Why the server that answered is not the one that is watched; null: it is, as far as can be told. */
  #replacedBy({ localNode, systemIdentifier }: FastFacts): string | null {
    const { name } = this.record;
    if (localNode !== null && this.#options.isAnother?.(localNode) === true)
      return `${this.#address} is node ${localNode} now, not ${name}.`;
    return replacedText(this.#address, name, this.#options.identity?.(), systemIdentifier, localNode);
  }

  #fail(error: NodeFailure): void {
    const last = this.#failure;
    this.#failure = failedAgain(last, error);
    this.#pausedUntil = performance.now() + pauseAfter(this.#failure);
    if (last !== null && last.code !== error.code) this.#options.onUrgent();
  }

  #remember(poll: PollRecord): void {
    this.#polls = [...this.#polls.slice(1 - POLLS_KEPT), poll];
  }
}
