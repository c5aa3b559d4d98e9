/** The page of the watching role, for Spock. */
import type { WatchingGuide } from '#core/engines/watching-guide.ts';
import {
  type SpockLine,
  spockLineOf,
  spockLines,
  takeBackStatements,
  watchingRoleName,
  watchingStatements,
} from './watching-role.ts';

const USUAL: SpockLine = '5.0';

const lineIn = (line: string): SpockLine => spockLines.find((known) => known === line) ?? USUAL;

export const guide: WatchingGuide = {
  roleName: watchingRoleName,
  lines: spockLines.map((line) => ({ line, name: `Spock ${line}` })),
  usualLine: USUAL,
  lineOf: spockLineOf,
  statements: (role, line) => watchingStatements({ role, line: lineIn(line) }),
  takeBack: (role, line) => ({
    note:
      line === '4.0'
        ? 'The last statement restores Spock’s default, which lets everybody run its functions. Better leave it out.'
        : 'The last two statements restore Spock’s default, which lets everybody run its functions. Better leave them out.',
    statements: takeBackStatements({ role, line: lineIn(line) }),
  }),
  notVisible: [
    { code: 'spock.node_interface.if_dsn' },
    ', and whatever you leave out above. The page of a node names each by its catalog and shows it as not visible, never as empty.',
  ],
  whoElse: [
    'Roles that are not superusers and call Spock’s functions themselves: an application that runs ',
    { code: 'spock.replicate_ddl()' },
    ', columns that default to ',
    { code: 'spock.get_country()' },
    ', a node whose DSN uses such a role. Grant them their functions by name before step 3.',
  ],
  afterUpdate: {
    name: 'After an update of Spock',
    text: [
      { code: 'ALTER EXTENSION spock UPDATE' },
      ' adds functions that everybody can run: repeat step 3.',
    ],
  },
};
