/** The settings of simulated servers: what a planner reads of them, what ALTER SYSTEM writes, what a restart brings. */
import { changesOf } from '#core/engines/registry.ts';
import type { ObservedSetting } from '#core/model/observed.ts';
import { readValue } from '#core/plan/settings/value.ts';
import type { SimNode } from './model.ts';

const READ_ONLY = changesOf('spock').settings.readOnly?.name;

/** Taken at the start of the server only. */
const AT_START = new Set([
  'max_active_replication_origins',
  'max_replication_slots',
  'max_wal_senders',
  'max_worker_processes',
  'shared_preload_libraries',
  'track_commit_timestamp',
  'wal_level',
]);

const TYPES: [RegExp, Pick<ObservedSetting, 'type' | 'min' | 'max'>][] = [
  [/^(on|off)$/, { type: 'bool', min: null, max: null }],
  [/^-?\d+$/, { type: 'integer', min: -1, max: 2 ** 31 - 1 }],
  [/^/, { type: 'string', min: null, max: null }],
];

/** Those of these names that the server has. */
export function settingsOf(node: SimNode, names: readonly string[]): Record<string, ObservedSetting> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const found = node.settings.get(name);
      if (found === undefined) return [];
      const { value, unit, altered = null, next = null } = found;
      const kind = TYPES.find(([is]) => is.test(value))?.[1];
      return [
        [
          name,
          {
            value,
            unit,
            altered,
            pendingRestart: next !== null,
            source: 'configuration file',
            context: AT_START.has(name) ? 'postmaster' : 'sighup',
            type: 'string',
            min: null,
            max: null,
            ...kind,
            allowed: null,
            beneath: found.beneath ?? value,
          },
        ],
      ];
    }),
  );
}

/** `value` null: as if it had never been set. False: it was so already. Throws what a server answers. */
export function alterSetting(node: SimNode, name: string, value: string | null): boolean {
  if (name === READ_ONLY) {
    const before = node.readOnly;
    node.readOnly = value ?? 'off';
    return node.readOnly !== before;
  }
  const found = node.settings.get(name);
  const observed = settingsOf(node, [name])[name];
  if (found === undefined || observed === undefined)
    throw new Error(`unrecognized configuration parameter "${name}"`);
  if ((found.altered ?? null) === value) return false;
  const read = readValue(name, observed, value ?? observed.beneath);
  if (!read.ok) throw new Error(`invalid value for parameter "${name}": "${value}"`);
  const waits = observed.context === 'postmaster' && read.value !== found.value;
  node.settings.set(name, {
    ...found,
    beneath: observed.beneath,
    altered: value,
    value: waits ? found.value : read.value,
    next: waits ? read.value : null,
  });
  return true;
}

/** All that was written is in force. */
export function restartServer(node: SimNode): void {
  for (const [name, { next, ...found }] of node.settings)
    node.settings.set(name, { ...found, value: next ?? found.value, next: null });
}
