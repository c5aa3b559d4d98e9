/** What a plan of settings asks of a node: how each stands, what it may be, and what the files have. */

import type { AnswerRow } from '#core/engines/observing.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import type { ObservedFacts, ObservedSetting } from '#core/model/observed.ts';

/** Says whether ALTER SYSTEM is allowed at all, since PostgreSQL 17. */
const ALLOW = 'allow_alter_system';

const listed = (names: readonly string[]): string => names.map(quoteLiteral).join(', ');

/** `reset_val` and not `setting`: what this session has set for itself does not count. */
export const settingsNow = (names: readonly string[]): string =>
  `SELECT name, reset_val AS value, unit, context, vartype, to_json(enumvals) AS allowed, min_val::float8 AS min, max_val::float8 AS max, boot_val, source, pending_restart
  FROM pg_settings WHERE name IN (${listed([...names, ALLOW])})`;

/** The last word of all files, and of the one that ALTER SYSTEM writes. It takes a superuser, or a role that may read the view. */
export const settingsInFiles = (names: readonly string[]): string =>
  `SELECT name, sourcefile LIKE '%postgresql.auto.conf' AS altered, (array_agg(setting ORDER BY seqno DESC))[1] AS value
  FROM pg_file_settings WHERE name IN (${listed(names)}) GROUP BY 1, 2`;

const textOrNull = (value: unknown): string | null => (value == null ? null : String(value));
const numberOrNull = (value: unknown): number | null => (value == null ? null : Number(value));

export function decodeSettings(rows: readonly AnswerRow[]): Record<string, ObservedSetting> {
  return Object.fromEntries(
    rows.map((row) => [
      String(row.name),
      {
        value: textOrNull(row.value) ?? '',
        altered: null,
        pendingRestart: row.pending_restart === true,
        source: String(row.source),
        unit: textOrNull(row.unit),
        context: String(row.context),
        type: String(row.vartype),
        allowed: (row.allowed as string[] | null) ?? null,
        min: numberOrNull(row.min),
        max: numberOrNull(row.max),
        beneath: textOrNull(row.boot_val) ?? '',
      },
    ]),
  );
}

export function putFiles(facts: ObservedFacts, rows: readonly AnswerRow[]): void {
  for (const row of rows) {
    const setting = facts.settings?.[String(row.name)];
    if (setting === undefined) continue;
    if (row.altered === true) setting.altered = String(row.value);
    else setting.beneath = String(row.value);
  }
}
