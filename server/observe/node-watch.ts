/**
 * One node, polled: what it is able to say (capabilities, once a connection), the facts of every second, and the slower
 * ones. Keeps the last good answers when a poll fails. Whoever owns it calls `poll` each second.
 */
import type { NodeInput } from '#core/advice/rule.ts';
import {
  buildBatch,
  type Capabilities,
  capabilitiesAreStale,
  type Engine,
  type RowsBySection,
  type Section,
} from '#core/engines/engine.ts';
import type { FastFacts, PollFailure, Reading, SlowFacts } from '#core/model/facts.ts';
import type { NodeError } from '#core/model/snapshot.ts';
import type { Log } from '#server/log.ts';
import { NodeClient, type NodeFailure } from '#server/postgres/node-client.ts';
import { dsnAddress } from '#server/postgres/targets.ts';
import type { NodeRecord } from '#server/store/registry.ts';

/** PostgreSQL 15 is the oldest that Spock 4 and later are built for and that the queries are written for. */
const OLDEST_SERVER = 150_000;

const FAST = { deadlineMs: 2500, statementMs: 2300, lockMs: 500 };
const SLOW = { deadlineMs: 12_000, statementMs: 10_000, lockMs: 1000, everyMs: 15_000, leastMs: 2000 };
/** A wrong password each second locks accounts and fills the server's log. */
const AUTH_PAUSE_MS = 10_000;
/** The node was reached, and there is nothing to poll: look again now and then. */
const NOTHING_THERE_PAUSE_MS = 5000;

const POLLS_KEPT = 60;
/**
 * The tables are not read again before so many times as long as reading them took: half a second of the server's time
 * in a minute, however many they are and however often the catalogs are written.
 */
const TABLES_REST = 120;
/** What takes longer with each table is asked in one fast poll of so many. */
const SELDOM_EVERY = 5;

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
  /** Whether a receiver of this node applies with a delay: then its lag needs the rows counted. */
  delaysApply?: () => boolean;
  /** Something is so otherwise than before that should not wait for the next tick. */
  onUrgent: () => void;
}

type Asked =
  | {
      ok: true;
      rows: RowsBySection;
      sentAt: number;
      receivedAt: number;
      roundTripMs: number;
      connection: number;
    }
  | {
      ok: false;
      error: NodeFailure;
    };

type AskedFast =
  | (Extract<Asked, { ok: true }> & { capabilities: Capabilities })
  | Extract<Asked, { ok: false }>;

interface KnownCapabilities {
  value: Capabilities;
  /** The connection on which they were asked. */
  connection: number;
}

