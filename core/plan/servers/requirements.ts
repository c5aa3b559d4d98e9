/** Settings that Spock needs of a server, and the values that a deploy gives to those that are otherwise. */
import { quoteLiteral } from '#core/engines/quote.ts';
import { demandOf } from '#core/model/settings.ts';
import { type Sql, sql } from '#core/plan/sql.ts';
import type { ServerFacts } from './observed-server.ts';

export interface Requirement {
  setting: string;
  /** As the server has it. */
  value: string;
  wanted: string;
  met: boolean;
  needsRestart: boolean;
  /** What ALTER SYSTEM is to set it to. */
  target: string;
  /** A list of names, which ALTER SYSTEM takes as several literals. */
  list: boolean;
}

const AT_START = [
  'shared_preload_libraries',
  'wal_level',
  'track_commit_timestamp',
  'max_worker_processes',
  'max_replication_slots',
  'max_wal_senders',
  'max_active_replication_origins',
];

/** Settings of every server, whatever it lacks: the stand-in is no library, and needs neither preloading nor commit times. */
export function requirementsOf(facts: ServerFacts, nodes: number): Requirement[] {
  const names = facts.extension.standin
    ? AT_START.filter((name) => name !== 'shared_preload_libraries' && name !== 'track_commit_timestamp')
    : AT_START;
  const needed = names.flatMap((setting): Requirement[] => {
    const there = facts.settings[setting];
    const demand = demandOf(setting, nodes);
    // PostgreSQL has max_active_replication_origins since 18 only.
    if (there === undefined || demand === null) return [];
    const list = setting === 'shared_preload_libraries';
    return [
      {
        setting,
        value: there.value,
        wanted: demand.wanted,
        met: demand.met(there.value),
        needsRestart: true,
        target: list ? [...namesIn(there.value), 'spock'].join(', ') : demand.target,
        list,
      },
    ];
  });
  const plugins = facts.settings.output_plugin_libraries;
  // The newest minor versions load no other output plugin than those that are named here.
  if (plugins !== undefined && !facts.extension.standin) {
    const names = namesIn(plugins.value);
    needed.push({
      setting: 'output_plugin_libraries',
      value: plugins.value,
      wanted: 'a list with spock_output',
      met: names.includes('spock_output') || names.includes('*'),
      needsRestart: false,
      target: [...names, 'spock_output'].join(', '),
      list: true,
    });
  }
  return needed;
}

/** `"a", b` as PostgreSQL prints lists of names. */
export const namesIn = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim().replace(/^"(.*)"$/, '$1'))
    .filter((part) => part !== '');

export function alterSystem({ setting, target, list }: Requirement): Sql {
  return alter(setting, target, list);
}

/** Back to what ALTER SYSTEM had set before, or to none. */
export function undoAlterSystem({ setting, list }: Requirement, facts: ServerFacts): Sql {
  const before = facts.settings[setting]?.altered ?? null;
  return before === null ? sql`ALTER SYSTEM RESET ${setting}` : alter(setting, before, list);
}

function alter(setting: string, value: string, list: boolean): Sql {
  const literals = list ? namesIn(value).map(quoteLiteral).join(', ') : quoteLiteral(value);
  return sql`ALTER SYSTEM SET ${setting} = ${literals === '' ? "''" : literals}`;
}

/** One boolean: the setting stands in a file as it is wanted, in force or not. */
export function isAltered({ setting, target, list }: Requirement): Sql {
  const wanted = quoteLiteral(list ? namesIn(target).join(',') : target);
  const plain = list ? `replace(replace(s.setting, '"', ''), ' ', '')` : 's.setting';
  return sql`SELECT coalesce((SELECT ${plain} = ${wanted} FROM pg_file_settings s WHERE s.name = ${quoteLiteral(setting)} AND s.sourcefile LIKE '%postgresql.auto.conf' ORDER BY s.seqno DESC LIMIT 1), false)`;
}

/** One boolean: all of these are in force. */
export function areInForce(requirements: readonly Requirement[]): Sql {
  const each = requirements.map(({ setting, target, list }) => {
    const now = `current_setting(${quoteLiteral(setting)})`;
    if (list) {
      const last = quoteLiteral(namesIn(target).at(-1) ?? '');
      return `${last} = ANY (string_to_array(replace(replace(${now}, '"', ''), ' ', ''), ','))`;
    }
    return /^\d+$/.test(target) ? `${now}::int >= ${target}` : `${now} = ${quoteLiteral(target)}`;
  });
  return sql`SELECT ${each.join(' AND ')}`;
}
