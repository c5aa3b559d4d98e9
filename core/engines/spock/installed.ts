/** Spock as it is installed on a machine, for servers that the console itself starts. */
import { SAVE_RESOLUTIONS } from './settings.ts';

/** In the folder of extensions, with `default_version`. */
export const CONTROL_FILE = 'spock.control';

/** As lines of postgresql.conf. */
export const spockSettings: [name: string, value: string][] = [
  ['shared_preload_libraries', "'spock'"],
  [SAVE_RESOLUTIONS, 'on'],
];

/** The value of output_plugin_libraries, where a server knows it. */
export const OUTPUT_PLUGINS = "'pgoutput, spock_output'";
