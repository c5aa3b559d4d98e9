import { createORPCErrorConstructorMap, type ORPCError } from '@orpc/server';
import { contractErrors } from '#core/contract/errors.ts';
import type { Plan } from '#core/model/plan.ts';
import type { Refused } from '#core/run/refused.ts';

/** The contract's errors, to be thrown. */
export const errors = createORPCErrorConstructorMap(contractErrors);

/** What core's rules of runs refuse. `plan`: a fresh one that goes with it. */
export function refusal({ code, message, issues }: Refused, plan?: Plan): ORPCError<string, unknown> {
  return code === 'CONFLICT'
    ? errors.CONFLICT({ message, data: plan === undefined ? {} : { plan } })
    : errors.UNPROCESSABLE_CONTENT({ message, data: { issues } });
}
