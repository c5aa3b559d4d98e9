/** A wait that ends because what it is for cannot come any more: why, and what helps. */
import type { Awaited, HopelessReason } from '#core/engines/units.ts';
import type { Blocker } from '#core/model/plan.ts';
import { shown } from './sql-steps.ts';
import type { StepContext } from './step-context.ts';
import { StepFailure, sqlFailure } from './step-failure.ts';

/** `reason` null: there is none but the message. `error`: what the server has logged, if that is known. */
export function cannotCome(
  fact: Awaited,
  {
    message,
    reason = null,
    error = null,
    blocker = null,
  }: {
    message: string;
    reason?: HopelessReason | null;
    error?: string | null;
    blocker?: Blocker | null;
  },
  context: StepContext,
): StepFailure {
  // What a known error comes from and what helps is said as for a statement that met it.
  const explained =
    error === null
      ? null
      : sqlFailure(fact.node, null, { code: 'query', message: error, sqlstate: null, detail: null }).error;
  return new StepFailure({
    code: 'cannot-come',
    message: error === null ? message : `${message}\n${error}`,
    sqlstate: null,
    statement: shown(fact.query, context),
    cause: explained?.cause ?? null,
    remedy: explained?.remedy ?? remedyOf(reason, fact.node),
    ...(blocker !== null && { blockers: [blocker] }),
  });
}

const seeLog = (node: string): string =>
  `Check the server log of ${node}, fix the cause there, then resume. Or roll back.`;

const remedies: Record<HopelessReason, (node: string) => string> = {
  dropped: () => 'Roll back, then plan again.',
  disabled: () => 'See Conflicts for the exception, enable it when its cause is fixed, then resume.',
  discarded: (node) =>
    `Fix what the message says, then run the statement on ${node} alone. A row that needs it is discarded there until then.`,
  'copy-given-up': () => 'Fix what the log says, then plan the copy of the table again.',
  'no-copy': seeLog,
  'standby-silent': (node) =>
    `Start the standby, or take its name out of synchronous_standby_names on ${node} and reload, then resume.`,
  'open-transaction': () =>
    'Let that transaction end, or terminate it with pg_terminate_backend, then resume.',
  'prepared-transaction': () => 'COMMIT PREPARED or ROLLBACK PREPARED it, then resume.',
  'slot-lost': () =>
    'Raise max_slot_wal_keep_size there, drop the subscription and create it again with its copy. Or roll back.',
  'slot-gone': () => 'Drop the subscription, create it again, and compare the rows. Or roll back.',
  'slots-used-up': () =>
    'Raise max_replication_slots (needs a restart), or drop a slot that nobody needs, then resume.',
  'senders-used-up': () =>
    'Raise max_wal_senders (needs a restart), or stop one that nobody needs, then resume.',
};

/** As `Waits.cannotCome` has answered; null: none, or one that this version does not know. */
export const reasonOf = (answer: unknown): HopelessReason | null =>
  typeof answer === 'string' && Object.hasOwn(remedies, answer) ? (answer as HopelessReason) : null;

export const remedyOf = (reason: HopelessReason | null, node: string): string =>
  (reason === null ? seeLog : remedies[reason])(node);
