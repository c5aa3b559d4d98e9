/** The contract to be implemented: every handler file starts from `os`. */
import { implement } from '@orpc/server';
import { contract } from '#core/contract/contract.ts';
import type { Services } from '#server/services.ts';

export interface RequestContext {
  services: Services;
  /** Who asks: `page, 127.0.0.1`; null: inside the process. */
  by: string | null;
}

export const os = implement(contract).$context<RequestContext>();
