/**
 * One node, polled: what it is able to say (capabilities, once a connection), the facts of every second, and the slower
 * ones. Keeps the last good answers when a poll fails. Whoever owns it calls `poll` each second.
 */

import {
  buildBatch,
  type Capabilities,
  capabilitiesAreStale,
  type Engine,
  type RowsBySection,
  type Section,
} from '#core/engines/engine.ts';
import type { FastFacts, PollFailure, Reading, SlowFacts } from '#core/model/facts.ts';
import { replacedText } from '#core/model/replaced.ts';
import type { NodeError } from '#core/model/snapshot.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { Log } from '#server/log.ts';
import { NodeClient, type NodeFailure } from '#server/postgres/node-client.ts';
import { dsnAddress } from '#server/postgres/targets.ts';
import type { NodeRecord } from '#server/store/registry.ts';

const FAST = { deadlineMs: 2500, statementMs: 2300, lockMs: 500 };
const SLOW = { deadlineMs: 12_000, statementMs: 10_000, lockMs: 1000, everyMs: 15_000, leastMs: 2000 };
/** A wrong password each second locks accounts and fills the server's log. */
const AUTH_PAUSE_MS = 10_000;
/** The node was reached, and there is nothing to poll: look again now and then. */
const NOTHING_THERE_PAUSE_MS = 5000;

