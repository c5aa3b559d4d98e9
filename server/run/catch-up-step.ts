/** Waits until a node has applied what others had committed when the step began, however much that is, as long as it gets on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { renderSql, sql } from '#core/engines/sql.ts';
import { lsnDistance, parseLsn } from '#core/lag/lsn.ts';
import { formatBytes, formatNames } from '#core/model/format.ts';
import type { JoinLink } from '#core/plan/executable.ts';
import { cannotCome, reasonOf } from './cannot-come.ts';
import { rowsOn } from './seed-inventory.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepCancelled, StepFailure } from './step-failure.ts';

const LOOK_MS = 100;
const SLOWER_MS = 500;
const SOON_MS = 5000;
const ASK_WHY_MS = 1000;
/** A position that has not moved for so long: one transaction may be large. */
const STALLED_MS = 180_000;

interface Waiting extends JoinLink {
  target: bigint;
  seen: bigint;
  movedAt: number;
  /** Since when the same reason has stood in its way. */
  why: { text: string; patience: number; since: number } | null;
}

export const catchUp: Executor<'catch-up'> = {
  async run({ node, links }, context) {
    const waiting = await Promise.all(links.map((link) => marked(link, context)));
    const began = performance.now();
    let askAt = began + ASK_WHY_MS;
    for (;;) {
      const found = await rowsOn(node, context.changes.nodes.applied({ hasProgress: false }), context);
      const now = performance.now();
      for (const each of waiting) look(each, found, now);
      const left = waiting.filter(({ seen, target }) => seen < target);
      if (left.length === 0) break;
      context.note(told(left));
      if (context.signal.aborted) throw new StepCancelled();
      if (now >= askAt) {
        askAt = now + ASK_WHY_MS;
        for (const each of left) await failWhereHopeless(node, each, context);
      }
      const stalled = left.find(({ movedAt }) => now - movedAt > STALLED_MS);
      if (stalled !== undefined) throw notInTime(node, stalled, context);
      await sleep(now - began < SOON_MS ? LOOK_MS : SLOWER_MS, undefined, { signal: context.signal }).catch(
        () => undefined,
      );
    }
    context.note(`all that ${formatNames(links.map(({ provider }) => provider))} had committed is applied`);
    return { skipped: false };
  },
  async undo() {},
};

/** The engine's mark is a transaction of its own: its commit moves the receiver on, also where nobody writes. */
async function marked(link: JoinLink, context: StepContext): Promise<Waiting> {
  const [row] = await rowsOn(link.provider, context.changes.marks.send, context);
  const target = parseLsn(String(Object.values(row ?? {})[0]));
  if (target === null) throw new Error(`${link.provider} gave no position for a mark`);
  return { ...link, target, seen: 0n, movedAt: performance.now(), why: null };
}

function look(of: Waiting, found: readonly Record<string, unknown>[], now: number): void {
  const lsn = found.find(({ subscription }) => subscription === of.subscription)?.lsn;
  const seen = parseLsn(typeof lsn === 'string' ? lsn : null) ?? 0n;
  if (seen > of.seen) of.movedAt = now;
  of.seen = seen;
}

const told = (left: readonly Waiting[]): string =>
  left
    .map(({ provider, seen, target }) =>
      seen === 0n
        ? `nothing of ${provider} yet`
        : `${formatBytes(lsnDistance(seen, target))} of ${provider} to apply`,
    )
    .join(', ');

async function failWhereHopeless(node: string, of: Waiting, context: StepContext): Promise<void> {
  const { subscription, provider } = of;
  const query = context.changes.waits.cannotCome({ for: 'replicating', node, subscription });
  const [row] = await rowsOn(node, renderSql(query, context.peerDsn), context).catch(() => []);
  const text = row === undefined ? null : row.why;
  if (typeof text !== 'string') {
    of.why = null;
    return;
  }
  const patience = Number(row?.patience ?? 0) * 1000;
  const now = performance.now();
  const since = of.why?.patience === patience ? of.why.since : now;
  of.why = { text, patience, since };
  if (now - since < patience) return;
  const fact = {
    node,
    text: `${node} applies what ${provider} sends`,
    query: sql`SELECT true`,
    hopeless: query,
  };
  throw cannotCome(fact, { message: `${text}.`, reason: reasonOf(row?.reason) }, context);
}

const notInTime = (
  node: string,
  { provider, subscription }: Waiting,
  { changes }: StepContext,
): StepFailure =>
  new StepFailure({
    code: 'not-in-time',
    message: `${node} has applied nothing more from ${provider} for ${STALLED_MS / 1000} s.`,
    sqlstate: null,
    statement: `${changes.subscriptions.status(subscription)};`,
    cause: null,
    remedy: `Check the server log of ${node} and ${changes.words.exceptions} there, then resume. Or roll back.`,
  });
