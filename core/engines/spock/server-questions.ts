/** What a server that is to become a node says of Spock, where the extension is installed. */
import type { ServerSettings } from '#core/engines/changes.ts';
import type { ServerQuestions } from '#core/engines/observing.ts';
import { demandOf, INDISPENSABLE, leftAlone } from './settings.ts';
import { spockWords } from './words.ts';

export const servers: ServerQuestions = {
  node: `
SELECT n.node_name AS name FROM spock.local_node l JOIN spock.node n ON n.node_id = l.node_id`,
  subscriptions: `
SELECT s.sub_name AS name, n.node_name AS provider, s.sub_enabled AS enabled
  FROM spock.subscription s LEFT JOIN spock.node n ON n.node_id = s.sub_origin ORDER BY 1`,
  members: `
SELECT nspname AS schema, relname AS "table", set_name AS "set" FROM spock.tables WHERE set_name IS NOT NULL`,
  /** Loads the library, if it was not at the start of the server. */
  library: 'SELECT spock.spock_version() AS version',
  plugin: spockWords.outputPlugin,
  workers: 'spock apply%',
  extensions: ['spock', 'spock_standin', 'snowflake', 'lolor'],
  isStandin: (version) => /standin/.test(version),
};

export const settings: ServerSettings = {
  demandOf,
  indispensable: INDISPENSABLE,
  leftAlone,
  library: 'spock',
  asked: [
    'spock.enable_ddl_replication',
    'spock.include_ddl_repset',
    'spock.allow_ddl_from_functions',
    'spock.readonly',
  ],
  readOnly: {
    name: spockWords.readOnlySetting,
    heldAt: 'all',
    reset: 'ALTER SYSTEM RESET spock.readonly; SELECT pg_reload_conf();',
    // 5.0 has off, user and all, and refuses superusers too; 6.0 calls user local, and lets superusers write (tried on both).
    keepingOff: (version) =>
      /^[1-5]\./.test(version)
        ? { value: 'user', superusers: 'are refused' }
        : { value: 'local', superusers: 'write on' },
  },
  ddl: {
    name: spockWords.ddlSetting,
    /** Order matters: tables that are made from now on come into a set by themselves. */
    all: [spockWords.ddlSetting, 'spock.include_ddl_repset', 'spock.allow_ddl_from_functions'],
  },
  conflicts: [
    ...Object.keys(spockWords.conflictSettings),
    'spock.conflict_resolution',
    'spock.conflict_log_level',
  ],
};
