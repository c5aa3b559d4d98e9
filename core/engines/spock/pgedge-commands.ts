/** Commands of the pgedge CLI (https://docs.pgedge.com/platform/pgedge_commands: `./pgedge spock …`) for Spock's statements. */
import type { CommandLine } from '#core/engines/changes.ts';

/**
 * The CLI puts its arguments into SQL as they are, and looks for tables by names without quotes: a name or a DSN with more in
 * it than this is left to psql.
 */
const NAME = '[a-z_][a-z0-9_]*';
const TEXT = "[^'\\\\]*";

const TRANSLATED: [RegExp, (found: string[], database: string, word: (text: string) => string) => string][] =
  [
    [
      new RegExp(`^SELECT spock\\.node_create\\(node_name := '(${NAME})', dsn := '(${TEXT})'\\)$`),
      ([name = '', dsn = ''], database, word) =>
        `./pgedge spock node-create ${name} ${word(dsn)} ${database}`,
    ],
    [
      new RegExp(
        `^SELECT spock\\.sub_create\\(subscription_name := '(${NAME})', provider_dsn := '(${TEXT})', replication_sets := '\\{([a-z0-9_,]+)\\}', synchronize_structure := (\\w+), synchronize_data := (\\w+), forward_origins := '\\{\\}'\\)$`,
      ),
      ([name = '', dsn = '', sets = '', structure, rows], database, word) =>
        [
          `./pgedge spock sub-create ${name} ${word(dsn)} ${database}`,
          `--replication_sets=${sets}`,
          ...(structure === 'true' ? ['--synchronize_structure=True'] : []),
          ...(rows === 'true' ? ['--synchronize_data=True'] : []),
        ].join(' '),
    ],
    [
      new RegExp(`^SELECT spock\\.repset_add_table\\('(${NAME})', '"(${NAME})"\\."(${NAME})"'::regclass\\)$`),
      ([set, schema, table], database) =>
        `./pgedge spock repset-add-table ${set} ${schema}.${table} ${database}`,
    ],
    [
      new RegExp(`^SELECT spock\\.sub_drop\\('(${NAME})'(?:, true)?\\)$`),
      ([name], database) => `./pgedge spock sub-drop ${name} ${database}`,
    ],
    [
      new RegExp(`^SELECT spock\\.sub_(enable|disable)\\('(${NAME})', true\\)$`),
      ([what, name], database) => `./pgedge spock sub-${what} ${name} ${database} --immediate=True`,
    ],
  ];

export const commands: CommandLine = {
  translate(statement, database, word) {
    for (const [pattern, command] of TRANSLATED) {
      const found = pattern.exec(statement);
      if (found !== null) return command(found.slice(1), database, word);
    }
    return null;
  },
  waitForCopy: (subscription, database) => `./pgedge spock sub-wait-for-sync ${subscription} ${database}`,
};
