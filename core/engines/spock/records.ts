/**
 * What Spock writes down on a receiver and never removes by itself (5.0; of 6.0 spock.resolutions has a retention, the exceptions
 * have none): conflicts that it resolved, and rows that it could not apply. None of these tables is replicated.
 */
import type { RecordChanges } from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { type Sql, sql } from '#core/engines/sql.ts';
import { unit } from '#core/engines/units.ts';

const RESOLUTIONS = 'spock.resolutions';
const EXCEPTIONS = 'spock.exception_log';

const older = (column: string, before: string): string => `${column} < ${quoteLiteral(before)}::timestamptz`;

/** The row by which Spock says that it has disabled a subscription that is disabled still: to skip its transaction takes the row. */
const NEEDED = `e.operation = 'SUB_DISABLE' AND EXISTS (SELECT FROM spock.subscription s WHERE s.sub_origin = e.remote_origin AND NOT s.sub_enabled)`;

export const records: RecordChanges = {
  table: (of) => (of === 'conflicts' ? RESOLUTIONS : EXCEPTIONS),
  count: (of, before) =>
    of === 'conflicts'
      ? `SELECT count(*) FILTER (WHERE ${older('log_time', before)})::float8 AS old, count(*)::float8 AS total, false AS needed FROM ${RESOLUTIONS}`
      : `SELECT count(*) FILTER (WHERE ${older('e.retry_errored_at', before)})::float8 AS old, count(*)::float8 AS total,
    coalesce(bool_or(${older('e.retry_errored_at', before)} AND ${NEEDED}), false) AS needed FROM ${EXCEPTIONS} e`,
  trim(of, before) {
    const [column, tables] =
      of === 'conflicts'
        ? ['log_time', [RESOLUTIONS]]
        : // The second references the third.
          ['retry_errored_at', [EXCEPTIONS, 'spock.exception_status_detail', 'spock.exception_status']];
    const own = of === 'conflicts' ? RESOLUTIONS : EXCEPTIONS;
    return unit(
      tables.map((table): Sql => sql`DELETE FROM ${table} WHERE ${older(column, before)}`),
      {
        scope: 'catalog',
        transaction: true,
        already: sql`SELECT NOT EXISTS (SELECT FROM ${own} WHERE ${older(column, before)})`,
        object: `rows of ${own}`,
        undo: null,
        stays: `The rows of ${own} before ${before} are gone.`,
      },
    );
  },
};
