/** What a node of a Spock cluster needs of its server's settings. */
import type { Demand, EngineSettings } from '#core/model/engine-settings.ts';
import { namesIn } from '#core/model/settings.ts';
import { spockWords } from './words.ts';

/** As CREATE EXTENSION and shared_preload_libraries name it. */
export const EXTENSION = 'spock';
const OUTPUT_PLUGIN = spockWords.outputPlugin;
export const READ_ONLY = 'spock.readonly';
export const SAVE_RESOLUTIONS = 'spock.save_resolutions';

const equal = (wanted: string): Demand => ({ wanted, target: wanted, met: (value) => value === wanted });
const atLeast = (least: number): Demand => ({
  wanted: `${least} or more`,
  target: String(least),
  met: (value) => Number(value) >= least,
});
const listWith = (target: string, isIt: (name: string) => boolean): Demand => ({
  wanted: `a list with ${target}`,
  target,
  met: (value) => namesIn(value).some(isIt),
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

/** The stand-in is no library and needs neither preloading nor commit timestamps. */
const notForStandin = new Set([
  'shared_preload_libraries',
  'track_commit_timestamp',
  'output_plugin_libraries',
  SAVE_RESOLUTIONS,
]);

export const settings: EngineSettings = {
  demandOf: (name, nodes, standin) => (standin && notForStandin.has(name) ? null : demandOf(name, nodes)),
  indispensable: new Set(['wal_level', 'track_commit_timestamp', 'shared_preload_libraries']),
  spokenOfElsewhere: new Set([
    'track_commit_timestamp',
    SAVE_RESOLUTIONS,
    READ_ONLY,
    'output_plugin_libraries',
  ]),
};
