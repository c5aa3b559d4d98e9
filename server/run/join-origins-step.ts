/** Subscriptions of a node that joins go on from where its source stood: each by its origin, once, before it is enabled. */
import { parseLsn } from '#core/lag/lsn.ts';
import type { JoinLink } from '#core/plan/executable.ts';
import { advanceOrigin, slotStart } from '#core/plan/slot-sql.ts';
import { JOIN_POINT, type JoinPoint } from './join-copy.ts';
import { rowsOn } from './seed-inventory.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepFailure } from './step-failure.ts';

export const joinOrigins: Executor<'join-origins'> = {
  async run({ node, copy, links }, context) {
    const point = context.recallOf(copy, JOIN_POINT) as JoinPoint | undefined;
    const found = await rowsOn(node, context.changes.nodes.applied({ hasProgress: false }), context);
    for (const link of links) {
      const wanted = point?.positions[link.provider];
      if (wanted === undefined)
        throw lost(link, `the run has not noted where its source stood with ${link.provider}`);
      const now = found.find(({ subscription }) => subscription === link.subscription)?.lsn;
      // An origin goes backwards too: one that has a position is never set again.
      if (typeof now !== 'string' || now === '0/0') await advance(node, link, wanted, context);
      else if (now !== wanted) throw lost(link, `its origin is at ${now} already, and not at ${wanted}`);
      context.fact(link.provider, wanted);
    }
    return { skipped: false };
  },
  /** The origin goes with its subscription. */
  async undo() {},
};

async function advance(node: string, link: JoinLink, lsn: string, context: StepContext): Promise<void> {
  const { provider, subscription } = link;
  const [named] = await rowsOn(node, context.changes.subscriptions.slotOf(subscription), context);
  const slot = String(named?.slot);
  const [row] = await rowsOn(provider, slotStart(slot), context);
  const start = parseLsn(typeof row?.lsn === 'string' ? row.lsn : null);
  const wanted = parseLsn(lsn);
  if (row === undefined || row.lost === true || start === null) {
    throw lost(link, `slot ${slot} on ${provider} is gone, or the WAL that it kept`);
  }
  if (row.active === true) throw lost(link, `somebody reads from slot ${slot} on ${provider}`);
  if (wanted === null || wanted < start)
    throw lost(link, `slot ${slot} on ${provider} begins at ${row.lsn} only`);
  await rowsOn(node, advanceOrigin(slot, lsn), context);
}

const lost = ({ provider, subscription }: JoinLink, why: string): StepFailure =>
  new StepFailure({
    code: 'changed',
    message: `${subscription} cannot go on from where the copy ends: ${why}.`,
    sqlstate: null,
    statement: null,
    cause: `Changes of ${provider} would be missing, or come twice.`,
    remedy: 'Roll back, then add the node again.',
  });
