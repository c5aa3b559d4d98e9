/** What a role lacks for statements of a plan. */
import type { RightRules } from '#core/engines/changes.ts';

export const rights: RightRules = {
  lacked: (statements, refused) =>
    statements.flatMap((text) =>
      [...text.matchAll(/\bspock\.(\w+)\s*\(/g)].flatMap(([, name = '']) =>
        refused.includes(name) ? [`EXECUTE on spock.${name}`] : [],
      ),
    ),
  detaching: ['SELECT spock.node_add_interface()', 'SELECT spock.sub_alter_interface()'],
};
