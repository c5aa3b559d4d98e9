/** `spock.sync_event(true)`, a WAL message of its own transaction that waits for nothing. */
import type { Capabilities, EngineMark, Refused } from '#core/engines/engine.ts';

const FUNCTION = 'spock.sync_event';

export const mark: EngineMark = {
  sql: `SELECT ${FUNCTION}(true)`,
  refused(node, { functions, refusedFunctions, user, extensionVersion }: Capabilities): Refused | null {
    if (refusedFunctions.has(FUNCTION))
      return {
        code: 'no-permission',
        message: `Role ${user} may not run ${FUNCTION} on ${node}, which a trace needs.`,
        remedy: `Trace from a node that the console reaches with another role, or GRANT EXECUTE ON FUNCTION ${FUNCTION}(boolean) TO that role: it writes one WAL message.`,
      };
    return functions.has(FUNCTION) ? null : notThere(node, extensionVersion);
  },
  notThere,
};

function notThere(node: string, version: string | null): Refused {
  return {
    code: 'not-supported',
    message: `Spock ${version ?? ''} on ${node} has no sync_event(boolean), which a trace needs.`.replace(
      '  ',
      ' ',
    ),
    remedy: 'It came with Spock 5.0.7.',
  };
}
