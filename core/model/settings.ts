/** What a Spock cluster needs of a server's settings, and what of its counted resources is used. */
import type { FastFacts, SettingFacts, SlowFacts } from './facts.ts';
import type { Capacity, Setting } from './snapshot.ts';

export interface Demand {
  /** In words a DBA could put into postgresql.conf. */
  wanted: string;
  /** A value that fulfils it; of a list, what it must hold besides. */
  target: string;
  met(value: string): boolean;
}

const equal = (wanted: string): Demand => ({ wanted, target: wanted, met: (value) => value === wanted });
const atLeast = (least: number): Demand => ({
  wanted: `${least} or more`,
  target: String(least),
  met: (value) => Number(value) >= least,
});

/** Spock's documentation asks for 10; a node needs one for each peer and two for copies and new nodes. */
const leastOf = (nodes: number) => Math.max(10, nodes + 2);

/** What a node of a cluster of `nodes` needs of a setting; null: nothing. */
export function demandOf(name: string, nodes: number): Demand | null {
  switch (name) {
    case 'wal_level':
      return equal('logical');
    case 'track_commit_timestamp':
      return equal('on');
    case 'shared_preload_libraries':
      return {
        wanted: 'a list with spock',
        target: 'spock',
        met: (value) => value.split(',').some((library) => library.trim().replaceAll('"', '') === 'spock'),
      };
    case 'max_worker_processes':
    case 'max_replication_slots':
    case 'max_wal_senders':
    case 'max_active_replication_origins':
      return atLeast(leastOf(nodes));
    case 'spock.save_resolutions':
      return equal('on');
    case 'spock.readonly':
      return equal('off');
    default:
      return null;
  }
}

/** Settings without which Spock does not work at all; the others of `demandOf` it works with, worse. */
export const indispensableSettings: ReadonlySet<string> = new Set([
  'wal_level',
  'track_commit_timestamp',
  'shared_preload_libraries',
]);

/** The stand-in is no library and needs neither preloading nor commit timestamps. */
const notForStandin = new Set([
  'shared_preload_libraries',
  'track_commit_timestamp',
  'spock.save_resolutions',
]);

export function settingsOf(slow: SlowFacts | null, nodes: number): Setting[] {
  return (slow?.settings ?? []).map((setting) => {
    const demand = slow?.standin && notForStandin.has(setting.name) ? null : demandOf(setting.name, nodes);
    return {
      name: setting.name,
      value: setting.value,
      unit: setting.unit,
      wanted: demand?.wanted ?? null,
      ok: demand === null || setting.value === null ? null : demand.met(setting.value),
      pendingRestart: setting.pendingRestart,
    };
  });
}

/** Slots are counted in every fast poll, the rest in the slow ones. */
export function capacityOf(slow: SlowFacts | null, fast: FastFacts | null): Capacity[] {
  if (slow === null) return [];
  const used: Record<Capacity['name'], number | null> = {
    max_replication_slots: fast?.slots.length ?? slow.used.slots,
    max_wal_senders: slow.used.senders,
    max_worker_processes: slow.used.workers,
    max_active_replication_origins: slow.used.origins,
  };
  return slow.settings.flatMap(({ name, value }) =>
    isCapacity(name) && Number(value) > 0 ? [{ name, used: used[name], max: Number(value) }] : [],
  );
}

const capacityNames: readonly string[] = [
  'max_replication_slots',
  'max_wal_senders',
  'max_worker_processes',
  'max_active_replication_origins',
] satisfies Capacity['name'][];

const isCapacity = (name: string): name is Capacity['name'] => capacityNames.includes(name);

export const settingOf = (slow: SlowFacts | null | undefined, name: string): SettingFacts | undefined =>
  slow?.settings.find((setting) => setting.name === name);
