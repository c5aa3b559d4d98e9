/**
 * Steps that wait for facts. Each ends as soon as something says that its fact cannot come any more: the nodes' catalogs
 * (core/engines/spock/cannot-come.ts), workers that fail again and again with an error that the server has logged, a node that
 * does not answer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '#core/engines/engine.ts';
import type { Awaited, HopelessReason, Wake } from '#core/engines/units.ts';
import type { Blocker } from '#core/model/plan.ts';
import type { NodeFailure } from '#server/postgres/failure.ts';
import { cannotCome, reasonOf, remedyOf } from './cannot-come.ts';
import { errorsSince, type LogMark, logMark } from './server-log.ts';
import { runStatement } from './sessions.ts';
import { ask, doUnit, real, shown, undoUnit } from './sql-steps.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepCancelled, StepFailure, sqlFailure } from './step-failure.ts';

const PROBE_MS = 10_000;
const FIRST_LOOK_MS = 20;
const SLOWEST_LOOK_MS = 250;
/** Workers start within a second or two of their subscription, on a busy machine within some more. */
const WAKE_AFTER_MS = 8000;
/** What comes at all mostly comes at once: only then is it asked why it does not. */
const ASK_WHY_AFTER_MS = 500;
const ASK_WHY_EVERY_MS = 500;
/** A node may be restarted meanwhile; one that is silent for this long is not there. */
const SILENT_MS = 20_000;
/** Spock starts a worker that has failed after five seconds (spock.c, restart_delay_default). */
const DOWN_MS = 6000;
/** This many workers that came and went, or errors of one wording, are no accident. */
const ATTEMPTS = 3;
const LOG_EVERY_MS = 2000;
/** Errors of a peer that may be coming back. */
const MAY_PASS =
  /could not connect|connection refused|starting up|shutting down|recovery mode|server closed the connection|is active for PID|deadlock detected|could not serialize|tuple concurrently|due to administrator command|canceling statement/i;
const MAY_PASS_MS = 30_000;
/** Where the log cannot be read, long enough for anything that comes back by itself. */
const DOWN_UNREAD_MS = 120_000;

/** What is known of one fact that has not come yet. */
interface Watched {
  fact: Awaited;
  failure: NodeFailure | null;
  /** When it last answered. */
  answeredAt: number;
  /** `patience` in ms: for which it must stay so. */
  why: {
    text: string;
    reason: HopelessReason | null;
    patience: number;
    since: number;
    /** The session that it waits for. */
    blocker: Blocker | null;
  } | null;
  downSince: number | null;
  /** Workers seen, as `attempt` names them. */
  attempts: Set<string>;
  /** The id of the subscription whose workers these are. */
  subscription: string | null;
}

/**
 * Waits until all facts are so, for `timeoutSeconds` at most.
 * @throws StepFailure `cannot-come`, `unreachable` or `not-in-time`; StepCancelled.
 */
export async function waitFor(
  awaited: Awaited[],
  timeoutSeconds: number,
  context: StepContext,
  wakes: Wake[] = [],
): Promise<void> {
  const began = Date.now();
  const deadline = began + timeoutSeconds * 1000;
  let wakeAt = began + WAKE_AFTER_MS;
  const all: Watched[] = awaited.map((fact) => ({
    fact,
    failure: null,
    answeredAt: began,
    why: null,
    downSince: null,
    attempts: new Set(),
    subscription: null,
  }));
  let missing = all;
  const logs = new Logs(context);
  let askAt = began + ASK_WHY_AFTER_MS;
  let pause = FIRST_LOOK_MS;
  for (;;) {
    // All at one look: a receiver says `replicating` for a moment at each of its attempts.
    const answers = await Promise.all(all.map((watched) => isSo(watched, context)));
    missing = all.filter((_, index) => !answers[index]);
    if (missing.length === 0) return;
    if (context.signal.aborted) throw new StepCancelled();
    for (const watched of missing) failWhereSilent(watched, context);
    if (Date.now() >= askAt) {
      // Of all: a slot that is being made is in use already, and tells why the subscription does not come.
      await Promise.all(all.map((watched) => askWhy(watched, context)));
      for (const watched of all) failWhereHopeless(watched, context);
      await failWhereItFails(all, logs, context);
      askAt = Date.now() + ASK_WHY_EVERY_MS;
    }
    context.note(told(all, missing));
    if (Date.now() >= deadline) break;
    if (Date.now() >= wakeAt) {
      wakeAt = Number.POSITIVE_INFINITY;
      await Promise.all(wakes.map((each) => wake(each, context)));
    }
    await sleep(pause, undefined, { signal: context.signal }).catch(() => undefined);
    pause = Math.min(pause * 1.5, SLOWEST_LOOK_MS);
  }
  throw await tooLate(all, missing, timeoutSeconds, logs, context);
}

