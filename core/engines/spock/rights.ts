/** What a role lacks for statements of a plan. */
import type { RightRules } from '#core/engines/changes.ts';

export const rights: RightRules = {
  lacked: (statements, refused) =>
    statements.flatMap((text) => [
      ...[...text.matchAll(/\bDELETE FROM (spock\.\w+)/g)].map(([, table = '']) => `DELETE on ${table}`),
      ...[...text.matchAll(/\bspock\.(\w+)\s*\(/g)].flatMap(([, name = '']) =>
        refused.includes(name) ? [`EXECUTE on spock.${name}`] : [],
      ),
      ...(/\bUPDATE spock\.node_interface\b/.test(text) ? ['UPDATE on spock.node_interface'] : []),
      // Its member objects belong to whoever made it, which is a superuser.
      ...(text.includes('ALTER EXTENSION spock ') ? ['SUPERUSER'] : []),
    ]),
  detaching: ['SELECT spock.node_add_interface()', 'SELECT spock.sub_alter_interface()'],
};
