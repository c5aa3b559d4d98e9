/** ALTER SYSTEM: what it writes into postgresql.auto.conf, what stands there, and where it has no effect. */
import { quoteLiteral } from '#core/engines/quote.ts';
import { type Sql, sql } from '#core/engines/sql.ts';
import type { ServerSetting } from '#core/model/observed-server.ts';
import { namesIn } from '#core/model/settings.ts';

export const RELOAD = sql`SELECT pg_reload_conf()`;

/** A setting as ALTER SYSTEM is to have it. */
export interface Altered {
  setting: string;
  /** Null: as if it had never been set by ALTER SYSTEM. */
  value: string | null;
  /** A list of names, which ALTER SYSTEM takes as several literals. */
  list: boolean;
}

export function alterSystem({ setting, value, list }: Altered): Sql {
  if (value === null) return sql`ALTER SYSTEM RESET ${setting}`;
  const literals = list ? namesIn(value).map(quoteLiteral).join(', ') : quoteLiteral(value);
  return sql`ALTER SYSTEM SET ${setting} = ${literals === '' ? "''" : literals}`;
}

/** One boolean: it stands so in the file, in force or not. */
export function isAltered({ setting, value, list }: Altered): Sql {
  if (value === null) return sql`SELECT NOT EXISTS (${alteredSetting(setting)})`;
  const wanted = quoteLiteral(list ? namesIn(value).join(',') : value);
  const plain = list ? `replace(replace(a.value, '"', ''), ' ', '')` : 'a.value';
  return sql`SELECT coalesce((SELECT ${plain} = ${wanted} FROM (${alteredSetting(setting)}) a), false)`;
}

/** `value` of a setting as ALTER SYSTEM has it; no row: it has none. It takes a superuser, or a role that was granted the view's function. */
export const alteredSetting = (name: string): string =>
  `SELECT setting AS value FROM pg_file_settings WHERE name = ${quoteLiteral(name)} AND sourcefile LIKE '%postgresql.auto.conf' ORDER BY seqno DESC LIMIT 1`;

/** One text: what ALTER SYSTEM has set; NULL: nothing. */
export const alteredNow = (setting: string): Sql => sql`SELECT (${alteredSetting(setting)})`;

/** Values from these win over every file, postgresql.auto.conf included (guc.h, GucSource). */
const OVER_FILES: Record<string, string> = {
  'command line': 'it comes from the command line that started the server (as Patroni does)',
  'environment variable': 'it comes from an environment variable of the server',
  database: 'it is set for the database (ALTER DATABASE … SET)',
  user: 'it is set for the role (ALTER ROLE … SET)',
  'database user': 'it is set for the role in this database (ALTER ROLE … IN DATABASE … SET)',
};

/** Why ALTER SYSTEM would be refused for a setting, or would not change what is in force; null: it works. */
export function fixedBy(
  { settings }: { settings: Readonly<Record<string, ServerSetting | undefined>> },
  setting: string,
): string | null {
  if (settings.allow_alter_system?.value === 'off')
    return 'ALTER SYSTEM is not allowed (allow_alter_system = off)';
  return OVER_FILES[settings[setting]?.source ?? ''] ?? null;
}

/** As it stands in postgresql.conf, or after `-c` on a command line. */
export const asConfigured = (setting: string, value: string): string =>
  `${setting} = '${value.replaceAll("'", "''")}'`;