function told(all: Watched[], missing: Watched[]): string {
  const seen = `${all.length - missing.length} of ${all.length} seen`;
  const why = all.find((watched) => watched.why !== null)?.why?.text;
  return why === undefined ? seen : `${seen}; ${why}`;
}

const reading = (node: string, statement: Awaited['query'], context: StepContext) =>
  context.sessions.with(context.dsn(node), (connection) =>
    runStatement(connection, real(statement, context), PROBE_MS),
  );

async function isSo(watched: Watched, context: StepContext): Promise<boolean> {
  const { fact } = watched;
  const outcome = await context.sessions.with(context.dsn(fact.node), (connection) =>
    ask(connection, fact.query, context),
  );
  watched.failure = outcome.ok ? null : outcome.error;
  // A server that speaks, if only to say no, is there.
  if (outcome.ok || outcome.error.sqlstate !== null) watched.answeredAt = Date.now();
  return outcome.ok && outcome.value;
}

function failWhereSilent({ fact, failure, answeredAt }: Watched, context: StepContext): void {
  if (failure === null || failure.sqlstate !== null || Date.now() - answeredAt < SILENT_MS) return;
  const seconds = Math.round((Date.now() - answeredAt) / 1000);
  const failed = sqlFailure(fact.node, shown(fact.query, context), failure);
  throw new StepFailure({
    ...failed.error,
    code: 'unreachable',
    message: `${fact.node} has not answered for ${seconds} s, while the run waited until ${fact.text}: ${failure.message}`,
  });
}

/** A failure is no answer: nothing is known then, and it is waited on. */
async function askWhy(watched: Watched, context: StepContext): Promise<void> {
  const { fact } = watched;
  if (fact.hopeless === undefined || fact.hopeless === null) return;
  const outcome = await reading(fact.node, fact.hopeless, context);
  if (!outcome.ok) return;
  const row: Row = outcome.value.at(-1)?.rows[0] ?? {};
  const now = Date.now();
  const text = Object.values(row)[0];
  const patience = Number(row.patience ?? 0) * 1000;
  // Its wording may hold what moves; a reason of another patience is another reason.
  const since = watched.why?.patience === patience ? watched.why.since : now;
  const { pid, started_at: startedAt } = row;
  const blocker =
    pid == null || startedAt == null
      ? null
      : { node: fact.node, pid: Number(pid), startedAt: String(startedAt) };
  watched.why =
    typeof text === 'string' ? { text, reason: reasonOf(row.reason), patience, since, blocker } : null;
  watched.downSince = row.down === true ? (watched.downSince ?? now) : null;
  watched.subscription = row.id === undefined || row.id === null ? null : String(row.id);
  if (typeof row.attempt === 'string') watched.attempts.add(row.attempt);
}

function failWhereHopeless({ fact, why }: Watched, context: StepContext): void {
  if (why === null || Date.now() - why.since < why.patience) return;
  throw cannotCome(fact, { message: `${why.text}.`, reason: why.reason, blocker: why.blocker }, context);
}

/** The servers' logs since it is asked why; each is read on from where it was read to. */
class Logs {
  readonly #context: StepContext;
  readonly #marks = new Map<string, Promise<LogMark>>();
  #readAt = 0;

  constructor(context: StepContext) {
    this.#context = context;
  }

  mark(node: string): Promise<LogMark> {
    const mark = this.#marks.get(node) ?? logMark(node, this.#context);
    this.#marks.set(node, mark);
    return mark;
  }

