/** What a planner of settings asks of each node. */
import type { Row } from '#core/engines/engine.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import type { ObservedSetting } from '#core/model/observed.ts';

/** One row a setting that the server has: `altered` is what ALTER SYSTEM has set. */
export const settingsQuestion = (names: readonly string[]): string =>
  `SELECT s.name, s.reset_val AS value, s.vartype AS type, s.context, to_json(s.enumvals) AS choices,
      (SELECT f.setting FROM pg_file_settings f WHERE f.name = s.name AND f.sourcefile LIKE '%postgresql.auto.conf' ORDER BY f.seqno DESC LIMIT 1) AS altered
    FROM pg_settings s WHERE s.name = ANY (ARRAY[${names.map(quoteLiteral).join(', ')}]::text[])`;

export const decodeSetting = (row: Row): [name: string, setting: ObservedSetting] => [
  String(row.name),
  {
    value: String(row.value),
    type: String(row.type),
    needsRestart: row.context === 'postmaster',
    choices: (row.choices ?? null) as string[] | null,
    altered: row.altered == null ? null : String(row.altered),
  },
];
