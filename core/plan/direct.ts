/** Runs need direct connections: Spock's calls that wait stand outside a transaction block, and on one session. */

import type { Observed } from '#core/model/observed.ts';
import type { ExecutablePlan } from './executable.ts';

/** The plan, with a problem for each node that it writes to and that the console reaches through a pooler. */
export function onDirectConnections(plan: ExecutablePlan, observed: Observed): ExecutablePlan {
  const written = new Set(
    plan.steps.flatMap(({ action }) =>
      action.type === 'sql' ||
      action.type === 'write-and-wait' ||
      action.type === 'resync' ||
      action.type === 'unsubscribe' ||
      action.type === 'peer-password' ||
      action.type === 'role-password' ||
      action.type === 'drop-slots'
        ? [action.node]
        : action.type === 'subscribe' || action.type === 'join-copy'
          ? [action.node, action.provider]
          : [],
    ),
  );
  const pooled = (observed.nodes ?? []).flatMap(({ name, read }) =>
    written.has(name) && read.ok && read.facts.pooled === true ? [name] : [],
  );
  if (pooled.length === 0) return plan;
  return {
    ...plan,
    checks: [
      ...plan.checks,
      ...pooled.map((node) => ({
        node,
        name: 'Direct connection',
        result: 'stop' as const,
        value: 'through a pooler',
        step: null,
      })),
    ],
    problems: [
      ...plan.problems,
      ...pooled.map((node) => ({
        node,
        code: 'pooled',
        message: `${node} is reached through a pooler, such as pgbouncer. Watching works this way; a run needs a direct connection.`,
        remedy: `Change the address of ${node} to the server's own host and port, then plan again.`,
      })),
    ],
  };
}
