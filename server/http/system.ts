import { os } from './implement.ts';
import { machine } from './machine.ts';

const health = os.system.health.handler(({ context: { services } }) => ({
  status: 'ok' as const,
  version: services.console.version,
  storage: { state: services.storage.status.state, since: services.storage.status.since },
}));

const consoleInfo = os.system.console.handler(({ context: { services } }) => ({
  ...services.console,
  node: process.version,
  storage: services.storage.status,
}));

export const system = { health, machine, console: consoleInfo };
