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
      'Spock keeps this slot for the group of nodes. Nobody reads it, Spock advances it by itself, and it must not be dropped. Find out why it does not advance: a node of the group may be down.',
  },
  'apply-loop': ({ name }) => [statements.stepOver(name, null)],
  'sync-stuck': ({ name }, schema, table) => [statements.copyTable(name, schema, table)],
  'stale-interface': ({ name, receiver }, provider) =>
    `If ${provider} has moved, add its new address on ${receiver} with spock.node_add_interface, then switch ${name} to it with spock.sub_alter_interface.`,
  'forwarding-loop': ({ name }, receiver) =>
    receiver?.capabilities?.functions.has('spock.sub_alter_options')
      ? { text: 'In a mesh, no subscription should forward changes.', sql: [statements.forwardNothing(name)] }
      : {
          text: `In a mesh, no subscription should forward changes: drop ${name} and create it again with forward_origins := '{}'.`,
        },
  'set-not-taken': ({ name }, set) => [statements.takeSet(name, set)],
  'set-differs': ({ name }, differing) => [statements.switchOn(name, differing)],
  'schema-drift': {
    one: (table) =>
      `Make ${table} the same on all nodes: use ALTER TABLE through spock.replicate_ddl, or on the nodes that differ under spock.repair_mode(true).`,
    many: 'Make the tables the same on all nodes with spock.replicate_ddl, or on each node under spock.repair_mode(true).',
  },
  'no-replica-identity': {
    full: 'Spock identifies rows by a key only.',
    insertOnlySet: 'default_insert_only',
  },
  'node-unreachable': {
    'no-spock': 'Create the extension spock in this database, or correct the DSN of the node.',
    'too-old': 'Spock needs PostgreSQL 15 or later.',
    timeout:
      'The server answers, but something that the console reads is locked or slow: check in pg_stat_activity which session holds a lock on the catalogs of schema spock.',
  },
};
