/** Settings that an engine needs of a server, and the values that a deploy gives to those that are otherwise. */
import type { Changes } from '#core/engines/changes.ts';
import { quoteLiteral } from '#core/engines/quote.ts';
import { type Sql, sql } from '#core/engines/sql.ts';
import type { ServerFacts } from '#core/model/observed-server.ts';
import { namesIn } from '#core/model/settings.ts';
import { type Altered, fixedBy } from '#core/plan/alter-system.ts';

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
  /** Why ALTER SYSTEM would be refused or have no effect; null: it works. */
  fixed: string | null;
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
export function requirementsOf(facts: ServerFacts, nodes: number, changes: Changes): Requirement[] {
  const { library, demandOf } = changes.settings;
  const { plugin } = changes.servers;
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
        target: list && library !== null ? [...namesIn(there.value), library].join(', ') : demand.target,
        list,
        fixed: fixedBy(facts, setting),
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
      wanted: `a list with ${plugin}`,
      met: names.includes(plugin) || names.includes('*'),
      needsRestart: false,
      target: [...names, plugin].join(', '),
      list: true,
      fixed: fixedBy(facts, 'output_plugin_libraries'),
    });
  }
  return needed;
}

/** As it is wanted. */
export const wantedOf = ({ setting, target, list }: Requirement): Altered => ({
  setting,
  value: target,
  list,
});

/** As ALTER SYSTEM had it before, or without it. */
export const formerOf = ({ setting, list }: Requirement, { settings }: ServerFacts): Altered => ({
  setting,
  value: settings[setting]?.altered ?? null,
  list,
});

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
