/**
 * The client, typed by the contract and fed by its route table alone: the schemas stay on the server, so that no zod is loaded.
 * `route-table.json` is made from core/contract; a test holds it against the contract (`npx vitest run src/api -u` writes it anew).
 */
import { createORPCClient } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '#core/contract/contract.ts';
import { type CallContext, JsonLink, type RouteTable } from './link.ts';
import table from './route-table.json' with { type: 'json' };

const link = new JsonLink(table as unknown as RouteTable, { base: () => `${location.origin}/api/v1` });

export const api: ContractRouterClient<Contract, CallContext> = createORPCClient(link);
