/** Rows of server-questions.ts and structure-questions.ts as facts. */
import type { Row } from '#core/engines/engine.ts';
import type { OtherUse, ServerSetting, Structure } from '#core/model/observed-server.ts';

export const textOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : String(value);

const listOf = (value: unknown): string[] => ((value ?? []) as unknown[]).map(String);

export function settingsOf(now: readonly Row[], altered: readonly Row[]): Record<string, ServerSetting> {
  const before = new Map(altered.map((row) => [String(row.name), String(row.value)]));
  return Object.fromEntries(
    now.map((row) => [
      String(row.name),
      {
        value: String(row.value),
        altered: before.get(String(row.name)) ?? null,
        pendingRestart: row.pending_restart === true,
        source: String(row.source),
      },
    ]),
  );
}

export const othersOf = (row: Row): OtherUse => ({
  subscriptions: listOf(row.subscriptions),
  publications: listOf(row.publications),
  slots: listOf(row.slots),
  engineDatabases: listOf(row.engine_databases),
});

export function structureOf(
  row: Row,
  extensions: readonly Row[],
  objects: readonly Row[],
  types: readonly Row[],
): Structure {
  const triggers = (row.event_triggers ?? []) as [name: string, always: boolean][];
  return {
    extensions: Object.fromEntries(
      extensions
        .filter((each) => each.installed === true)
        .map((each) => [String(each.name), { schema: String(each.schema), version: String(each.version) }]),
    ),
    available: Object.fromEntries(
      extensions.map((each) => [String(each.name), String(each.default_version)]),
    ),
    tablespaces: listOf(row.tablespaces),
    usedTablespaces: listOf(row.used_tablespaces),
    objects: objects.map((each) => ({
      type: String(each.type),
      identity: String(each.identity),
      extension: textOf(each.extension),
    })),
    types: Object.fromEntries(types.map((each) => [String(each.type), String(each.made)])),
    withPasswords: listOf(row.with_passwords),
    eventTriggers: triggers.map(([name, always]) => ({ name, always })),
    materializedViews: listOf(row.materialized_views),
    unloggedTables: listOf(row.unlogged_tables),
    largeObjects: Number(row.large_objects ?? 0),
    relations: { dumped: Number(row.dumped ?? 0), restored: Number(row.restored ?? 0) },
  };
}
