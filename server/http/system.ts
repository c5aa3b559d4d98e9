import { os } from './implement.ts';
import { machine } from './machine.ts';

const health = os.system.health.handler(({ context: { services } }) => ({
  status: 'ok' as const,
  version: services.console.version,
}));

const consoleInfo = os.system.console.handler(({ context: { services } }) => ({
  ...services.console,
  node: process.version,
}));

export const system = { health, machine, console: consoleInfo };
