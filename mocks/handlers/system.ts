import { machineOf } from '#mocks/world/machine.ts';
import { os } from './base.ts';

const VERSION = '0.1.0';

export const system = {
  health: os.system.health.handler(({ context: { world } }) => ({
    status: 'ok' as const,
    version: VERSION,
    storage: { state: world.storage.state, since: world.storage.since },
  })),
  machine: os.system.machine.handler(({ context }) => machineOf(context.world)),
  console: os.system.console.handler(({ context }) => ({
    version: VERSION,
    startedAt: new Date(context.world.startedAt).toISOString(),
    dataDir: '~/.tricorder',
    listening: 'http://127.0.0.1:4310',
    node: 'v22.12.0',
    storage: context.world.storage,
  })),
};
