import type { Plan } from '#core/model/plan.ts';
import type { ExecutablePlan } from '#core/plan/executable.ts';
import { pgedgeScript } from './pgedge.ts';
import { psqlScript } from './psql.ts';

/** The plan as a file for psql or for the pgedge CLI. `masked`: a node's DSN without its password, as the console or the peers reach it. */
export function scriptOf(
  plan: Plan,
  executable: ExecutablePlan,
  as: 'psql' | 'pgedge',
  masked: (node: string, of: 'dsn' | 'peerDsn') => string,
): { fileName: string; text: string } {
  const name = `${plan.cluster}-${plan.kind}`.replace(/[^\w.-]+/g, '_');
  return as === 'psql'
    ? { fileName: `${name}.sql`, text: psqlScript(plan, executable, masked) }
    : { fileName: `${name}.sh`, text: pgedgeScript(plan, executable, masked) };
}