/** lock_not_available: somebody holds what is read, which says nothing of how long reading it takes. */
const LOCKED = '55P03';

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
  /** The server that the node was on when it was registered, or first read; null: not known yet. */
  identity?: () => string | null;
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
  #slowFailure: PollFailure | null = null;
  /** The tables took longer than a poll may, and all else is read without them. */
  #tablesFailure: PollFailure | null = null;
  #tablesFrom = Number.NEGATIVE_INFINITY;
  /** Console's clock, milliseconds: the slow facts are wanted as of this moment or later, tables included. */
  #wantedFrom: number | null = null;
  #stopped = false;

  constructor(options: NodeWatchOptions) {
    this.#options = options;
    this.client = new NodeClient(options.record.dsn, { idleMs: SLOW.everyMs + 5000 });
    this.#address = dsnAddress(options.record.dsn);
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
      capabilities: this.#capabilities?.value ?? this.#shownCapabilities,
      fast: this.#fast,
      slow: this.#slow,
      failure: this.#failure,
      slowFailure: this.#unreadSlow(),
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

  /**
   * Asks for the slow facts, the tables included whatever the counters of the catalogs say, as they are at `from` or later
   * (console's clock, milliseconds). They come with one of the next polls.
   */
  readAgain(from: number): void {
    if ((this.#slow?.sentAt ?? 0) >= from && (this.#slow?.value.tablesReadAt ?? from) >= from) return;
    this.#wantedFrom = Math.max(from, this.#wantedFrom ?? from);
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
    const replaced = this.#replacedBy(value);
    if (replaced !== null) {
      // A DSN of several hosts, a proxy, a name that leads elsewhere: what that server says is not said of this node.
      this.client.disconnect();
      this.#capabilities = null;
      this.#fail({ code: 'replaced', message: replaced, sqlstate: null, detail: null });
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

  /** Why the server that answered is not the one that is watched; null: it is, as far as can be told. */
  #replacedBy({ localNode, systemIdentifier }: FastFacts): string | null {
    const { name } = this.record;
    if (localNode !== null && this.#options.isAnother?.(localNode) === true)
      return `${this.#address} is node ${localNode} now, not ${name}.`;
    return replacedText(this.#address, name, this.#options.identity?.(), systemIdentifier, localNode);
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
    const unfit = this.#options.engine.unfitness(value);
    if (unfit !== null) return { error: { ...unfit, sqlstate: null, detail: null } };
    this.#capabilities = { value, connection: asked.connection };
    this.#seldom = {};
    this.#shownCapabilities = value;
    return this.#capabilities;
  }

  #slowWhenDue(): void {
    const sinceAsked = performance.now() - this.#slowAskedAt;
    const changed = this.#slowMark !== this.#slowMarkRead;
    const wanted = this.#isWantedNow() && performance.now() >= this.#tablesFrom;
    if (this.#slowPolling !== null || sinceAsked < SLOW.leastMs) return;
    if (changed || wanted || sinceAsked >= SLOW.everyMs) void this.#startSlow();
  }

  #isWantedNow(): boolean {
    return this.#wantedFrom !== null && Date.now() >= this.#wantedFrom;
  }

  #startSlow(): Promise<void> {
    this.#slowPolling ??= this.#slowPoll()
      .catch((error: Error) => {
        this.#options.log.error(`reading ${this.record.name}: ${error.stack ?? error}`);
        this.#slowFailure = this.#failedAgain(this.#slowFailure, {
          code: 'query',
          message: error.message,
          sqlstate: null,
          detail: null,
        });
      })
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
    const withTables = this.#slowAskedAt >= this.#tablesFrom;
    const again = withTables && this.#isWantedNow();
    const known = this.#slow?.value ?? null;
    // Without its mark nothing is taken as it was.
    const previous = again && known !== null ? { ...known, catalogMark: null } : known;
    const asked = await this.#ask(
      this.#options.engine.slowStatements(capabilities, previous, withTables),
      SLOW,
      'extra',
    );
    if (this.#stopped) return;
    if (!asked.ok) {
      // Too many tables for the time that a poll has: then all else is read without them.
      const areTables = withTables && asked.error.code === 'timeout' && asked.error.sqlstate !== LOCKED;
      if (capabilitiesAreStale(asked.error.sqlstate)) this.#capabilities = null;
      if (areTables) this.#tablesTimedOut(asked.error, performance.now() - this.#slowAskedAt);
      else this.#slowFailure = this.#failedAgain(this.#slowFailure, asked.error);
      return;
    }
    this.#slowFailure = null;
    if (withTables) this.#tablesFailure = null;
    const decoded = this.#options.engine.decodeSlow(capabilities, asked.rows, previous);
    const tablesReadAt = decoded.tables === known?.tables ? known?.tablesReadAt : asked.sentAt;
    const value = { ...decoded, ...(tablesReadAt !== undefined && { tablesReadAt }) };
    if (again) this.#wantedFrom = null;
    this.#restFromTables((value.tablesMs ?? 0) * TABLES_REST);
    const awaited = this.#slow === null || again || mark !== this.#slowMarkRead;
    this.#slow = { value, sentAt: asked.sentAt, receivedAt: asked.receivedAt };
    this.#slowMarkRead = mark;
    // ALTER EXTENSION UPDATE: other columns and functions.
    if (value.engineVersion !== capabilities.extensionVersion) this.#capabilities = null;
    if (awaited) this.#options.onUrgent();
  }

  /** Once may be a server that stood still for a moment, whatever its tables are: only then they are soon read again. */
  #tablesTimedOut(error: NodeFailure, tookMs: number): void {
    this.#tablesFailure = this.#failedAgain(this.#tablesFailure, error);
    this.#restFromTables(this.#tablesFailure.tries === 1 ? SLOW.everyMs : tookMs * TABLES_REST);
  }

  #restFromTables(restMs: number): void {
    this.#tablesFrom = Math.max(this.#tablesFrom, performance.now() + restMs);
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

  #failedAgain(last: PollFailure | null, { code, message, sqlstate }: NodeFailure): PollFailure {
    if (last?.message !== message)
      this.#options.log.warn(`the slow facts of ${this.record.name} cannot be read: ${message}`);
    return { code, message, sqlstate, since: last?.since ?? Date.now(), tries: (last?.tries ?? 0) + 1 };
  }

  #unreadSlow(): NodeInput['slowFailure'] {
    if (this.#slowFailure !== null) return { ...this.#slowFailure, what: 'all' };
    // Once it has shown that all else can be read.
    const areTables = this.#tablesFailure !== null && (this.#slow?.sentAt ?? 0) > this.#tablesFailure.since;
    return this.#tablesFailure !== null && areTables ? { ...this.#tablesFailure, what: 'tables' } : null;
  }

  #remember(poll: PollRecord): void {
    this.#polls = [...this.#polls.slice(1 - POLLS_KEPT), poll];
  }
}

/** Also what cannot be understood: reading it again each second would cost what an answer may. */
const NOTHING_THERE: ReadonlySet<NodeError['code']> = new Set(['no-spock', 'too-old', 'protocol', 'dsn']);

function pauseAfter(code: NodeError['code'], tries: number): number {
  if (code === 'auth' || code === 'no-database') return Math.min(1000 * 2 ** tries, AUTH_PAUSE_MS);
  return NOTHING_THERE.has(code) ? NOTHING_THERE_PAUSE_MS : 0;
}
