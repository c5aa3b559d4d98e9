/** Which servers can be watched. */
import type { Capabilities, Refused, Unfitness } from '#core/engines/engine.ts';

/** PostgreSQL 15 is the oldest that Spock 4 and later are built for and that the queries are written for. */
const OLDEST_SERVER = 150_000;

export function unfitness(capabilities: Capabilities): Unfitness | null {
  if (capabilities.serverVersionNum < OLDEST_SERVER) {
    return {
      code: 'too-old',
      message: `PostgreSQL ${capabilities.serverVersion} is too old: the console needs 15 or later.`,
    };
  }
  if (capabilities.extensionVersion === null) {
    return {
      code: 'no-spock',
      message: `The extension spock is not in database ${capabilities.database}.`,
    };
  }
  return null;
}

export function withoutNode({ columns, user }: Capabilities, where: string): Refused {
  if (!columns.has('spock.local_node') || !columns.has('spock.node')) {
    return {
      code: 'no-permission',
      message: `Role ${user} may not read the catalogs of schema spock on ${where}.`,
      // Not GRANT USAGE alone: with it a role may drop subscriptions.
      remedy: `Run the statements of the page “A role that can only watch” (docs/watching-role.md) there for ${user}, or connect as another role.`,
    };
  }
  return noNode(where);
}

export const noNode = (where: string): Refused => ({
  code: 'no-node',
  message: `The extension spock is in ${where}, but no node was created there.`,
  remedy: 'Run spock.node_create there first, or give the database that holds the node.',
});
