/** Spock's part of the shared rules. */
import type { Remedies } from '#core/advice/rule.ts';
import * as statements from '#core/engines/spock/statements.ts';

export const remedies: Remedies = {
  'slot-lost': ({ name }) => statements.makeAgain(name),
  'subscription-down': {
    withoutSlot: ({ name }) => statements.makeAgain(name),
    disabled: ({ name }) => [statements.enable(name)],
  },
  'slot-bloat': {
    disabled: ({ name }) => [statements.enable(name)],
    group:
      'It is a slot that Spock keeps for the group of nodes: nobody reads it, Spock moves it on by itself, and it must not be dropped. See why it does not move: a node of the group may be away.',
  },
  'apply-loop': ({ name }) => [statements.stepOver(name, null)],
  'sync-stuck': ({ name }, schema, table) => [statements.copyTable(name, schema, table)],
  'stale-interface': ({ name, receiver }, provider) =>
    `Where ${provider} has moved, tell ${receiver} its new address with spock.node_add_interface, then point ${name} to it with spock.sub_alter_interface.`,
  'forwarding-loop': ({ name }, receiver) =>
    receiver?.capabilities?.functions.has('spock.sub_alter_options')
      ? { text: 'In a mesh no subscription forwards.', sql: [statements.forwardNothing(name)] }
      : {
          text: `In a mesh no subscription forwards: drop ${name} and create it again with forward_origins := '{}'.`,
        },
  'set-not-taken': ({ name }, set) => [statements.takeSet(name, set)],
  'set-differs': ({ name }, differing) => [statements.switchOn(name, differing)],
  'schema-drift': {
    one: (table) =>
      `Bring ${table} into line: ALTER TABLE through spock.replicate_ddl, or on the nodes that differ under spock.repair_mode(true).`,
    many: 'Bring the tables into line with spock.replicate_ddl, or on each node under spock.repair_mode(true).',
  },
  'no-replica-identity': {
    full: 'Spock finds rows by a key alone.',
    insertOnlySet: 'default_insert_only',
  },
  'node-unreachable': {
    'no-spock': 'Create the extension spock in this database, or correct the DSN of the node.',
    'too-old': 'Spock needs PostgreSQL 15 or later.',
    timeout:
      'The server is there, and something it was asked for is locked or slow: see in pg_stat_activity who holds a lock on the catalogs of schema spock.',
  },
};
