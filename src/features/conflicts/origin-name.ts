import { safeName } from '#src/lib/safe-name.ts';

/** Who wrote, as a sentence names it. The API gives a number where the node has left and nobody remembers its name. */
export const originName = (origin: string): string =>
  /^\d+$/.test(origin) ? `former node ${origin}` : safeName(origin);
