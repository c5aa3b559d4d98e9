/** What survivors do to give a dead node up (core/plan/node-remove.ts), besides dropping their subscriptions to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Row } from '#core/engines/engine.ts';
import { ALIVE_SECONDS, dropSlot, endReader, slotReader } from '#core/plan/slot-sql.ts';
import { openConnection } from '#server/postgres/connection.ts';
import { connectionTargets } from '#server/postgres/targets.ts';
import type { Executor, StepContext } from './step-context.ts';
import { StepFailure, sqlFailure } from './step-failure.ts';

/** Longer than a plan looks: this is the last look. */
const SILENT_MS = 10_000;
const ANSWER_MS = 10_000;
const LOOK_MS = 100;
/** In which a walsender that was told to end is gone. */
const GONE_MS = 8000;
const OBJECT_IN_USE = '55006';
const NO_OBJECT = '42704';

export const stillSilent: Executor<'still-silent'> = {
  async run({ node }, context) {
    const opened = await openConnection(connectionTargets(context.dsn(node)), SILENT_MS, SILENT_MS * 2);
    if (!opened.ok && opened.error.silent === true) {
      context.fact(`${node} is silent`, opened.error.message);
      return { skipped: false };
    }
    if (opened.ok) opened.value.close();
    throw new StepFailure({
      code: 'changed',
      message: opened.ok
        ? `${node} answers: it is not dead, so it is not given up.`
        : `It is not known that ${node} is dead, so it is not given up: ${opened.error.message}`,
      sqlstate: null,
      statement: null,
      cause: 'Its server, or the network to it, has come back since the plan was made.',
      remedy: `Leave the run as it is, and check on the overview whether its links replicate again. Those that a run has already dropped do not: then stop the server of ${node} for good, and resume.`,
    });
  },
  async undo() {},
};

async function rows(node: string, text: string, context: StepContext): Promise<Row[]> {
  const outcome = await context.sessions.statement(context.dsn(node), text, ANSWER_MS);
  if (!outcome.ok) throw sqlFailure(node, `${text};`, outcome.error);
  return outcome.value.at(-1)?.rows ?? [];
}

export const noteApplied: Executor<'note-applied'> = {
  async run({ node, provider, subscriptions }, context) {
    const { nodes } = context.changes;
    const [progress] = await rows(node, nodes.hasProgress, context);
    const found = await rows(node, nodes.applied({ hasProgress: progress?.has === true }), context);
    for (const subscription of subscriptions) {
      const row = found.find((each) => each.subscription === subscription);
      context.fact(
        `${node} has applied of ${provider} by ${subscription}`,
        row === undefined
          ? 'not known: the subscription is gone'
          : `up to ${row.lsn ?? 'nothing'}, last commit ${row.last_commit ?? 'not known'}`,
      );
    }
    return { skipped: false };
  },
  async undo() {},
};

export const dropSlots: Executor<'drop-slots'> = {
  async run({ node, reader, slots }, context) {
    let skipped = true;
    for (const [index, slot] of slots.entries()) {
      if (await dropOne(node, reader, slot, () => context.willMake(index), context)) skipped = false;
    }
    return { skipped };
  },
  async undo({ node, slots }, context) {
    for (const [index, slot] of slots.entries()) {
      if (!context.made(index) || (await rows(node, slotReader(slot), context)).length > 0) continue;
      context.left({
        node,
        code: 'stays',
        object: `slot ${slot}`,
        message: 'It is dropped, and the WAL that it held is gone with it.',
        sql: [],
      });
    }
  },
};

/** False: it was gone already. Throws StepFailure where its reader lives, or its connection does not end. */
async function dropOne(
  node: string,
  reader: string,
  slot: string,
  begin: () => void,
  context: StepContext,
): Promise<boolean> {
  const end = performance.now() + GONE_MS;
  let begun = false;
  for (;;) {
    const [found] = await rows(node, slotReader(slot), context);
    if (found === undefined) return begun;
    const pid = found.pid === null ? null : Number(found.pid);
    if (found.active === true && pid !== null) {
      const ago = found.answered_ago === null ? null : Number(found.answered_ago);
      if (!begun && (ago === null || ago < ALIVE_SECONDS)) throw reads(node, reader, slot, ago);
      await rows(node, endReader(pid), context);
    }
    begin();
    begun = true;
    const text = dropSlot(slot);
    const dropped = await context.sessions.statement(context.dsn(node), text, ANSWER_MS);
    if (dropped.ok || dropped.error.sqlstate === NO_OBJECT) return true;
    if (dropped.error.sqlstate !== OBJECT_IN_USE || performance.now() > end) {
      throw sqlFailure(node, `${text};`, dropped.error);
    }
    await sleep(LOOK_MS);
  }
}

const reads = (node: string, reader: string, slot: string, ago: number | null): StepFailure =>
  new StepFailure({
    code: 'still-read',
    message: `${reader} reads from ${node} by slot ${slot}${ago === null ? '' : `, and answered ${Math.round(ago)} s ago`}: it is alive.`,
    sqlstate: null,
    statement: null,
    cause: `The slot is in use on ${node}.`,
    remedy: `If ${reader} is dead, its connection ends within wal_sender_timeout: resume then. If it is alive, leave the run as it is.`,
  });

export const forgetNode: Executor<'forget-node'> = {
  async run({ node }, { cluster, registry, willMake }) {
    const record = registry.get(cluster);
    const nodes = record?.nodes.filter((each) => each.name !== node) ?? [];
    if (record === undefined || nodes.length === record.nodes.length) return { skipped: true };
    willMake(0);
    registry.replace(cluster, { ...record, nodes });
    return { skipped: false };
  },
  async undo({ node }, { made, left }) {
    if (!made(0)) return;
    left({
      node: null,
      code: 'stays',
      object: `node ${node}`,
      message: 'The console no longer knows it. Add it again under Settings.',
      sql: [],
    });
  },
};
