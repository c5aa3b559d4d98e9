/**
 * What of one node is read every 15 s, or when its catalogs were written: memberships, settings, tables. The tables have a
 * rest of their own, since reading them takes longer the more there are.
 */
import { capabilitiesAreStale } from '#core/engines/engine.ts';
import type { PollFailure, Reading, SlowFacts } from '#core/model/facts.ts';
import type { NodeInput } from '#core/snapshot/assembled.ts';
import type { Log } from '#server/log.ts';
import type { NodeFailure } from '#server/postgres/node-client.ts';
import type { NodeQuestions } from './node-questions.ts';
import { failedAgain, faultOf } from './poll-failure.ts';

export const SLOW = {
  deadlineMs: 12_000,
  statementMs: 10_000,
  lockMs: 1000,
  everyMs: 15_000,
  leastMs: 2000,
};

/** lock_not_available: somebody holds what is read, which says nothing of how long reading it takes. */
const LOCKED = '55P03';

/**
 * The tables are not read again before so many times as long as reading them took: half a second of the server's time
 * in a minute, however many they are and however often the catalogs are written.
 */
export const TABLES_REST = 120;

export interface SlowPollOptions {
  node: string;
  log: Log;
  /** What was read should not wait for the next tick. */
  onUrgent: () => void;
}

export class SlowPoll {
  readonly #questions: NodeQuestions;
  readonly #options: SlowPollOptions;
  #reading: Reading<SlowFacts> | null = null;
  #underWay: Promise<void> | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** Of the catalogs, as the last fast poll has it, and as it was when they were read. */
  #mark: string | null = null;
  #markRead: string | null = null;
  #failure: PollFailure | null = null;
  /** The tables took longer than a poll may, and all else is read without them. */
  #tablesFailure: PollFailure | null = null;
  #tablesFrom = Number.NEGATIVE_INFINITY;
  /** Console's clock, milliseconds: the facts are wanted as of this moment or later, tables included. */
  #wantedFrom: number | null = null;
  #stopped = false;

  constructor(questions: NodeQuestions, options: SlowPollOptions) {
    this.#questions = questions;
    this.#options = options;
  }

  get reading(): Reading<SlowFacts> | null {
    return this.#reading;
  }

  get failure(): NodeInput['slowFailure'] {
    if (this.#failure !== null) return { ...this.#failure, what: 'all' };
    // Once it has shown that all else can be read.
    const areTables =
      this.#tablesFailure !== null && (this.#reading?.sentAt ?? 0) > this.#tablesFailure.since;
    return this.#tablesFailure !== null && areTables ? { ...this.#tablesFailure, what: 'tables' } : null;
  }

  /** `mark` as the fast poll has read it: another one, and something that is read here was written. */
  noteMark(mark: string | null): void {
    this.#mark = mark;
  }

  /** Wanted as they are at `from` or later (console's clock, milliseconds), the tables whatever the mark says. */
  readAgain(from: number): void {
    if ((this.#reading?.sentAt ?? 0) >= from && (this.#reading?.value.tablesReadAt ?? from) >= from) return;
    this.#wantedFrom = Math.max(from, this.#wantedFrom ?? from);
  }

  startWhenDue(): void {
    const sinceAsked = performance.now() - this.#askedAt;
    const changed = this.#mark !== this.#markRead;
    const wanted = this.#isWantedNow() && performance.now() >= this.#tablesFrom;
    if (this.#underWay !== null || sinceAsked < SLOW.leastMs) return;
    if (changed || wanted || sinceAsked >= SLOW.everyMs) void this.start();
  }

  /** Ends when it has read, or could not; one that is under way is waited for. Throws never. */
  start(): Promise<void> {
    this.#underWay ??= this.#poll()
      .catch((error: Error) => {
        this.#options.log.error(`reading ${this.#options.node}: ${error.stack ?? error}`);
        this.#failure = this.#failedAgain(this.#failure, faultOf(error));
      })
      .finally(() => {
        this.#underWay = null;
      });
    return this.#underWay;
  }

  /** Ends when none is under way. */
  async settled(): Promise<void> {
    await this.#underWay;
  }

  /** The tables are read with the next one, however soon that is. */
  endRestOfTables(): void {
    this.#tablesFrom = Number.NEGATIVE_INFINITY;
  }

  stop(): void {
    this.#stopped = true;
  }

  #isWantedNow(): boolean {
    return this.#wantedFrom !== null && Date.now() >= this.#wantedFrom;
  }

  async #poll(): Promise<void> {
    const { engine, capabilities } = this.#questions;
    if (capabilities === null) return;
    this.#askedAt = performance.now();
    const mark = this.#mark;
    const withTables = this.#askedAt >= this.#tablesFrom;
    const again = withTables && this.#isWantedNow();
    const known = this.#reading?.value ?? null;
    // Without its mark nothing is taken as it was.
    const previous = again && known !== null ? { ...known, catalogMark: null } : known;
    const asked = await this.#questions.ask(
      engine.slowStatements(capabilities, previous, withTables),
      SLOW,
      'extra',
    );
    if (this.#stopped) return;
    if (!asked.ok) {
      // Too many tables for the time that a poll has: then all else is read without them.
      const areTables = withTables && asked.error.code === 'timeout' && asked.error.sqlstate !== LOCKED;
      if (capabilitiesAreStale(asked.error.sqlstate)) this.#questions.forgetCapabilities();
      if (areTables) this.#tablesTimedOut(asked.error, performance.now() - this.#askedAt);
      else this.#failure = this.#failedAgain(this.#failure, asked.error);
      return;
    }
    this.#failure = null;
    if (withTables) this.#tablesFailure = null;
    const decoded = engine.decodeSlow(capabilities, asked.rows, previous);
    const tablesReadAt = decoded.tables === known?.tables ? known?.tablesReadAt : asked.sentAt;
    const value = { ...decoded, ...(tablesReadAt !== undefined && { tablesReadAt }) };
    if (again) this.#wantedFrom = null;
    this.#restFromTables((value.tablesMs ?? 0) * TABLES_REST);
    const awaited = this.#reading === null || again || mark !== this.#markRead;
    this.#reading = { value, sentAt: asked.sentAt, receivedAt: asked.receivedAt };
    this.#markRead = mark;
    // ALTER EXTENSION UPDATE: other columns and functions.
    if (value.engineVersion !== capabilities.extensionVersion) this.#questions.forgetCapabilities();
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

  #failedAgain(last: PollFailure | null, error: NodeFailure): PollFailure {
    const { node, log } = this.#options;
    if (last?.message !== error.message)
      log.warn(`the slow facts of ${node} cannot be read: ${error.message}`);
    return failedAgain(last, error);
  }
}
