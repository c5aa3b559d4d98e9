/** A server's settings beside what its engine needs of them, and what of its counted resources is used. */
import type { EngineSettings } from './engine-settings.ts';
import type { FastFacts, SettingFacts, SlowFacts } from './facts.ts';
import type { Capacity, Setting } from './snapshot.ts';

/** `"a", b` as PostgreSQL prints lists of names. */
export const namesIn = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim().replace(/^"(.*)"$/, '$1'))
    .filter((part) => part !== '');

export function settingsOf(slow: SlowFacts | null, nodes: number, engine: EngineSettings): Setting[] {
  return (slow?.settings ?? []).map((setting) => {
    const demand = engine.demandOf(setting.name, nodes, slow?.standin === true);
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
