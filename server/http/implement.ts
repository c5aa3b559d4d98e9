/** The contract to be implemented: every handler file starts from `os`. */
import { implement } from '@orpc/server';
import { contract } from '#core/contract/contract.ts';
import type { Services } from '#server/services.ts';

export interface RequestContext {
  services: Services;
}

export const os = implement(contract).$context<RequestContext>();