  /** True once in a while: reading a log is no small question. */
  isTime(): boolean {
    if (Date.now() - this.#readAt < LOG_EVERY_MS) return false;
    this.#readAt = Date.now();
    return true;
  }

  async read(node: string, subscription: string | null) {
    return errorsSince(node, await this.mark(node), this.#context, subscription);
  }
}

/** Workers that come and go, or none for long: with an error that is logged again and again, nothing else will come. */
async function failWhereItFails(all: Watched[], logs: Logs, context: StepContext): Promise<void> {
  const watchable = all.filter(({ fact }) => fact.hopeless != null);
  await Promise.all(watchable.map(({ fact }) => logs.mark(fact.node)));
  const now = Date.now();
  const failing = watchable.filter(
    ({ downSince, attempts }) =>
      (downSince !== null && now - downSince >= DOWN_MS) || attempts.size > ATTEMPTS,
  );
  if (failing.length === 0 || !logs.isTime()) return;
  for (const { fact, downSince, subscription } of failing) {
    const downFor = downSince === null ? 0 : now - downSince;
    const { errors, why } = await logs.read(fact.node, subscription);
    const again = oftenest(errors);
    if (again !== null && again.count >= ATTEMPTS && (!MAY_PASS.test(again.text) || downFor >= MAY_PASS_MS)) {
      throw cannotCome(
        fact,
        {
          message: `The worker on ${fact.node} keeps failing: ${again.count} times since the run has waited until ${fact.text}.`,
          error: again.text,
        },
        context,
      );
    }
    // Spock's manager may have ended with it (no worker process left), and then nobody tries again.
    if (again !== null && !MAY_PASS.test(again.text) && downFor >= MAY_PASS_MS) {
      throw cannotCome(
        fact,
        {
          message: `The worker on ${fact.node} has failed, and has not run for ${Math.round(downFor / 1000)} s, while the run waits until ${fact.text}.`,
          error: again.text,
        },
        context,
      );
    }
    if (why !== null && downFor >= DOWN_UNREAD_MS) {
      throw cannotCome(
        fact,
        {
          message: `The worker on ${fact.node} has not run for ${Math.round(downFor / 1000)} s. The cause of its failure is not known: ${why}.`,
        },
        context,
      );
    }
  }
}

/** The error that is logged most, numbers in it aside. */
function oftenest(errors: readonly string[]): { text: string; count: number } | null {
  const counts = new Map<string, { text: string; count: number }>();
  for (const text of errors) {
    const key = text.replace(/\d+/g, '#');
    counts.set(key, { text, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts.values()].sort((a, b) => b.count - a.count)[0] ?? null;
}

async function tooLate(
  all: Watched[],
  missing: Watched[],
  timeoutSeconds: number,
  logs: Logs,
  context: StepContext,
): Promise<StepFailure> {
  const { fact, failure, subscription } = missing[0] as Watched;
  const why = all.find((each) => each.why !== null)?.why ?? null;
  const message = `Not reached within ${timeoutSeconds} s: ${missing.map(({ fact: each }) => each.text).join('; ')}.`;
  if (failure !== null) {
    const failed = sqlFailure(fact.node, shown(fact.query, context), failure).error;
    return new StepFailure({ ...failed, message: `${message}\n${failed.message}` });
  }
  const { errors, why: unread } = await logs.read(fact.node, subscription);
  const reason = why === null ? '' : `\n${why.text}.`;
  return new StepFailure({
    code: 'not-in-time',
    message: `${message}${reason}${errors[0] === undefined ? '' : `\n${errors[0]}`}`,
    sqlstate: null,
    statement: shown(fact.query, context),
    cause: errors[0] === undefined && unread !== null ? `Not known: ${unread}.` : null,
    remedy:
      why === null
        ? `Check the server log of ${fact.node}, then resume: the run continues to wait.`
        : remedyOf(why.reason, fact.node),
    ...(why !== null && why.blocker !== null && { blockers: [why.blocker] }),
  });
}

/** A failure says nothing: what is waited for tells whether it helped. */
async function wake({ node, needed, statement }: Wake, context: StepContext): Promise<void> {
  await context.sessions.with<unknown>(context.dsn(node), async (connection) => {
    const asked = await ask(connection, needed, context);
    if (!asked.ok || !asked.value) return asked;
    context.notice({
      severity: 'NOTE',
      message: `${node} had no ${context.changes.words.name} manager; ran ${shown(statement, context)}`,
    });
    return runStatement(connection, real(statement, context), PROBE_MS);
  });
}

export const wait: Executor<'wait'> = {
  async run({ awaited, timeoutSeconds, wakes }, context) {
    await waitFor(awaited, timeoutSeconds, context, wakes);
    context.note(null);
    return { skipped: false };
  },
  async undo() {},
};

export const writeAndWait: Executor<'write-and-wait'> = {
  async run({ node, unit, awaited, timeoutSeconds }, context) {
    await doUnit(node, unit, 0, timeoutSeconds * 1000, context);
    const began = performance.now();
    await waitFor(awaited, timeoutSeconds, context);
    context.note(`seen after ${Math.round(performance.now() - began)} ms`);
    return { skipped: false };
  },
  async undo({ node, unit, timeoutSeconds }, context) {
    await undoUnit(node, unit, 0, timeoutSeconds * 1000, context);
  },
};
