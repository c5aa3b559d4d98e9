/** The contract to be implemented: every handler file starts from `os`. */
import { implement } from '@orpc/server';
import { contract } from '#core/contract/contract.ts';
import type { Services } from '#server/services.ts';
import type { Access, Visitor } from './access.ts';

/** Who asks. */
export interface Caller {
  /** For receipts: `page, 127.0.0.1`; null: inside the process. */
  by: string | null;
  /** Id of the session that asks; null: a token. */
  session: string | null;
  visitor: Visitor;
}

export interface RequestContext extends Caller {
  services: Services;
  access: Access;
}

export const os = implement(contract).$context<RequestContext>();