export class NodeWatch {
  readonly #options: NodeWatchOptions;
  readonly client: NodeClient;
  readonly #address: string;
  #capabilities: KnownCapabilities | null = null;
  /** What the last good facts were read by; kept while new ones are asked. */
  #shownCapabilities: Capabilities | null = null;
  #fast: Reading<FastFacts> | null = null;
  #slow: Reading<SlowFacts> | null = null;
  #failure: PollFailure | null = null;
  #polls: PollRecord[] = [];
  #asked = 0;
  /** Rows of the sections that are not asked in each poll, of the connection of the capabilities. */
  #seldom: RowsBySection = {};
  #polling = false;
  #pausedUntil = 0;
  #slowPolling: Promise<void> | null = null;
  #slowAskedAt = Number.NEGATIVE_INFINITY;
  #slowMark: string | null = null;
  #slowMarkRead: string | null = null;
  #slowComplaint: string | null = null;
  #tablesFrom = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: NodeWatchOptions) {
    this.#options = options;
    this.client = new NodeClient(options.record.dsn, { idleMs: SLOW.everyMs + 5000 });
    this.#address = dsnAddress(options.record.dsn);
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
      capabilities: this.#capabilities?.value ?? this.#shownCapabilities,
      fast: this.#fast,
      slow: this.#slow,
      failure: this.#failure,
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
      await this.#fastPoll();
    } catch (error) {
      // A fault of ours in one node's answer must not end the watch of the others.
      this.#options.log.error(`reading ${this.record.name}: ${(error as Error).stack ?? error}`);
      this.#fail({ code: 'query', message: (error as Error).message, sqlstate: null, detail: null });
    } finally {
      this.#polling = false;
    }
    if (this.#stopped) return;
    if (before !== (this.#failure === null)) this.#options.onUrgent();
    if (this.#failure === null) this.#slowWhenDue();
  }

  /** Reads the slow facts now, whatever their turn; ends when they have been read. */
  async refresh(): Promise<void> {
    this.#pausedUntil = 0;
    await this.poll();
    await this.#slowPolling;
    this.#tablesFrom = Number.NEGATIVE_INFINITY;
    if (this.#failure === null && !this.#stopped) await this.#startSlow();
  }

  stop(): void {
    this.#stopped = true;
    this.client.close();
  }

  async #fastPoll(): Promise<void> {
    const startedAt = Date.now();
    let asked = await this.#askFast();
    // The catalogs or the grants changed since they were looked at: look again, once.
    if (!asked.ok && capabilitiesAreStale(asked.error.sqlstate)) {
      this.#capabilities = null;
      asked = await this.#askFast();
    }
    if (this.#stopped) return;
    if (!asked.ok) {
      this.#fail(asked.error);
      this.#remember({ at: new Date(startedAt).toISOString(), roundTripMs: null });
      return;
    }
    const value = this.#options.engine.decodeFast(asked.capabilities, asked.rows);
    if (value.localNode !== null && this.#options.isAnother?.(value.localNode) === true) {
      // A DSN of several hosts, or a proxy, that leads on to a peer: what that one says is not said of this node.
      this.client.disconnect();
      this.#fail({
        code: 'network',
        message: `${this.#address} is node ${value.localNode} now, not ${this.record.name}.`,
        sqlstate: null,
        detail: null,
      });
      this.#remember({ at: new Date(startedAt).toISOString(), roundTripMs: null });
      return;
    }
    this.#fast = { value, sentAt: asked.sentAt, receivedAt: asked.receivedAt };
    this.#failure = null;
    this.#slowMark = this.#options.engine.slowMark(value);
    this.#remember({
      at: new Date(asked.sentAt).toISOString(),
      roundTripMs: Math.round(asked.roundTripMs * 1000) / 1000,
    });
    this.#options.onReading(this.record.name, this.#fast);
  }

  /** With the capabilities that the question was made by: the slow poll may drop the kept ones meanwhile. */
  async #askFast(again = true): Promise<AskedFast> {
    const known = this.#capabilities ?? (await this.#askCapabilities());
    if ('error' in known) return { ok: false, error: known.error };
    const asked = await this.#askOften(this.#fastSections(known.value));
    if (again && asked.ok && asked.connection !== known.connection) {
      // Another connection may be another server (several hosts, a failover): what it can say is asked anew.
      this.#capabilities = null;
      return this.#askFast(false);
    }
    if (!asked.ok) return asked;
    const seldom = Object.entries(asked.rows).filter(([name]) => this.#options.engine.isSeldomAsked(name));
    if (seldom.length > 0) this.#seldom = Object.fromEntries(seldom);
    return { ...asked, rows: { ...this.#seldom, ...asked.rows }, capabilities: known.value };
  }

  #fastSections(capabilities: Capabilities): Section[] {
    const turn = this.#asked++ % SELDOM_EVERY === 0;
    return this.#options.engine.fastStatements(capabilities, {
      // Now and then of all nodes, so that a delay that is set finds a count to compare with.
      sentRows: turn || this.#options.delaysApply?.() === true,
      // A copy that is under way is followed each second.
      seldom: turn || Object.keys(this.#seldom).length === 0 || this.#isSyncing(),
    });
  }

  #isSyncing(): boolean {
    const subscriptions = this.#fast?.value.subscriptions ?? [];
    return subscriptions.some(
      ({ sync, reportedStatus }) => sync.length > 0 || reportedStatus === 'initializing',
    );
  }

  async #askCapabilities(): Promise<KnownCapabilities | { error: NodeFailure }> {
    const asked = await this.#ask(this.#options.engine.capabilityStatements(), FAST, 'poll');
    if (!asked.ok) return { error: asked.error };
    const value = this.#options.engine.decodeCapabilities(asked.rows);
    const unfit = unfitness(value);
    if (unfit !== null) return { error: unfit };
    this.#capabilities = { value, connection: asked.connection };
    this.#seldom = {};
    this.#shownCapabilities = value;
    return this.#capabilities;
  }

  #slowWhenDue(): void {
    const sinceAsked = performance.now() - this.#slowAskedAt;
    const changed = this.#slowMark !== this.#slowMarkRead;
    if (this.#slowPolling !== null || sinceAsked < SLOW.leastMs) return;
    if (changed || sinceAsked >= SLOW.everyMs) void this.#startSlow();
  }

  #startSlow(): Promise<void> {
    this.#slowPolling ??= this.#slowPoll()
      .catch((error: Error) =>
        this.#options.log.error(`reading ${this.record.name}: ${error.stack ?? error}`),
      )
      .finally(() => {
        this.#slowPolling = null;
      });
    return this.#slowPolling;
  }

  async #slowPoll(): Promise<void> {
    const capabilities = this.#capabilities?.value;
    if (capabilities === undefined) return;
    this.#slowAskedAt = performance.now();
    const mark = this.#slowMark;
    const previous = this.#slow?.value ?? null;
    const withTables = this.#slowAskedAt >= this.#tablesFrom;
    const asked = await this.#ask(
      this.#options.engine.slowStatements(capabilities, previous, withTables),
      SLOW,
      'extra',
    );
    if (this.#stopped) return;
    if (!asked.ok) {
      // Too many tables for the time that a poll has: then all else is read without them.
      if (withTables && asked.error.code === 'timeout')
        this.#restFromTables(performance.now() - this.#slowAskedAt);
      if (capabilitiesAreStale(asked.error.sqlstate)) this.#capabilities = null;
      const complaint = `the slow facts of ${this.record.name} cannot be read: ${asked.error.message}`;
      if (complaint !== this.#slowComplaint) this.#options.log.warn(complaint);
      this.#slowComplaint = complaint;
      return;
    }
    this.#slowComplaint = null;
    const value = this.#options.engine.decodeSlow(capabilities, asked.rows, previous);
    this.#restFromTables(value.tablesMs ?? 0);
    const awaited = this.#slow === null || mark !== this.#slowMarkRead;
    this.#slow = { value, sentAt: asked.sentAt, receivedAt: asked.receivedAt };
    this.#slowMarkRead = mark;
    // ALTER EXTENSION UPDATE: other columns and functions.
    if (value.engineVersion !== capabilities.extensionVersion) this.#capabilities = null;
    if (awaited) this.#options.onUrgent();
  }

  #restFromTables(tookMs: number): void {
    this.#tablesFrom = Math.max(this.#tablesFrom, performance.now() + tookMs * TABLES_REST);
  }

  /** The questions of every second: prepared where that may be. */
  async #askOften(sections: readonly Section[]): Promise<Asked> {
    const { statementMs, lockMs, deadlineMs } = FAST;
    return this.client.poll(
      (prepared) => buildBatch(sections, { statementMs, lockMs }, prepared),
      deadlineMs,
    );
  }

  async #ask(
    sections: readonly Section[],
    times: { deadlineMs: number; statementMs: number; lockMs: number },
    lane: 'poll' | 'extra',
  ): Promise<Asked> {
    const batch = buildBatch(sections, { statementMs: times.statementMs, lockMs: times.lockMs });
    const outcome = await this.client.batch(batch.text, { deadlineMs: times.deadlineMs, lane });
    return outcome.ok ? { ...outcome, rows: batch.rows(outcome.results) } : outcome;
  }

  #fail(error: NodeFailure): void {
    const last = this.#failure;
    this.#failure = {
      code: error.code,
      message: error.message,
      sqlstate: error.sqlstate,
      since: last?.since ?? Date.now(),
      tries: (last?.tries ?? 0) + 1,
    };
    const pause = pauseAfter(error.code, this.#failure.tries);
    this.#pausedUntil = performance.now() + pause;
    if (last !== null && last.code !== error.code) this.#options.onUrgent();
  }

  #remember(poll: PollRecord): void {
    this.#polls = [...this.#polls.slice(1 - POLLS_KEPT), poll];
  }
}

/** Why a server that answers cannot be watched; null: it can. */
export function unfitness(capabilities: Capabilities): NodeFailure | null {
  if (capabilities.serverVersionNum < OLDEST_SERVER) {
    return {
      code: 'too-old',
      message: `PostgreSQL ${capabilities.serverVersion} is too old: the console needs 15 or later.`,
      sqlstate: null,
      detail: null,
    };
  }
  if (capabilities.extensionVersion === null) {
    return {
      code: 'no-spock',
      message: `The extension spock is not in database ${capabilities.database}.`,
      sqlstate: null,
      detail: null,
    };
  }
  return null;
}

function pauseAfter(code: NodeError['code'], tries: number): number {
  if (code === 'auth' || code === 'no-database') return Math.min(1000 * 2 ** tries, AUTH_PAUSE_MS);
  return code === 'no-spock' || code === 'too-old' ? NOTHING_THERE_PAUSE_MS : 0;
}
