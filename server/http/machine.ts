/** This machine, as far as a sandbox is concerned. */
import { os } from './implement.ts';

export const machine = os.system.machine.handler(({ context }) => context.services.sandboxes.machine());
