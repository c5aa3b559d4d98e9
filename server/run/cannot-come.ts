/** A wait that ends because what it is for cannot come any more: why, and what helps. */
import type { Awaited } from '#core/engines/units.ts';
import { shown } from './sql-steps.ts';
import type { StepContext } from './step-context.ts';
import { StepFailure, sqlFailure } from './step-failure.ts';

/** `error`: what the server has logged, if that is known. */
export function cannotCome(
  fact: Awaited,
  message: string,
  error: string | null,
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
    remedy: explained?.remedy ?? remedyOf(message, fact.node),
  });
}

/** By what the reason says; reasons are this console's own words (core/engines/spock/cannot-come.ts). */
const REMEDIES: [RegExp, (node: string) => string][] = [
  [
    /is lost/,
    () =>
      'Raise max_slot_wal_keep_size there, drop the subscription and create it again with its copy. Or roll back.',
  ],
  [
    /has no slot|of \d+ slots/,
    () => 'Drop the subscription, create it again, and compare the rows. Or roll back.',
  ],
  [
    /synchronous standby/,
    (node) =>
      `Start the standby, or take its name out of synchronous_standby_names on ${node} and reload, then resume.`,
  ],
  [/prepared transaction/, () => 'COMMIT PREPARED or ROLLBACK PREPARED it, then resume.'],
  [
    /transaction open since/,
    () => 'Let that transaction end, or terminate it with pg_terminate_backend, then resume.',
  ],
  [
    /replication slots/,
    () => 'Raise max_replication_slots (needs a restart), or drop a slot that nobody needs, then resume.',
  ],
  [
    /WAL senders/,
    () => 'Raise max_wal_senders (needs a restart), or stop one that nobody needs, then resume.',
  ],
  [/is disabled/, () => 'See Conflicts for the exception, enable it when its cause is fixed, then resume.'],
  [/given up the copy/, () => 'Fix what the log says, then plan the copy of the table again.'],
  [/dropped/, () => 'Roll back, then plan again.'],
];

export const remedyOf = (message: string, node: string): string =>
  REMEDIES.find(([pattern]) => pattern.test(message))?.[1](node) ??
  `Check the server log of ${node}, fix the cause there, then resume. Or roll back.`;
