/** What a node of a Spock cluster needs of its server's settings. */
import type { Demand, EngineSettings } from '#core/model/engine-settings.ts';
import { namesIn } from '#core/model/settings.ts';
import { spockWords } from './words.ts';

/** As CREATE EXTENSION and shared_preload_libraries name it. */
export const EXTENSION = 'spock';
const OUTPUT_PLUGIN = spockWords.outputPlugin;
export const READ_ONLY = 'spock.readonly';
export const SAVE_RESOLUTIONS = 'spock.save_resolutions';

/** Settings that a cluster of Spock depends on, besides all of Spock's own. */
export const SERVER_SETTINGS = [
  'hot_standby_feedback',
  'idle_replication_slot_timeout',
  'logical_decoding_work_mem',
  'max_active_replication_origins',
  'max_replication_slots',
  'max_slot_wal_keep_size',
  'max_wal_senders',
  'max_wal_size',
  'max_worker_processes',
  'output_plugin_libraries',
  'shared_preload_libraries',
  'snowflake.node',
  'track_commit_timestamp',
  'wal_level',
  'wal_sender_timeout',
];

/** Why a plan of settings does not change this one, as a sentence; null: it does. */
export function leftAlone(name: string): string | null {
  if (name === READ_ONLY) return 'It is changed by making the node read-only, or by allowing writes.';
  if (name === 'snowflake.node')
    return 'Sequences that draw from it would give numbers that another node has given.';
  if (/^spock\.\w+$/.test(name) || SERVER_SETTINGS.includes(name)) return null;
  return 'A cluster does not depend on it: change it as on any other server.';
}

const equal = (wanted: string): Demand => ({
  wanted,
  target: wanted,
  met: (value) => value === wanted,
  fulfilled: () => wanted,
});
const atLeast = (least: number): Demand => ({
  wanted: `${least} or more`,
  target: String(least),
  met: (value) => Number(value) >= least,
  fulfilled: () => String(least),
});
const listWith = (target: string, isIt: (name: string) => boolean): Demand => ({
  wanted: `a list with ${target}`,
  target,
  met: (value) => namesIn(value).some(isIt),
  fulfilled: (value) => [...namesIn(value), target].join(', '),
});

/** Spock's documentation asks for 10; a node needs one for each peer and two for copies and new nodes. */
const leastOf = (nodes: number) => Math.max(10, nodes + 2);

/** The stand-in is no library and needs neither preloading nor commit timestamps. */
const notForStandin = new Set([
  'shared_preload_libraries',
  'track_commit_timestamp',
  'output_plugin_libraries',
  SAVE_RESOLUTIONS,
]);

/** What a node of a cluster of `nodes` needs of a setting; null: nothing. */
export function demandOf(name: string, nodes: number, standin = false): Demand | null {
  if (standin && notForStandin.has(name)) return null;
  switch (name) {
    case 'wal_level':
      return equal('logical');
    case 'track_commit_timestamp':
      return equal('on');
    case 'shared_preload_libraries':
      return listWith(EXTENSION, (one) => one === EXTENSION);
    case 'max_worker_processes':
    case 'max_replication_slots':
    case 'max_wal_senders':
    case 'max_active_replication_origins':
      return atLeast(leastOf(nodes));
    case 'output_plugin_libraries':
      return listWith(OUTPUT_PLUGIN, (one) => one === OUTPUT_PLUGIN || one === '*');
    case SAVE_RESOLUTIONS:
      return equal('on');
    case READ_ONLY:
      return equal('off');
    default:
      return null;
  }
}

/** Without these Spock does not work at all. */
export const INDISPENSABLE: ReadonlySet<string> = new Set([
  'wal_level',
  'track_commit_timestamp',
  'shared_preload_libraries',
]);

export const settings: EngineSettings = {
  demandOf,
  indispensable: INDISPENSABLE,
  spokenOfElsewhere: new Set([
    'track_commit_timestamp',
    SAVE_RESOLUTIONS,
    READ_ONLY,
    'output_plugin_libraries',
  ]),
};
